ALTER TABLE "quarantine" ADD COLUMN "parent_id" uuid;
--> statement-breakpoint
-- Nobody wrote down whose list held the notes that were set aside before this. What still cannot be read is set aside once more when it comes again.
ALTER TABLE quarantine NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
UPDATE quarantine SET resolved_at = now() WHERE stream = 'notes' AND resolved_at IS NULL;
--> statement-breakpoint
ALTER TABLE quarantine FORCE ROW LEVEL SECURITY;
