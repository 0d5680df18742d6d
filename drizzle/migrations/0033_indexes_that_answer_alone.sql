DROP INDEX "leads_created";--> statement-breakpoint
DROP INDEX "notes_recent";--> statement-breakpoint
DROP INDEX "opportunities_open";--> statement-breakpoint
CREATE INDEX "opportunities_markets" ON "opportunities" USING btree ("tenant_id","stage_id","probability","market","connection_id") WHERE status = 'open' and deleted_at is null and octet_length(market) <= 400;--> statement-breakpoint
CREATE INDEX "opportunities_won" ON "opportunities" USING btree ("tenant_id",(case when "closed_at" is null then "changed_at" else "closed_at" end)) WHERE status = 'won' and deleted_at is null;--> statement-breakpoint
CREATE INDEX "leads_created" ON "leads" USING btree ("tenant_id","source_created_at" DESC NULLS LAST,"id","connection_id","contact_id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "notes_recent" ON "notes" USING btree ("tenant_id","noted_at" DESC NULLS LAST,"id","connection_id","contact_id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "opportunities_open" ON "opportunities" USING btree ("tenant_id","stage_id","next_action_at","amount_minor" DESC NULLS LAST,"id","connection_id","currency","probability","changed_at","weighted_fee_minor","owner_id","units") WHERE status = 'open' and deleted_at is null;
--> statement-breakpoint
-- An index answers alone for pages that a vacuum has seen since they changed. Syncs change a few rows on many pages; vacuuming after
-- a fiftieth of the rows, instead of a fifth, passes over the pages in between and keeps that so.
ALTER TABLE "opportunities" SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
--> statement-breakpoint
ALTER TABLE "leads" SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
--> statement-breakpoint
ALTER TABLE "notes" SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02);
