-- Taking the dead run first and its connection second met a worker that takes them the other way round: both waited until
-- Postgres ended one of them. Now both are taken at once or left for the next look, so nothing waits for anything.
CREATE OR REPLACE FUNCTION app.reap_dead_runs(silence interval, public_text text, detail text)
RETURNS TABLE (tenant_id uuid, connection_id uuid, run_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH dead AS (
    SELECT r.tenant_id, r.id, r.connection_id
    FROM sync_runs r
    JOIN connections c ON c.tenant_id = r.tenant_id AND c.id = r.connection_id
    WHERE r.status = 'running' AND r.heartbeat_at < clock_timestamp() - silence
    FOR UPDATE OF c, r SKIP LOCKED
  ), ended AS (
    UPDATE sync_runs r
    SET status = 'abandoned', finished_at = clock_timestamp(), verdict = public_text,
        error_code = 'E_INTERNAL', error_public = public_text, error_detail = detail
    FROM dead WHERE r.tenant_id = dead.tenant_id AND r.id = dead.id
    RETURNING r.tenant_id, r.connection_id, r.id
  ), streams AS (
    UPDATE sync_run_streams s
    SET status = 'failed', finished_at = clock_timestamp(),
        error_code = 'E_INTERNAL', error_public = public_text, error_detail = detail
    FROM ended e WHERE s.tenant_id = e.tenant_id AND s.run_id = e.id AND s.status = 'running'
  ), freed AS (
    -- After three dead workers in a row the connection waits for its next slot instead of being tried at once.
    UPDATE connections c
    SET lease_owner = NULL, lease_until = NULL, consecutive_failures = c.consecutive_failures + 1,
        next_due_at = CASE WHEN c.consecutive_failures < 3 THEN clock_timestamp() ELSE c.next_due_at END
    FROM ended e WHERE c.tenant_id = e.tenant_id AND c.id = e.connection_id
  )
  SELECT e.tenant_id, e.connection_id, e.id FROM ended e;
END $$;
