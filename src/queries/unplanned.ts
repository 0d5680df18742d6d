import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { askOften, atMost } from '../../drizzle/ask-often.ts'
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
import { readPlace, writePlace, type Place, type SortKey } from './keyset.ts'
import { lastTouches } from './touches.ts'

/** An open opportunity that nobody has said what comes next for. */
export type Unplanned = DueDeal & {
  id: string
  version: number
  /** What the CRM has planned for it. */
  suggestion: Suggestion | null
}

type Filters = Pick<DueFilters, 'owners' | 'stage' | 'pipeline' | 'terms' | 'least'>

/**
 * The open opportunities without a next step and without an outcome: the most valuable first, then those in other currencies, then
 * those of no known value. Each of the three is read off the index, and the next one only when the page is not full.
 */
export async function readUnplanned(
  tx: Tx,
  scope: DueScope,
  filters: Filters,
  { most, from }: { most: number; from: string | null },
): Promise<{ rows: Unplanned[]; next: string | null }> {
  const place = readPlace(keys, from)
  const first = Number(place?.[0] ?? 0)
  const found: Stored[] = []
  for (let part = Math.max(0, first); part < parts.length && found.length <= most; part += 1) {
    const after = part === first ? place : undefined
    found.push(
      ...(await askOften<Stored>(
        tx,
        statement(scope, filters, { part, after, most: most + 1 - found.length }),
      )),
    )
  }
  const page = found.slice(0, most)
  const last = found.length > most ? page.at(-1) : undefined
  return { rows: page.map(unplanned), next: last === undefined ? null : writePlace(last.place) }
}

/** Which part of the list a row is in, its amount, and its id. */
const keys: SortKey[] = [
  { value: sql`part`, type: 'bigint' },
  { value: sql`amount_minor`, type: 'bigint' },
  { value: sql`id`, type: 'uuid' },
]

/** What the rows of each part have in common. */
const parts: readonly ((currency: string) => SQL)[] = [
  (own) => sql`o.amount_minor is not null and coalesce(o.currency, ${own}) = ${own}`,
  (own) => sql`o.amount_minor is not null and o.currency <> ${own}`,
  () => sql`o.amount_minor is null`,
]

function statement(
  scope: DueScope,
  filters: Filters,
  { part, after, most }: { part: number; after: Place | undefined; most: number },
): SQL {
  const wanted = [
    isUnplanned,
    ...parts.slice(part, part + 1).map((isIn) => isIn(scope.currency)),
    ...wantedOpportunity(scope, filters, sql`null`),
    ...(after === undefined ? [] : [beyond(part, after)]),
  ]
  return sql`
    with page as (
      select o.*, ${titleOf} as name from opportunities o ${contactOf} where ${sql.join(wanted, sql` and `)}
      order by o.amount_minor desc nulls last, o.id ${atMost(most)}),
    touches as materialized (${lastTouches(scope.now)})
    select p.id, p.version, p.name as title, p.amount_minor, coalesce(p.currency, ${scope.currency}) as currency, p.market, p.units,
      coalesce(s.name, p.stage_name) as stage, w.name as owner, greatest(tc.at, tp.at) as touched_at, suggested.id as suggestion_id,
      suggested.due_at as suggestion_at, suggested.kind as suggestion_kind, suggested.details as suggestion, true as is_newer,
      array[${sql.raw(`'${part}'`)}, coalesce(p.amount_minor, 0)::text, p.id::text] as place
    from page p
    left join stages s on s.id = p.stage_id and s.deleted_at is null
    left join owners w on w.id = p.owner_id and w.deleted_at is null
    left join touches tc on tc."of" = p.contact_id
    left join touches tp on tp."of" = p.id
    left join lateral (${suggestionOf(scope, { opportunity: sql`p.id`, contact: sql`p.contact_id` })}) as suggested on true
    order by p.amount_minor desc nulls last, p.id`
}

/** What follows a row of the same part; the amount alone says where an index begins, the id only parts equal ones. */
function beyond(part: number, [, amount, id]: Place): SQL {
  if (part === parts.length - 1) return sql`o.id > ${id}::uuid`
  return sql`o.amount_minor <= ${amount}::bigint and (o.amount_minor < ${amount}::bigint or o.id > ${id}::uuid)`
}

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
