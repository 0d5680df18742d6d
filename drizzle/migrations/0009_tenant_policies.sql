-- Every table that holds a tenant's rows is closed by the same policy.
SELECT app.protect('tenants', 'id');
--> statement-breakpoint
SELECT app.protect(t) FROM unnest(ARRAY[
  'connections', 'connection_secrets', 'rate_buckets',
  'sync_runs', 'sync_run_streams', 'stream_cursors', 'raw_snapshots', 'quarantine',
  'pipelines', 'stages', 'owners', 'lead_sources', 'companies', 'contacts', 'leads', 'opportunities', 'notes', 'activities',
  'record_aliases', 'opportunity_versions', 'lead_metrics', 'pipeline_stage_counts'
]::regclass[]) AS t;
--> statement-breakpoint
-- The agency's operators watch the sync of all clients, and nothing but the sync.
CREATE POLICY operator_reads ON tenants FOR SELECT TO tidemark_operator USING (true);
--> statement-breakpoint
CREATE POLICY operator_reads ON connections FOR SELECT TO tidemark_operator USING (true);
--> statement-breakpoint
CREATE POLICY operator_reads ON sync_runs FOR SELECT TO tidemark_operator USING (true);
--> statement-breakpoint
CREATE POLICY operator_reads ON sync_run_streams FOR SELECT TO tidemark_operator USING (true);
--> statement-breakpoint
CREATE POLICY operator_reads ON stream_cursors FOR SELECT TO tidemark_operator USING (true);
--> statement-breakpoint
CREATE POLICY operator_reads ON quarantine FOR SELECT TO tidemark_operator USING (true);
--> statement-breakpoint
-- The definer functions of the schedule touch these two tables and no others.
CREATE POLICY schedule_claims ON connections TO tidemark_definer USING (true) WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY schedule_claims ON sync_runs TO tidemark_definer USING (true) WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY schedule_claims ON sync_run_streams TO tidemark_definer USING (true) WITH CHECK (true);
