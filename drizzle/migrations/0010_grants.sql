-- Nobody may delete: what leaves the CRM gets a tombstone.
GRANT SELECT, INSERT, UPDATE ON
  sync_runs, sync_run_streams, stream_cursors, quarantine, rate_buckets,
  pipelines, stages, owners, lead_sources, companies, contacts, leads, opportunities, notes, activities
TO tidemark_worker;
--> statement-breakpoint
GRANT SELECT, INSERT ON raw_snapshots, record_aliases, opportunity_versions, lead_metrics, pipeline_stage_counts TO tidemark_worker;
--> statement-breakpoint
GRANT SELECT, UPDATE ON connections TO tidemark_worker;
--> statement-breakpoint
GRANT SELECT ON tenants, connection_secrets TO tidemark_worker;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON workers TO tidemark_worker;
--> statement-breakpoint
GRANT SELECT ON
  tenants, connections, sync_runs, sync_run_streams, stream_cursors, quarantine,
  pipelines, stages, owners, lead_sources, companies, contacts, leads, opportunities, notes, activities,
  record_aliases, opportunity_versions, lead_metrics, pipeline_stage_counts, workers
TO tidemark_web;
--> statement-breakpoint
GRANT SELECT (tenant_id, id, connection_id, run_id, stream, seq, request, status, received_at, sha256, byte_length, records)
  ON raw_snapshots TO tidemark_web;
--> statement-breakpoint
-- The web can add a tenant and a connection, store a secret, and ask for a run. It can never read a secret back.
GRANT INSERT ON tenants, connections, connection_secrets, sync_runs TO tidemark_web;
--> statement-breakpoint
GRANT UPDATE (name, base_url, settings, state, state_reason, state_since, rerun_wanted, next_due_at) ON connections TO tidemark_web;
--> statement-breakpoint
GRANT SELECT (tenant_id, connection_id, field, key_id, hint, updated_at), UPDATE (key_id, sealed, hint, updated_at)
  ON connection_secrets TO tidemark_web;
--> statement-breakpoint
GRANT SELECT ON tenants, connections, sync_runs, sync_run_streams, stream_cursors, workers TO tidemark_operator;
--> statement-breakpoint
-- The operator counts records set aside, and reads nothing of them.
GRANT SELECT (tenant_id, connection_id, stream, created_at, resolved_at) ON quarantine TO tidemark_operator;
--> statement-breakpoint
-- So that a program can say whether the database is at its own version.
GRANT USAGE ON SCHEMA drizzle TO tidemark_web, tidemark_worker;
--> statement-breakpoint
GRANT SELECT ON drizzle.__drizzle_migrations TO tidemark_web, tidemark_worker;
--> statement-breakpoint
GRANT SELECT, UPDATE ON connections, sync_runs, sync_run_streams TO tidemark_definer;
--> statement-breakpoint
GRANT INSERT ON sync_runs TO tidemark_definer;
--> statement-breakpoint
-- Fresh statistics after a first load; without them the planner reads whole indexes to find a page of keys.
-- Only a table's owner may ask for them, so the worker asks through this function, for the tables it loads.
CREATE FUNCTION app.analyze_records() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  ANALYZE pipelines, stages, owners, lead_sources, companies, contacts, leads, opportunities, notes, activities, quarantine;
END $$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.analyze_records() FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.analyze_records() TO tidemark_worker;
