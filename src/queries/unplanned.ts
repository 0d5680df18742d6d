import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import {
  contactOf,
  suggestionOf,
  titleOf,
  wantedOpportunity,
  type DueFilters,
  type DueScope,
  dealIn,
  type DueDeal,
  type DueDealColumns,
} from './due-parts.ts'
import { suggestionIn, type Suggestion, type SuggestionColumns } from './due.ts'
import { after, orderBy, placeOf, readPlace, writePlace, type Place, type SortKey } from './keyset.ts'
import { lastTouches } from './touches.ts'

/** An open opportunity that nobody has said what comes next for. */
export type Unplanned = DueDeal & {
  id: string
  version: number
  /** What the CRM has planned for it. */
  suggestion: Suggestion | null
}

/**
 * The open opportunities without a next step and without an outcome, the most valuable first; other currencies after the own. With
 * `among` the most valuable of so many that come to hand.
 */
export async function readUnplanned(
  tx: Tx,
  scope: DueScope,
  filters: Pick<DueFilters, 'owners' | 'stage' | 'pipeline' | 'terms' | 'least'>,
  { most, from, among }: { most: number; from: string | null; among?: number },
): Promise<{ rows: Unplanned[]; next: string | null }> {
  const keys: SortKey[] = [
    { value: sql`(o.amount_minor is null)`, type: 'boolean' },
    { value: sql`(coalesce(o.currency, ${scope.currency}) <> ${scope.currency})`, type: 'boolean' },
    { value: sql`coalesce(o.amount_minor, 0)`, type: 'bigint', isDescending: true },
    { value: sql`o.id`, type: 'uuid' },
  ]
  const place = readPlace(keys, from)
  const wanted = [
    isUnplanned,
    ...wantedOpportunity(scope, filters, sql`null`),
    ...(place === undefined ? [] : [after(keys, place)]),
  ]
  const { rows } = await tx.execute<Stored>(sql`
    with page as (
      select o.*, ${titleOf} as name, ${placeOf(keys)} as place, row_number() over (${orderBy(keys)}) as nth
      from ${among === undefined ? sql`opportunities` : some(wanted, among)} o ${contactOf} where ${sql.join(wanted, sql` and `)} ${orderBy(keys)} limit ${most + 1}),
    touches as (${lastTouches(scope.now)})
    select p.id, p.version, p.name as title, p.amount_minor, coalesce(p.currency, ${scope.currency}) as currency, p.market, p.units,
      coalesce(s.name, p.stage_name) as stage, w.name as owner, touched.at as touched_at, suggested.id as suggestion_id,
      suggested.due_at as suggestion_at, suggested.kind as suggestion_kind, suggested.details as suggestion, true as is_newer, p.place
    from page p
    left join stages s on s.id = p.stage_id and s.deleted_at is null
    left join owners w on w.id = p.owner_id and w.deleted_at is null
    left join lateral (
      select t.at from touches t where t."of" in (p.contact_id, p.id) order by t.at desc limit 1) as touched on true
    left join lateral (${suggestionOf(scope, { opportunity: sql`p.id`, contact: sql`p.contact_id` })}) as suggested on true
    order by p.nth`)
  const page = rows.slice(0, most)
  const last = rows.length > most ? page.at(-1) : undefined
  return { rows: page.map(unplanned), next: last === undefined ? null : writePlace(last.place) }
}

/** So many of them, whichever come first: to order a million for three of them would keep everybody waiting. */
const some = (wanted: SQL[], among: number): SQL =>
  sql`(select o.* from opportunities o ${contactOf} where ${sql.join(wanted, sql` and `)} limit ${among})`

/** As its index has it. */
export const isUnplanned = sql`o.next_action_at is null and o.own_outcome is null and o.status = 'open' and o.deleted_at is null`

type Stored = DueDealColumns &
  SuggestionColumns & {
    id: string
    version: number
    place: Place
  }

function unplanned(row: Stored): Unplanned {
  return {
    id: row.id,
    version: row.version,
    ...dealIn(row),
    suggestion: suggestionIn(row),
  }
}
