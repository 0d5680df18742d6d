-- One person over all of their workspaces sees how much is overdue there as the due actions have it: our own next actions, and the
-- CRM's tasks that were not taken over. Only what is counted and joined; no words of anybody. An operator sees none.
CREATE POLICY own_rows ON opportunities FOR SELECT TO tidemark_person USING (tenant_id IN (SELECT tenant_id FROM memberships));
--> statement-breakpoint
CREATE POLICY own_rows ON next_actions FOR SELECT TO tidemark_person USING (tenant_id IN (SELECT tenant_id FROM memberships));
--> statement-breakpoint
CREATE POLICY own_rows ON crm_writes FOR SELECT TO tidemark_person USING (tenant_id IN (SELECT tenant_id FROM memberships));
--> statement-breakpoint
GRANT SELECT (tenant_id, id, contact_id, status, deleted_at, next_action_at, version) ON opportunities TO tidemark_person;
--> statement-breakpoint
GRANT SELECT (tenant_id, opportunity_id, number, suggestion_id, how, made_at) ON next_actions TO tidemark_person;
--> statement-breakpoint
GRANT SELECT (id, contact_id, opportunity_id, changed_at) ON activities TO tidemark_person;
--> statement-breakpoint
GRANT SELECT (tenant_id, activity_id) ON crm_writes TO tidemark_person;
