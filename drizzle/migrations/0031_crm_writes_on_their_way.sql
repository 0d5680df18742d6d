ALTER TABLE "crm_writes" DROP CONSTRAINT "crm_writes_state";--> statement-breakpoint
DROP INDEX "crm_writes_waiting";--> statement-breakpoint
ALTER TABLE "crm_writes" ADD COLUMN "expected_stage" text;--> statement-breakpoint
ALTER TABLE "crm_writes" ADD COLUMN "expires_at" timestamp with time zone DEFAULT clock_timestamp() + interval '72 hours' NOT NULL;--> statement-breakpoint
ALTER TABLE "crm_writes" ADD COLUMN "lease_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "crm_writes" ADD COLUMN "waits_because" text;--> statement-breakpoint
ALTER TABLE "crm_writes" ADD COLUMN "record_updated_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "crm_writes" ADD COLUMN "task_id" text;--> statement-breakpoint
ALTER TABLE "crm_writes" ADD COLUMN "activity_id" uuid;--> statement-breakpoint
ALTER TABLE "crm_writes" ADD COLUMN "seen_hash" "bytea";--> statement-breakpoint
CREATE INDEX "crm_writes_due" ON "crm_writes" USING btree ("send_after") WHERE "crm_writes"."state" in ('pending', 'sending');--> statement-breakpoint
CREATE INDEX "crm_writes_open" ON "crm_writes" USING btree ("tenant_id","connection_id","send_after") WHERE "crm_writes"."state" in ('pending', 'sending', 'sent');--> statement-breakpoint
CREATE INDEX "crm_writes_task" ON "crm_writes" USING btree ("tenant_id","activity_id") WHERE "crm_writes"."activity_id" is not null;--> statement-breakpoint
ALTER TABLE "crm_writes" ADD CONSTRAINT "crm_writes_state" CHECK ("crm_writes"."state" in ('pending', 'sending', 'sent', 'confirmed', 'refused'));