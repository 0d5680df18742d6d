-- Two first loads may end at the same moment: the later one leaves out what the other is looking at, instead of failing by its lock_timeout.
CREATE OR REPLACE FUNCTION app.analyze_records() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  ANALYZE (SKIP_LOCKED) pipelines, stages, owners, lead_sources, companies, contacts, leads, opportunities, stage_changes, notes, activities, quarantine;
END $$;
