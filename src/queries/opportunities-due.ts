import type pg from 'pg'
import type { Database } from '../../drizzle/db.ts'
import { sql } from 'drizzle-orm'
import { readPlace, writePlace, type Place, type SortKey } from './keyset.ts'

/** An opportunity whose next action is due, as text: nothing is taken apart that is put together again for the answer. */
export type DueOpportunity = [
  id: string,
  name: string | null,
  valueMinor: string | null,
  currency: string | null,
  stage: string | null,
  nextActionAt: string,
  nextActionDetails: string,
  version: string,
]

/**
 * The statement behind the first page and every later one, oldest first. Only open opportunities have a next action, so the index
 * `idx_opportunities_tenant_due` alone says which rows they are; it is read from the place on, for as many entries as are asked for.
 */
export const dueStatement = `
  select o.id, coalesce(o.title, nullif(concat_ws(' ', c.first_name, c.last_name), '')), o.amount_minor, o.currency,
    coalesce(s.name, o.stage_name), o.next_action_at, o.next_action_details, o.version
  from (
    select * from opportunities
    where tenant_id = $1 and next_action_at is not null and next_action_at <= now() and (next_action_at, id) > ($2::timestamptz, $3::uuid)
    order by next_action_at, id limit $4) o
  left join stages s on s.tenant_id = $1 and s.id = o.stage_id and s.deleted_at is null
  left join contacts c on c.tenant_id = $1 and c.id = o.contact_id and c.deleted_at is null and o.title is null
  order by o.next_action_at, o.id`

const keys: SortKey[] = [
  { value: sql`next_action_at`, type: 'timestamptz' },
  { value: sql`id`, type: 'uuid' },
]

/** The place that a cursor names; undefined when it is none of ours. */
export const duePlaceOf = (cursor: string | null): Place | undefined => readPlace(keys, cursor)

const beginning: Place = ['-infinity', '00000000-0000-0000-0000-000000000000']
const asText: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value }

/** The opportunities whose next action is due by now; `next` is where the list goes on, null at its end. One question, one way. */
export async function readOpportunitiesDue(
  database: Database,
  tenantId: string,
  { most, from }: { most: number; from: Place | undefined },
): Promise<{ rows: DueOpportunity[]; next: string | null }> {
  const [at, id] = from ?? beginning
  const rows = await database.askTenant<never>(tenantId, {
    name: 'opportunities-due',
    text: dueStatement,
    values: [tenantId, at, id, most + 1],
    rowMode: 'array',
    types: asText,
  } as pg.QueryConfig)
  const found = rows as DueOpportunity[]
  const page = found.slice(0, most)
  const last = found.length > most ? page.at(-1) : undefined
  return { rows: page, next: last === undefined ? null : writePlace([last[5], last[0]]) }
}
