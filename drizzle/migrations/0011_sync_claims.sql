-- The three questions that no single tenant can answer. Each touches the schedule only, never a record.

-- Turns every connection that is due into one queued run, however many processes ask at the same moment.
-- A slot that falls into an open run is noted on that run and asked for no second time; slots nobody served are counted.
CREATE FUNCTION app.claim_due_slots(next_slot timestamptz, slot_length interval, most int)
RETURNS TABLE (tenant_id uuid, connection_id uuid, run_id uuid, slot_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH due AS (
    SELECT c.tenant_id, c.id, c.next_due_at
    FROM connections c
    WHERE c.next_due_at <= clock_timestamp() AND c.state = 'active'
    ORDER BY c.next_due_at
    LIMIT most
    FOR UPDATE SKIP LOCKED
  ), moved AS (
    UPDATE connections c SET next_due_at = next_slot
    FROM due WHERE c.tenant_id = due.tenant_id AND c.id = due.id
    RETURNING c.tenant_id, c.id, due.next_due_at AS slot_at,
      greatest(0, floor(extract(epoch FROM clock_timestamp() - due.next_due_at) / extract(epoch FROM slot_length)))::int AS missed
  ), skipped AS (
    UPDATE sync_runs r SET missed_slots = r.missed_slots + 1 + m.missed
    FROM moved m
    WHERE r.tenant_id = m.tenant_id AND r.connection_id = m.id AND r.status IN ('queued', 'running')
    RETURNING r.tenant_id, r.connection_id
  )
  INSERT INTO sync_runs AS r (tenant_id, id, connection_id, trigger, slot_at, missed_slots)
  SELECT m.tenant_id, app.uuid_v7(), m.id, 'schedule', m.slot_at, m.missed
  FROM moved m
  WHERE NOT EXISTS (SELECT FROM skipped s WHERE s.tenant_id = m.tenant_id AND s.connection_id = m.id)
  ON CONFLICT DO NOTHING
  RETURNING r.tenant_id, r.connection_id, r.id, r.slot_at;
END $$;
--> statement-breakpoint
-- Runs that wait for a worker, oldest first. Safe to hand out twice: the lease decides who works.
CREATE FUNCTION app.queued_runs(most int)
RETURNS TABLE (tenant_id uuid, connection_id uuid, run_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT r.tenant_id, r.connection_id, r.id FROM sync_runs r WHERE r.status = 'queued' ORDER BY r.queued_at LIMIT most
$$;
--> statement-breakpoint
-- Says "abandoned" over runs whose worker has not been heard of, frees their connections, and asks for a fresh run at once.
CREATE FUNCTION app.reap_dead_runs(silence interval, public_text text, detail text)
RETURNS TABLE (tenant_id uuid, connection_id uuid, run_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH dead AS (
    SELECT r.tenant_id, r.id, r.connection_id
    FROM sync_runs r
    WHERE r.status = 'running' AND r.heartbeat_at < clock_timestamp() - silence
    FOR UPDATE SKIP LOCKED
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
--> statement-breakpoint
-- A function's new owner must be allowed to create in its schema, at the moment of the change only.
GRANT CREATE ON SCHEMA app TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.claim_due_slots(timestamptz, interval, int) OWNER TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.queued_runs(int) OWNER TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.reap_dead_runs(interval, text, text) OWNER TO tidemark_definer;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA app FROM tidemark_definer;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.claim_due_slots(timestamptz, interval, int), app.queued_runs(int),
  app.reap_dead_runs(interval, text, text) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.claim_due_slots(timestamptz, interval, int), app.queued_runs(int),
  app.reap_dead_runs(interval, text, text) TO tidemark_worker;
