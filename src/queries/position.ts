import { sql } from 'drizzle-orm'
import type { Database, Tx } from '../../drizzle/db.ts'
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

/** Whether a copy holds everything up to a position of the database, or is a copy of another, or of none. */
export type Standing = 'there' | 'behind' | 'no copy of this database'

/** Postgres gives every copy of a database the name of that database, and no place in its log to one that follows nobody. */
const standingOfCopy = `
  select case
    when system_identifier::text <> $1 or pg_last_wal_replay_lsn() is null then 'no copy of this database'
    when pg_last_wal_replay_lsn() >= $2::pg_lsn then 'there'
    else 'behind' end as standing
  from pg_control_system()`

/** Asks a copy of the database how it stands to `position`. */
export async function readStanding(copy: Database, { cluster, lsn }: Position): Promise<Standing> {
  const { rows } = await copy.outsideTenants.query<{ standing: Standing }>({
    name: 'standing-of-copy',
    text: standingOfCopy,
    values: [cluster, lsn],
  })
  return rows[0]?.standing ?? 'no copy of this database'
}
