import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { rowInForce } from '../../drizzle/rules.ts'
import { contactOf, titleOf } from './due-parts.ts'

/** The change that holds about an opportunity, which its CRM does not have. */
export type NotWritten = {
  opportunityId: string
  version: number
  title: string | null
  /** The connection it should have gone to. */
  source: string
  details: string | null
  outcome: string | null
  because: string
  refusedAt: Date
}

/** So many are shown; whoever has more has another problem first. */
const most = 20

/** What was refused and has not been replaced by anything since, newest first. */
export async function readNotWritten(tx: Tx): Promise<NotWritten[]> {
  const { rows } = await tx.execute<{
    id: string
    version: number
    title: string | null
    source: string
    details: string | null
    outcome: string | null
    because: string
    refused_at: string
  }>(sql`
    select o.id, o.version, ${titleOf} as title, k.name as source, w.payload->>'next_action_details' as details,
      w.payload->>'outcome' as outcome, w.refused_because as because, w.settled_at as refused_at
    from crm_writes w
    join opportunities o on o.tenant_id = w.tenant_id and o.id = w.opportunity_id
    join connections k on k.tenant_id = w.tenant_id and k.id = w.connection_id
    ${contactOf}
    where w.state = 'refused' and o.deleted_at is null and w.number = ${rowInForce(sql`o.id`, sql`o.version`)}
    order by w.settled_at desc limit ${most}`)
  return rows.map(({ id, refused_at: at, ...row }) => ({
    opportunityId: id,
    refusedAt: new Date(at),
    ...row,
  }))
}
