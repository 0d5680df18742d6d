SELECT app.protect(t) FROM unnest(ARRAY['webhook_addresses', 'nudges']::regclass[]) AS t;
--> statement-breakpoint
-- The web makes addresses and takes nudges in; the worker looks at what they name. Nobody of them may delete one.
GRANT SELECT, INSERT, UPDATE ON webhook_addresses TO tidemark_web;
--> statement-breakpoint
GRANT SELECT, INSERT ON nudges TO tidemark_web;
--> statement-breakpoint
GRANT SELECT, UPDATE (settled_at, run_id) ON nudges TO tidemark_worker;
--> statement-breakpoint
-- Questions that no single tenant can answer.
CREATE POLICY definer_reads ON webhook_addresses FOR SELECT TO tidemark_definer USING (true);
--> statement-breakpoint
CREATE POLICY definer_reads ON nudges FOR SELECT TO tidemark_definer USING (true);
--> statement-breakpoint
CREATE POLICY definer_forgets ON nudges FOR DELETE TO tidemark_definer
  USING (received_at < clock_timestamp() - interval '3 days');
--> statement-breakpoint
GRANT SELECT (tenant_id, connection_id, token_hash) ON webhook_addresses TO tidemark_definer;
--> statement-breakpoint
GRANT SELECT (tenant_id, connection_id, stream, received_at, settled_at), DELETE ON nudges TO tidemark_definer;
--> statement-breakpoint
-- Whose address it is that a webhook was sent to.
CREATE FUNCTION app.tenant_of_webhook(address_hash bytea) RETURNS TABLE (tenant_id uuid, connection_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT w.tenant_id, w.connection_id FROM webhook_addresses w WHERE w.token_hash = address_hash
$$;
--> statement-breakpoint
-- Makes one run for every connection that was nudged within the last hour (what is older, a run on schedule has read by now), that
-- nobody is reading, that was not looked at within `pause`, and whose CRM has not just failed us.
CREATE FUNCTION app.claim_nudged(pause interval, most int) RETURNS TABLE (tenant_id uuid, connection_id uuid, run_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH nudged AS (
    SELECT c.tenant_id, c.id
    FROM connections c
    WHERE c.state = 'active' AND c.consecutive_failures < 3
      AND EXISTS (
        SELECT FROM nudges n WHERE n.tenant_id = c.tenant_id AND n.connection_id = c.id AND n.settled_at IS NULL
          AND n.received_at > clock_timestamp() - interval '1 hour')
      AND NOT EXISTS (
        SELECT FROM sync_runs r WHERE r.tenant_id = c.tenant_id AND r.connection_id = c.id AND r.status IN ('queued', 'running'))
      AND NOT EXISTS (
        SELECT FROM sync_runs r WHERE r.tenant_id = c.tenant_id AND r.connection_id = c.id AND r.trigger = 'nudge'
          AND r.queued_at > clock_timestamp() - CASE WHEN r.error_code IS NULL THEN pause ELSE interval '10 minutes' END)
    LIMIT most
    FOR UPDATE OF c SKIP LOCKED
  )
  INSERT INTO sync_runs AS r (tenant_id, id, connection_id, trigger, streams)
  SELECT n.tenant_id, app.uuid_v7(), n.id, 'nudge', ARRAY(
    SELECT DISTINCT w.stream FROM nudges w
    WHERE w.tenant_id = n.tenant_id AND w.connection_id = n.id AND w.settled_at IS NULL ORDER BY 1)
  FROM nudged n
  ON CONFLICT DO NOTHING
  RETURNING r.tenant_id, r.connection_id, r.id;
END $$;
--> statement-breakpoint
-- Forgets nudges that no CRM sends again. Answers how many.
CREATE FUNCTION app.forget_nudges() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE forgotten int;
BEGIN
  DELETE FROM nudges WHERE received_at < clock_timestamp() - interval '3 days';
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END $$;
--> statement-breakpoint
-- As before, but a look at nudged records does not stand for a slot: it reads next to nothing of what the slot is for.
CREATE OR REPLACE FUNCTION app.claim_due_slots(next_slot timestamptz, slot_length interval, most int)
RETURNS TABLE (tenant_id uuid, connection_id uuid, run_id uuid, slot_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
    WHERE r.tenant_id = m.tenant_id AND r.connection_id = m.id AND r.status IN ('queued', 'running') AND r.trigger <> 'nudge'
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
-- A function's new owner must be allowed to create in its schema, at the moment of the change only.
GRANT CREATE ON SCHEMA app TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.tenant_of_webhook(bytea) OWNER TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.claim_nudged(interval, int) OWNER TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.forget_nudges() OWNER TO tidemark_definer;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA app FROM tidemark_definer;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.tenant_of_webhook(bytea), app.claim_nudged(interval, int), app.forget_nudges() FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.tenant_of_webhook(bytea) TO tidemark_web;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.claim_nudged(interval, int), app.forget_nudges() TO tidemark_worker;
