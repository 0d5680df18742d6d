import { sql } from 'drizzle-orm'
import type pg from 'pg'
import type { Tx } from '../../drizzle/db.ts'
import { askOften } from '../../drizzle/ask-often.ts'

/** Up to where a database was written: which one it is, and a place in its log. */
export type Position = { cluster: string; lsn: string }

/**
 * Up to where the database was written by now. Whatever anybody could see in it before this was asked stands before that place: what is
 * committed is written out before it can be seen, unless the server was told not to wait for that.
 */
export async function readPosition(tx: Tx): Promise<Position> {
  const [position] = await askOften<Position>(
    tx,
    sql`select system_identifier::text as cluster,
          (case current_setting('synchronous_commit') when 'off' then pg_current_wal_insert_lsn() else pg_current_wal_flush_lsn() end)::text as lsn
        from pg_control_system()`,
  )
  if (position === undefined) throw new Error('a statement without a condition gave no row')
  return position
}

/** Postgres gives every replica of a database the name of that database, and no place in its log to one that follows nobody. */
const bytesBehindStatement = `
  select case when system_identifier::text = $1 then pg_wal_lsn_diff($2, pg_last_wal_replay_lsn()) end::float8 as behind
  from pg_control_system()`

/** How many bytes of the log a replica lacks of what the database held at a position, 0 or less when none; null when it is no replica of it. */
export async function readBytesBehind(
  replica: Pick<pg.Pool, 'query'>,
  { cluster, lsn }: Position,
): Promise<number | null> {
  const { rows } = await replica.query<{ behind: number | null }>({
    name: 'bytes-behind',
    text: bytesBehindStatement,
    values: [cluster, lsn],
  })
  return rows[0]?.behind ?? null
}
