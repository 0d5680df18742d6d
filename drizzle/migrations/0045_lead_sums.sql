CREATE TABLE "lead_sums" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"stage_id" uuid,
	"is_prospect" boolean NOT NULL,
	"source" text,
	"stage_name" text,
	"words" "bytea" GENERATED ALWAYS AS (sha256(decode(replace(coalesce(length(source)::text, '-') || ' ' || coalesce(length(stage_name)::text, '-') || ' ' || coalesce(source, '') || coalesce(stage_name, ''), '\', '\\'), 'escape'))) STORED NOT NULL,
	"count" bigint NOT NULL,
	CONSTRAINT "lead_sums_of" UNIQUE NULLS NOT DISTINCT("tenant_id","connection_id","stage_id","is_prospect","words")
);--> statement-breakpoint
-- Few rows, changed by every page of a sync that touches them: with room on its page, a new version stays beside the old one and off
-- the index.
ALTER TABLE "lead_sums" SET (fillfactor = 50);
--> statement-breakpoint
-- Names of tables are whole: a replay hides the real ones behind temporary twins.
--
-- Once for each statement, for all its rows, and written in one order, whichever way the leads go: of two who write the same sums one
-- waits for the other, and never both.
CREATE FUNCTION app.sum_leads() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO public.lead_sums AS s (tenant_id, connection_id, stage_id, is_prospect, source, stage_name, count)
    SELECT tenant_id, connection_id, stage_id, is_prospect, source, stage_name, count(*)
    FROM after_it WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (tenant_id, connection_id, stage_id, is_prospect, words) DO UPDATE SET count = s.count + excluded.count;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO public.lead_sums AS s (tenant_id, connection_id, stage_id, is_prospect, source, stage_name, count)
    SELECT tenant_id, connection_id, stage_id, is_prospect, source, stage_name, -count(*)
    FROM before_it WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (tenant_id, connection_id, stage_id, is_prospect, words) DO UPDATE SET count = s.count + excluded.count;
  ELSE
    INSERT INTO public.lead_sums AS s (tenant_id, connection_id, stage_id, is_prospect, source, stage_name, count)
    SELECT tenant_id, connection_id, stage_id, is_prospect, source, stage_name, sum(n)
    FROM (
      SELECT tenant_id, connection_id, stage_id, is_prospect, source, stage_name, -1 AS n FROM before_it WHERE deleted_at IS NULL
      UNION ALL
      SELECT tenant_id, connection_id, stage_id, is_prospect, source, stage_name, 1 FROM after_it WHERE deleted_at IS NULL
    ) moved
    GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (tenant_id, connection_id, stage_id, is_prospect, words) DO UPDATE SET count = s.count + excluded.count;
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
-- Whoever may empty the table and not its sums is refused, and both stay as they are.
CREATE FUNCTION app.empty_lead_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  TRUNCATE public.lead_sums;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER sum_created AFTER INSERT ON leads REFERENCING NEW TABLE AS after_it
  FOR EACH STATEMENT EXECUTE FUNCTION app.sum_leads();
--> statement-breakpoint
CREATE TRIGGER sum_changed AFTER UPDATE ON leads REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
  FOR EACH STATEMENT EXECUTE FUNCTION app.sum_leads();
--> statement-breakpoint
CREATE TRIGGER sum_deleted AFTER DELETE ON leads REFERENCING OLD TABLE AS before_it
  FOR EACH STATEMENT EXECUTE FUNCTION app.sum_leads();
--> statement-breakpoint
CREATE TRIGGER sum_emptied AFTER TRUNCATE ON leads
  FOR EACH STATEMENT EXECUTE FUNCTION app.empty_lead_sums();
--> statement-breakpoint
-- What is there already. The triggers above keep writers out until this migration has ended; policies would hide the rows from a login
-- that is no superuser.
ALTER TABLE leads NO FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
INSERT INTO lead_sums (tenant_id, connection_id, stage_id, is_prospect, source, stage_name, count)
SELECT tenant_id, connection_id, stage_id, is_prospect, source, stage_name, count(*)
FROM leads WHERE deleted_at IS NULL GROUP BY 1, 2, 3, 4, 5, 6;
--> statement-breakpoint
ALTER TABLE leads FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
SELECT app.protect('lead_sums');
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON lead_sums TO tidemark_worker;
--> statement-breakpoint
GRANT SELECT ON lead_sums TO tidemark_web;
