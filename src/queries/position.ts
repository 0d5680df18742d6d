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

/** Whether a replica holds everything that the database held at a position, or is one of another database, or none at all. */
export type ReplicaStanding = 'there' | 'behind' | 'no replica of this database'

/** Postgres gives every replica of a database the name of that database, and no place in its log to one that follows nobody. */
const standingStatement = `
  select case
    when system_identifier::text <> $1 or pg_last_wal_replay_lsn() is null then 'no replica of this database'
    when pg_last_wal_replay_lsn() >= $2::pg_lsn then 'there'
    else 'behind' end as standing
  from pg_control_system()`

/** Asks a replica how it stands to a position of the database. */
export async function readReplicaStanding(
  replica: Database,
  { cluster, lsn }: Position,
): Promise<ReplicaStanding> {
  const { rows } = await replica.outsideTenants.query<{ standing: ReplicaStanding }>({
    name: 'replica-standing',
    text: standingStatement,
    values: [cluster, lsn],
  })
  return rows[0]?.standing ?? 'no replica of this database'
}
