import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'

/** What was set where these connections were set up. */
export async function readSettings(tx: Tx, connectionIds: readonly string[]) {
  const { rows } = await tx.execute<{ id: string; connector: string; settings: Record<string, unknown> }>(sql`
    select id, connector, settings from connections where id = any(${sql.param([...connectionIds])}::uuid[]) order by name, id`)
  return rows
}
