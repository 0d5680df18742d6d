SELECT app.protect('quota_days');
--> statement-breakpoint
-- An operator inside one tenant sees what its syncs use.
CREATE POLICY watcher_rows ON quota_days TO tidemark_watcher
  USING (tenant_id = (SELECT app.tenant_id())) WITH CHECK (tenant_id = (SELECT app.tenant_id()));
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE (used, told_limit, updated_at) ON quota_days TO tidemark_worker;
--> statement-breakpoint
GRANT SELECT ON quota_days TO tidemark_web, tidemark_watcher;
--> statement-breakpoint
GRANT UPDATE (quota_share, quota_limit) ON connections TO tidemark_web;
