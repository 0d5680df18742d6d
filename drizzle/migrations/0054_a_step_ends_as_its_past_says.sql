-- What is said without a person's word must be so: taking back restores what was before a person's row, and nothing else; the sync
-- closes what the CRM closed or lost, and merges what was merged. Whoever adds a row, a step does not end by any other way.
CREATE FUNCTION app.check_deed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  is_so boolean;
BEGIN
  IF NEW.how = 'undone' THEN
    SELECT last.how IN ('planned', 'completed', 'moved', 'suggested')
        AND (NEW.due_at, NEW.details) IS NOT DISTINCT FROM (before.due_at, before.details)
        AND NEW.outcome IS NOT DISTINCT FROM CASE WHEN before.number IS NULL THEN 'none' ELSE before.outcome END
      INTO is_so
    FROM public.next_actions last
    LEFT JOIN public.next_actions before
      ON before.tenant_id = last.tenant_id AND before.opportunity_id = last.opportunity_id AND before.number = last.number - 1
    WHERE last.tenant_id = NEW.tenant_id AND last.opportunity_id = NEW.opportunity_id AND last.number = NEW.number - 1;
  ELSIF NEW.how = 'closed' THEN
    SELECT NEW.outcome = 'closed_in_crm' AND (o.status <> 'open' OR o.deleted_at IS NOT NULL) INTO is_so
    FROM public.opportunities o WHERE o.tenant_id = NEW.tenant_id AND o.id = NEW.opportunity_id;
  ELSE
    SELECT CASE WHEN NEW.outcome IS NULL THEN a.source_id ELSE a.alias_source_id END = o.source_id
        OR NEW.outcome = 'merged' AND o.deleted_because = 'merge' INTO is_so
    FROM public.opportunities o LEFT JOIN public.record_aliases a
      ON a.tenant_id = o.tenant_id AND a.connection_id = o.connection_id AND a.stream = 'opportunities'
        AND o.source_id = CASE WHEN NEW.outcome IS NULL THEN a.source_id ELSE a.alias_source_id END
    WHERE o.tenant_id = NEW.tenant_id AND o.id = NEW.opportunity_id LIMIT 1;
    is_so := is_so AND (NEW.outcome IS NULL OR NEW.outcome = 'merged');
  END IF;
  IF is_so IS NOT TRUE THEN
    RAISE EXCEPTION 'row % of opportunity % says % and that is not so', NEW.number, NEW.opportunity_id, NEW.how
      USING ERRCODE = 'integrity_constraint_violation', TABLE = 'next_actions', CONSTRAINT = 'next_actions_deed_is_so';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER check_deed BEFORE INSERT ON next_actions FOR EACH ROW WHEN (NEW.how IN ('undone', 'closed', 'merged'))
  EXECUTE FUNCTION app.check_deed();
