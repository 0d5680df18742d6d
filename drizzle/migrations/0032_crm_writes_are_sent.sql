-- A person may write again what was refused, knowing what the CRM said.
GRANT UPDATE (send_after, expires_at, expected_updated_at, waits_because) ON crm_writes TO tidemark_web;
--> statement-breakpoint
GRANT UPDATE (send_after, lease_until, waits_because, record_updated_at, task_id, activity_id, seen_hash) ON crm_writes TO tidemark_worker;
--> statement-breakpoint
-- How many wait or were refused is no secret of the workspace's; what they say is.
CREATE POLICY operator_reads ON crm_writes FOR SELECT TO tidemark_operator USING (true);
--> statement-breakpoint
GRANT SELECT (tenant_id, connection_id, state, settled_at, attempts) ON crm_writes TO tidemark_operator;
--> statement-breakpoint
CREATE POLICY watcher_rows ON crm_writes TO tidemark_watcher USING (tenant_id = (SELECT app.tenant_id())) WITH CHECK (tenant_id = (SELECT app.tenant_id()));
--> statement-breakpoint
GRANT SELECT (tenant_id, connection_id, state, settled_at, attempts) ON crm_writes TO tidemark_watcher;
--> statement-breakpoint
-- The connections for which something is to be written now, whatever their tenant; also those whose writes have waited too long.
CREATE FUNCTION app.due_crm_writes(most int) RETURNS TABLE (tenant_id uuid, connection_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT w.tenant_id, w.connection_id FROM crm_writes w
  JOIN connections c ON c.tenant_id = w.tenant_id AND c.id = w.connection_id
  WHERE w.state IN ('pending', 'sending') AND w.send_after <= clock_timestamp()
    AND (w.lease_until IS NULL OR w.lease_until < clock_timestamp())
    AND (c.state = 'active' OR w.expires_at < clock_timestamp())
  GROUP BY 1, 2 ORDER BY min(w.send_after) LIMIT most;
END $$;
--> statement-breakpoint
CREATE POLICY definer_reads ON crm_writes FOR SELECT TO tidemark_definer USING (true);
--> statement-breakpoint
GRANT SELECT (tenant_id, connection_id, state, send_after, lease_until, expires_at) ON crm_writes TO tidemark_definer;
--> statement-breakpoint
GRANT CREATE ON SCHEMA app TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.due_crm_writes(int) OWNER TO tidemark_definer;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA app FROM tidemark_definer;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.due_crm_writes(int) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.due_crm_writes(int) TO tidemark_worker;
