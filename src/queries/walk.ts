import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'

const rowsAtOnce = 1_000

/**
 * Every row of a statement, a thousand at a time, all as they stood when the walk began: a cursor keeps the sight of its first
 * moment, whatever a sync run writes meanwhile.
 */
export async function* walk<Row extends Record<string, unknown>>(
  tx: Tx,
  statement: SQL,
): AsyncGenerator<Row[]> {
  await tx.execute(sql`declare walk no scroll cursor for ${statement}`)
  for (;;) {
    const { rows } = await tx.execute<Row>(sql`fetch forward ${sql.raw(String(rowsAtOnce))} from walk`)
    if (rows.length > 0) yield rows as Row[]
    if (rows.length < rowsAtOnce) break
  }
  await tx.execute(sql`close walk`)
}
