import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { isOpen, isOurs, type DealScope } from './bridge.ts'

/** Somebody whose opportunity is open. */
export type Candidate = { id: string; name: string; market: string | null; stage: string | null }

/** Open opportunities whose name has this in it, the most valuable first; at most `most`. */
export async function findCandidates(
  tx: Tx,
  scope: DealScope,
  text: string,
  most: number,
): Promise<Candidate[]> {
  const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
  const { rows } = await tx.execute<Candidate>(sql`
    select o.id, o.title as name, o.market, coalesce(s.name, o.stage_name) as stage
    from opportunities o
    left join stages s on s.tenant_id = o.tenant_id and s.id = o.stage_id and s.deleted_at is null
    where ${isOurs(scope)} and ${isOpen()} and o.title ilike ${pattern}
    order by o.amount_minor desc nulls last, o.id limit ${most}`)
  return rows
}
