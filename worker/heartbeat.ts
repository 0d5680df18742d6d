import type { Database } from '../drizzle/db.ts'

/**
 * Shows that this worker process is alive, with how far its clock is from the database's, and forgets workers of yesterday.
 * Returns the skew in milliseconds. For the operator only: freshness never depends on it.
 */
export async function showAlive(database: Database, worker: string, startedAt: Date): Promise<number> {
  const { rows } = await database.outsideTenants.query<{ skew: number }>(
    `with gone as (delete from workers where beat_at < clock_timestamp() - interval '1 day')
     insert into workers as w (id, started_at, beat_at, clock_skew_ms)
     values ($1, $2, clock_timestamp(), extract(epoch from $3::timestamptz - clock_timestamp()) * 1000)
     on conflict (id) do update set beat_at = excluded.beat_at, clock_skew_ms = excluded.clock_skew_ms
     returning clock_skew_ms as skew`,
    [worker, startedAt, new Date()],
  )
  return rows[0]?.skew ?? 0
}

/** Takes this worker off the list when it stops. */
export async function showGone(database: Database, worker: string): Promise<void> {
  await database.outsideTenants.query('delete from workers where id = $1', [worker])
}
