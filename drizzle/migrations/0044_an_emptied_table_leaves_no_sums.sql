-- Names of tables are whole: a replay hides the real ones behind temporary twins.
--
-- Whoever may empty the table and not its sums is refused, and both stay as they are.
CREATE FUNCTION app.empty_opportunity_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  TRUNCATE public.opportunity_sums;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER sum_emptied AFTER TRUNCATE ON opportunities
  FOR EACH STATEMENT EXECUTE FUNCTION app.empty_opportunity_sums();
