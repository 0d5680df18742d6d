-- One person over all of their workspaces sees, where they are a member, how many deals are open, what they come to by stage, and
-- which activities are overdue: the measures of the runs, and of records the columns that are counted. An operator sees none.
CREATE POLICY own_rows ON pipeline_stage_counts FOR SELECT TO tidemark_person USING (tenant_id IN (SELECT tenant_id FROM memberships));
--> statement-breakpoint
CREATE POLICY own_rows ON stages FOR SELECT TO tidemark_person USING (tenant_id IN (SELECT tenant_id FROM memberships));
--> statement-breakpoint
CREATE POLICY own_rows ON activities FOR SELECT TO tidemark_person USING (tenant_id IN (SELECT tenant_id FROM memberships));
--> statement-breakpoint
GRANT SELECT (tenant_id, connection_id, as_of, stage_id, status, currency, count, amount_minor) ON pipeline_stage_counts TO tidemark_person;
--> statement-breakpoint
GRANT SELECT (tenant_id, id, probability) ON stages TO tidemark_person;
--> statement-breakpoint
GRANT SELECT (tenant_id, due_at, is_done, deleted_at) ON activities TO tidemark_person;
