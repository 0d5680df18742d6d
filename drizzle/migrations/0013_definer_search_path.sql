-- A search path that does not name pg_temp looks there first: a caller's temporary table would stand in for ours, and its
-- triggers would run with the rights of the function. Named last, it is asked last.
ALTER FUNCTION app.make_snapshot_partitions(int) SET search_path = pg_catalog, public, pg_temp;
--> statement-breakpoint
ALTER FUNCTION app.analyze_records() SET search_path = pg_catalog, public, pg_temp;
--> statement-breakpoint
ALTER FUNCTION app.claim_due_slots(timestamptz, interval, int) SET search_path = pg_catalog, public, pg_temp;
--> statement-breakpoint
ALTER FUNCTION app.queued_runs(int) SET search_path = pg_catalog, public, pg_temp;
--> statement-breakpoint
ALTER FUNCTION app.reap_dead_runs(interval, text, text) SET search_path = pg_catalog, public, pg_temp;
