import pg from 'pg'

/**
 * To whoever connects to this database from now on it is `at`, for ever: a `now()` and a `clock_timestamp()` of ours are found
 * before those of Postgres, also by the functions that name where they look. What a table puts into a column by itself goes by the
 * true clock.
 */
export async function stopClock(databaseUrl: string, at: Date): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const moment = client.escapeLiteral(at.toISOString())
    await client.query(`
      create schema stopped;
      grant usage on schema stopped to public;
      create function stopped.now() returns timestamptz stable parallel safe return ${moment}::timestamptz;
      create function stopped.clock_timestamp() returns timestamptz stable parallel safe return ${moment}::timestamptz;
      do $$
      declare of_ours record;
      begin
        execute format('alter database %I set search_path = stopped, pg_catalog, public', current_database());
        for of_ours in
          select oid::regprocedure as signature from pg_proc
          where pronamespace = 'app'::regnamespace and array_to_string(proconfig, ';') like '%search_path=pg_catalog,%'
        loop
          execute format('alter function %s set search_path = stopped, pg_catalog, public, pg_temp', of_ours.signature);
        end loop;
      end $$`)
  } finally {
    await client.end()
  }
}
