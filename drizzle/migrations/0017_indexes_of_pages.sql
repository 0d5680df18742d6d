CREATE INDEX "activities_of_contact" ON "activities" USING btree ("tenant_id","contact_id");--> statement-breakpoint
CREATE INDEX "leads_created" ON "leads" USING btree ("tenant_id","source_created_at" DESC NULLS LAST,"id");--> statement-breakpoint
CREATE INDEX "opportunities_of_contact" ON "opportunities" USING btree ("tenant_id","contact_id");--> statement-breakpoint
CREATE INDEX "opportunities_changed" ON "opportunities" USING btree ("tenant_id","connection_id","changed_at");--> statement-breakpoint
CREATE INDEX "opportunities_open" ON "opportunities" USING btree ("tenant_id","stage_id","amount_minor" DESC NULLS LAST,"id","connection_id","currency","probability","changed_at") WHERE status = 'open' and deleted_at is null;