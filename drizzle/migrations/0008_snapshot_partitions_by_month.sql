-- One partition of raw_snapshots per month, made ahead of time; what falls outside goes to the default one, never lost.
CREATE FUNCTION app.uuid_v7_floor(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
--> statement-breakpoint
CREATE FUNCTION app.make_snapshot_partitions(months_ahead int DEFAULT 2) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  first_day timestamptz := date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
  month_start timestamptz;
  partition_name text;
  made int := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('tidemark.make_snapshot_partitions'));
  FOR ahead IN 0..months_ahead LOOP
    month_start := (first_day AT TIME ZONE 'UTC' + make_interval(months => ahead)) AT TIME ZONE 'UTC';
    partition_name := 'raw_snapshots_' || to_char(month_start AT TIME ZONE 'UTC', 'YYYY_MM');
    CONTINUE WHEN to_regclass('public.' || partition_name) IS NOT NULL;
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.raw_snapshots FOR VALUES FROM (%L) TO (%L)',
      partition_name, app.uuid_v7_floor(month_start),
      app.uuid_v7_floor((month_start AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'));
    PERFORM app.protect(('public.' || partition_name)::regclass);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION app.make_snapshot_partitions(int) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION app.make_snapshot_partitions(int) TO tidemark_worker;
--> statement-breakpoint
CREATE TABLE raw_snapshots_default PARTITION OF raw_snapshots DEFAULT;
--> statement-breakpoint
SELECT app.protect('raw_snapshots_default');
--> statement-breakpoint
SELECT app.make_snapshot_partitions();
