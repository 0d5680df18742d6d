-- Closed like every tenant table. What was decided is only ever added to; nobody may change or delete it.
SELECT app.protect(t) FROM unnest(ARRAY['next_actions', 'crm_writes', 'answered_requests']::regclass[]) AS t;
--> statement-breakpoint
GRANT SELECT, INSERT ON next_actions TO tidemark_web, tidemark_worker;
--> statement-breakpoint
GRANT UPDATE (next_action_at, next_action_details, version, own_outcome) ON opportunities TO tidemark_web;
--> statement-breakpoint
GRANT UPDATE (writes_back) ON tenants TO tidemark_web;
--> statement-breakpoint
-- A person may take back what has not been sent; the worker sends it.
GRANT SELECT, INSERT, UPDATE (state, settled_at, refused_because) ON crm_writes TO tidemark_web;
--> statement-breakpoint
GRANT SELECT, UPDATE (state, sent_at, settled_at, attempts, refused_because) ON crm_writes TO tidemark_worker;
--> statement-breakpoint
-- An answer is replaced once it has expired.
GRANT SELECT, INSERT, UPDATE (request_hash, status, answer, expires_at) ON answered_requests TO tidemark_web;
--> statement-breakpoint
-- Names of tables are whole throughout: a replay hides the real ones behind temporary twins.
--
-- A row follows the last one of its opportunity, or is refused: of two at the same moment the second finds another version. The
-- opportunity's row is locked first by whoever changes its steps, and only one that is open can be given a step or an outcome.
CREATE FUNCTION app.mirror_next_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE public.opportunities SET next_action_at = NEW.due_at, next_action_details = NEW.details, version = NEW.number,
    own_outcome = CASE WHEN NEW.outcome IN ('won', 'lost', 'disqualified') THEN NEW.outcome END
  WHERE tenant_id = NEW.tenant_id AND id = NEW.opportunity_id AND version = NEW.number - 1
    AND (NEW.outcome IN ('closed_in_crm', 'merged', 'none') OR status = 'open' AND deleted_at IS NULL);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'step % of opportunity % follows no open state of it', NEW.number, NEW.opportunity_id
      USING ERRCODE = 'integrity_constraint_violation', TABLE = 'next_actions', CONSTRAINT = 'next_actions_one_open';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER mirror_next_action BEFORE INSERT ON next_actions FOR EACH ROW EXECUTE FUNCTION app.mirror_next_action();
--> statement-breakpoint
-- Nothing but a row of next_actions changes the mirror. A sync names none of these columns, so it never comes here.
CREATE FUNCTION app.keep_mirror() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM (
      SELECT n.* FROM public.next_actions n WHERE n.tenant_id = NEW.tenant_id AND n.opportunity_id = NEW.id ORDER BY n.number DESC LIMIT 1
    ) AS newest
    WHERE newest.number = NEW.version AND newest.due_at IS NOT DISTINCT FROM NEW.next_action_at
      AND newest.details IS NOT DISTINCT FROM NEW.next_action_details
      AND CASE WHEN newest.outcome IN ('won', 'lost', 'disqualified') THEN newest.outcome END IS NOT DISTINCT FROM NEW.own_outcome
  ) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the next action of opportunity % is changed by adding to next_actions alone', NEW.id
    USING ERRCODE = 'integrity_constraint_violation', TABLE = 'opportunities', CONSTRAINT = 'opportunities_mirror';
END $$;
--> statement-breakpoint
CREATE TRIGGER keep_mirror BEFORE UPDATE OF next_action_at, next_action_details, version, own_outcome ON opportunities
  FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION app.keep_mirror();
--> statement-breakpoint
-- An opportunity that the CRM closes or loses ends its step, whoever writes it down: a load, a tombstone, a replay. When it is
-- opened again it is one without a next step.
CREATE FUNCTION app.close_next_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.next_actions (tenant_id, opportunity_id, number, how, outcome)
  SELECT o.tenant_id, o.id, o.version + 1,
    CASE WHEN o.deleted_because = 'merge' THEN 'merged' ELSE 'closed' END,
    CASE WHEN o.deleted_because = 'merge' THEN 'merged' ELSE 'closed_in_crm' END
  FROM public.opportunities o
  WHERE o.tenant_id = NEW.tenant_id AND o.id = NEW.id AND (o.next_action_at IS NOT NULL OR o.own_outcome IS NOT NULL);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER close_next_action AFTER UPDATE ON opportunities FOR EACH ROW
  WHEN ((NEW.next_action_at IS NOT NULL OR NEW.own_outcome IS NOT NULL) AND (NEW.status <> 'open' OR NEW.deleted_at IS NOT NULL))
  EXECUTE FUNCTION app.close_next_action();
--> statement-breakpoint
-- Two records of the CRM that became one: a step of the one that went is the other's now, unless that has its own. Whichever is
-- written first, the alias or the tombstone, the step is the last thing but a closing 'merged' that was planned.
CREATE FUNCTION app.carry_next_action() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  gone public.opportunities;
  step public.next_actions;
BEGIN
  SELECT * INTO gone FROM public.opportunities o
  WHERE o.tenant_id = NEW.tenant_id AND o.connection_id = NEW.connection_id AND o.source_id = NEW.alias_source_id;
  SELECT * INTO step FROM public.next_actions n
  WHERE n.tenant_id = gone.tenant_id AND n.opportunity_id = gone.id AND n.outcome IS DISTINCT FROM 'merged'
  ORDER BY n.number DESC LIMIT 1;
  IF gone.next_action_at IS NOT NULL OR gone.own_outcome IS NOT NULL THEN
    INSERT INTO public.next_actions (tenant_id, opportunity_id, number, how, outcome)
    VALUES (gone.tenant_id, gone.id, gone.version + 1, 'merged', 'merged');
  END IF;
  INSERT INTO public.next_actions (tenant_id, opportunity_id, number, how, due_at, details, kind, reason, moves, suggestion_id, made_by)
  SELECT o.tenant_id, o.id, o.version + 1, 'merged', step.due_at, step.details, step.kind, step.reason, step.moves, step.suggestion_id, step.made_by
  FROM public.opportunities o
  WHERE o.tenant_id = NEW.tenant_id AND o.connection_id = NEW.connection_id AND o.source_id = NEW.source_id AND o.id <> gone.id
    AND o.status = 'open' AND o.deleted_at IS NULL AND o.next_action_at IS NULL AND o.own_outcome IS NULL AND step.due_at IS NOT NULL;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER carry_next_action AFTER INSERT ON record_aliases FOR EACH ROW
  WHEN (NEW.stream = 'opportunities') EXECUTE FUNCTION app.carry_next_action();
--> statement-breakpoint
-- Kept answers that nobody may ask for any more.
CREATE FUNCTION app.forget_answered_requests() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH gone AS (DELETE FROM answered_requests WHERE expires_at < clock_timestamp() RETURNING 1) SELECT count(*)::int FROM gone
$$;
--> statement-breakpoint
CREATE POLICY definer_forgets ON answered_requests TO tidemark_definer USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT (expires_at), DELETE ON answered_requests TO tidemark_definer;
--> statement-breakpoint
GRANT CREATE ON SCHEMA app TO tidemark_definer;
--> statement-breakpoint
ALTER FUNCTION app.forget_answered_requests() OWNER TO tidemark_definer;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA app FROM tidemark_definer;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.forget_answered_requests() FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.forget_answered_requests() TO tidemark_worker;
