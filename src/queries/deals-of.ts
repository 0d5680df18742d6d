import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'

/** What a note, an activity or a lead says of whom it is about. */
export type About = { id: string; opportunityId: string | null; contactId: string | null }

/**
 * The one opportunity that each of these records speaks of, by the id of the record: the one that it names, else the only one of its
 * person. A record that names none, of somebody without one or with several, is not among them.
 */
export async function readDealsOf(tx: Tx, records: readonly About[]): Promise<Map<string, string>> {
  if (records.length === 0) return new Map()
  // Under a policy Postgres asks an index only what cannot leak: of `coalesce` it does not know that, of `case` it does.
  const ids = (of: (record: About) => string | null) => sql`${sql.param(records.map(of))}::uuid[]`
  const { rows } = await tx.execute<{ id: string; deal_id: string }>(sql`
    select r.id, o.id as deal_id
    from unnest(${ids(({ id }) => id)}, ${ids(({ opportunityId }) => opportunityId)}, ${ids(({ contactId }) => contactId)})
      as r (id, opportunity_id, contact_id)
    left join lateral (
      select min(m.id::text)::uuid as id from (
        select p.id from opportunities p where r.opportunity_id is null and p.contact_id = r.contact_id and p.deleted_at is null limit 2) m
      having count(*) = 1) as sole on true
    join opportunities o on o.id = case when r.opportunity_id is null then sole.id else r.opportunity_id end and o.deleted_at is null`)
  return new Map(rows.map(({ id, deal_id: dealId }) => [id, dealId]))
}
