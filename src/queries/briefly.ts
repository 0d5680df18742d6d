import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'

/** Lets no statement of this transaction take, or wait for what others hold, longer than this. */
export async function takeAtMost(tx: Tx, ms: number): Promise<void> {
  const limit = String(Math.trunc(ms))
  await tx.execute(
    sql`select set_config('statement_timeout', ${limit}, true), set_config('lock_timeout', ${limit}, true)`,
  )
}
