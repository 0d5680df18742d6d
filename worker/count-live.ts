import { sql } from 'drizzle-orm'
import type { Run, StreamPass } from './run.ts'

/** How many records of the stream are stored and not tombstones; counted no further than to `most`. */
export async function countLive(
  run: Run,
  { stream }: Pick<StreamPass, 'stream'>,
  most: number | null = null,
): Promise<number> {
  return run.database.asTenant(run.tenantId, async (tx) => {
    const { rows } = await tx.execute<{ count: number }>(sql`
      select count(*)::int as count from (
        select from ${sql.identifier(stream.tables[0])}
        where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and deleted_at is null limit ${most}::bigint) as live`)
    return rows[0]?.count ?? 0
  })
}
