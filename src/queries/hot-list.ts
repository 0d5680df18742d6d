import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { likelihoodOf } from '../../drizzle/rules.ts'
import { hotFrom, movesSince, type HotFacts } from '../domain/hot.ts'
import { after, orderBy, placeOf, readPlace, writePlace, type Place, type SortKey } from './keyset.ts'
import { lastTouches } from './touches.ts'
import { walk } from './walk.ts'

/** What the list stands on: the connections that can answer, the currency of amounts that name none, the database's clock. */
export type HotScope = { connectionIds: string[]; currency: string; now: Date }

export type HotFilters = {
  owner?: string | undefined
  market?: string | undefined
  stage?: string | undefined
  /** 0 to 1; never below what is hot. */
  likely: number
}

export const hotSorts = ['candidate', 'market', 'units', 'fee', 'stage', 'likely', 'close', 'owner'] as const
export type HotSort = { by: (typeof hotSorts)[number]; isDescending: boolean }

export type HotRow = Omit<HotFacts, 'averageFeeMinor'> & {
  id: string
  candidate: string | null
  market: string | null
  units: number | null
  stage: string | null
  owner: string | null
  /** `2026-12-01` */
  closeOn: string | null
}

/** One page of the hot list, in its order; `next` is where it goes on, null at its end. */
export async function readHotList(
  tx: Tx,
  scope: HotScope,
  filters: HotFilters,
  { sort, most, from }: { sort: HotSort; most: number; from: string | null },
): Promise<{ rows: HotRow[]; next: string | null }> {
  const place = readPlace(keysOf(sort), from)
  const { rows } = await tx.execute<Stored>(statement(scope, filters, sort, { place, most: most + 1 }))
  const page = rows.slice(0, most)
  const last = rows.length > most ? page.at(-1) : undefined
  return { rows: page.map(hotRow), next: last === undefined ? null : writePlace(last.place) }
}

/** All of the hot list, in its order, as of one moment. */
export async function* walkHotList(
  tx: Tx,
  scope: HotScope,
  filters: HotFilters,
  sort: HotSort,
): AsyncGenerator<HotRow[]> {
  for await (const rows of walk<Stored>(tx, statement(scope, filters, sort))) yield rows.map(hotRow)
}

/** What the index `opportunities_open` holds of an opportunity, so that the row itself need not be read, and what it does not. */
const indexed = 'tenant_id, id, stage_id, owner_id, currency, probability, weighted_fee_minor, units'
const others = 'contact_id, title, market, stage_name, expected_close_on'

/**
 * The opportunities that the list is made of, `o` with its stage `s` and its owner `w`: open ones that are likely enough, of the
 * connections that can answer. A likelihood of its own comes before its stage's, so of those without one only the stages that are
 * likely enough are looked at. `isIndexed` where `columns` asks no more of them than an index holds.
 */
export function hotRows(scope: HotScope, columns: SQL, isIndexed: boolean): SQL {
  const open = sql`select ${sql.raw(isIndexed ? indexed : `${indexed}, ${others}`)} ${fromOpen(scope)}`
  return likelyOnes(columns, open)
}

/**
 * What is hot, counted by an index alone, in groups of what is alike: they are few, and stages and owners are looked up for them and
 * not for each row.
 */
export function hotGroups(scope: HotScope): SQL {
  const open = sql`select tenant_id, stage_id, owner_id, currency, probability, count(*) as count,
    count(weighted_fee_minor) as with_fee, sum(weighted_fee_minor) as fee, sum(units) as units ${fromOpen(scope)}`
  const columns = sql`coalesce(o.currency, ${scope.currency}) as currency, w.id as owner_id, w.name as owner, o.stage_id,
    ${likelihoodOf('o', 's')} as likely, o.count, o.with_fee, o.fee, o.units`
  return likelyOnes(columns, open, sql`group by 1, 2, 3, 4, 5`)
}

/** The markets of what is hot, likewise; longer ones than the index holds (`opportunities_markets`) are no choice for a menu. */
export function hotMarkets(scope: HotScope): SQL {
  const open = sql`select tenant_id, stage_id, null::uuid as owner_id, probability, market, count(*) as count
    ${fromOpen(scope)} and octet_length(market) <= 400`
  return likelyOnes(sql`o.market, o.count`, open, sql`group by 1, 2, 3, 4, 5`)
}

/** What is open, of the connections that can answer; more may be asked of it. */
const fromOpen = ({ connectionIds }: HotScope): SQL => sql`from opportunities
    where connection_id = any(${sql.param(connectionIds)}::uuid[]) and status = 'open' and deleted_at is null`

/** Of these open opportunities `o`, or groups of them, those that are likely enough. */
function likelyOnes(columns: SQL, open: SQL, grouped: SQL = sql``): SQL {
  return sql`
    select ${columns} from (
      ${open} and probability is null
        and stage_id = any(array(select id from stages where probability >= ${hotFrom}::numeric)) ${grouped}
      union all ${open} and probability is not null ${grouped}) o
    ${besideHot} where ${likelihoodOf('o', 's')} >= ${hotFrom}::numeric`
}

const besideHot = sql`
    left join stages s on s.tenant_id = o.tenant_id and s.id = o.stage_id and s.deleted_at is null
    left join owners w on w.tenant_id = o.tenant_id and w.id = o.owner_id and w.deleted_at is null`

/** What an order and a filter can ask by an index alone. */
const indexedColumns = ({ currency }: HotScope): SQL => sql`
  o.id, o.tenant_id, o.stage_id, o.units, o.weighted_fee_minor as fee, coalesce(o.currency, ${currency}) as currency,
  (coalesce(o.currency, ${currency}) <> ${currency}) as is_foreign, ${likelihoodOf('o', 's')} as likely, w.id as owner_id, w.name as owner`

/** All that the list shows, is filtered and ordered by. */
export const allColumns = (scope: HotScope): SQL => sql`
  ${indexedColumns(scope)}, o.contact_id, o.market, coalesce(s.name, o.stage_name) as stage, s.position,
  coalesce(o.title, (select nullif(concat_ws(' ', c.first_name, c.last_name), '') from contacts c
    where c.tenant_id = o.tenant_id and c.id = o.contact_id and c.deleted_at is null)) as candidate,
  case when o.probability is null then 'stage' else 'record' end as likely_of, o.expected_close_on as close_on`

export function hotFilter({ owner, market, stage, likely }: HotFilters): SQL {
  const wanted = [
    sql`h.likely >= ${Math.max(hotFrom, likely)}::numeric`,
    ...(owner === undefined ? [] : [sql`h.owner_id = ${owner}::uuid`]),
    ...(market === undefined ? [] : [sql`h.market = ${market}`]),
    ...(stage === undefined ? [] : [sql`h.stage = ${stage}`]),
  ]
  return sql.join(wanted, sql` and `)
}

type Stored = {
  id: string
  candidate: string | null
  market: string | null
  units: number | null
  fee: string | null
  currency: string
  stage: string | null
  likely: string
  likely_of: 'record' | 'stage'
  close_on: string | null
  owner: string | null
  touched_at: string | null
  touched_by: 'note' | 'activity' | null
  moved_at: string | null
  moved_from: string | null
  place: Place
}

/** Found by as little as the order needs; the row and what surrounds it are looked up for those of the page alone. */
function statement(
  scope: HotScope,
  filters: HotFilters,
  sort: HotSort,
  { place, most }: { place?: Place | undefined; most?: number } = {},
): SQL {
  const keys = keysOf(sort)
  const isIndexed =
    ['fee', 'likely', 'units', 'owner'].includes(sort.by) &&
    filters.market === undefined &&
    filters.stage === undefined
  const columns = isIndexed ? indexedColumns(scope) : allColumns(scope)
  return sql`
    with found as materialized (
      select h.id, h.tenant_id, ${placeOf(keys)} as place from (${hotRows(scope, columns, isIndexed)}) h
      where ${hotFilter(filters)} and ${place === undefined ? sql`true` : after(keys, place)}
      ${orderBy(keys)} ${most === undefined ? sql`` : sql`limit ${most}`}),
    page as (
      select ${allColumns(scope)}, f.place
      from found f join opportunities o on o.tenant_id = f.tenant_id and o.id = f.id ${besideHot}),
    touches as (${lastTouches(scope.now)})
    select h.id, h.candidate, h.market, h.units, h.fee, h.currency, h.stage, h.likely, h.likely_of, h.close_on, h.owner,
      h.place, touched.at as touched_at, touched.by as touched_by, moved.at as moved_at, moved.stage as moved_from
    from page h
    left join lateral (
      select t.at, t.by from touches t where t."of" in (h.contact_id, h.id) order by t.at desc limit 1) as touched on true
    left join lateral (${lastStep(scope)}) as moved on true
    ${orderBy(keys)}`
}

/** The last change of stage, if it led to a later one. */
function lastStep({ now }: HotScope): SQL {
  return sql`
    select v.valid_to as at, coalesce(f.name, v.stage_name) as stage
    from (select * from opportunity_versions v
      where v.tenant_id = h.tenant_id and v.opportunity_id = h.id and v.valid_to > ${movesSince(now)} and v.stage_id is distinct from h.stage_id
      order by v.valid_to desc limit 1) as v
    join stages f on f.tenant_id = h.tenant_id and f.id = v.stage_id
    where f.position < h.position`
}

/** Nothing comes before something nowhere: rows without the value stand last. Amounts of other currencies follow those of the workspace's own. */
function keysOf({ by, isDescending }: HotSort): SortKey[] {
  const id: SortKey = { value: sql`h.id`, type: 'uuid' }
  const known = (column: SQL, type: SortKey['type'], nothing: SQL): SortKey[] => [
    { value: sql`(${column} is null)`, type: 'boolean' },
    { value: sql`coalesce(${column}, ${nothing})`, type, isDescending },
    id,
  ]
  const text = (column: SQL) => known(sql`lower(${column})`, 'text', sql`''`)
  const number = (column: SQL, type: SortKey['type']) => known(column, type, sql`0`)
  switch (by) {
    case 'fee': {
      const [missing, ...rest] = number(sql`h.fee`, 'bigint')
      const currency: SortKey[] = [
        { value: sql`h.is_foreign`, type: 'boolean' },
        { value: sql`h.currency`, type: 'text' },
      ]
      return [...(missing ? [missing] : []), ...currency, ...rest]
    }
    case 'units':
      return number(sql`h.units`, 'bigint')
    case 'likely':
      return number(sql`h.likely`, 'numeric')
    case 'close':
      return known(sql`h.close_on`, 'date', sql`'epoch'::date`)
    default:
      return text(sql.raw(`h.${by}`))
  }
}

function hotRow(row: Stored): HotRow {
  return {
    id: row.id,
    candidate: row.candidate,
    market: row.market,
    units: row.units,
    owner: row.owner,
    closeOn: row.close_on,
    likely: Number(row.likely),
    likelyOf: row.likely_of,
    stage: row.stage,
    feeMinor: row.fee === null ? null : BigInt(row.fee),
    currency: row.currency,
    moved:
      row.moved_at === null
        ? null
        : { at: new Date(row.moved_at), from: row.moved_from ?? 'an earlier stage' },
    touched:
      row.touched_at === null || row.touched_by === null
        ? null
        : { at: new Date(row.touched_at), by: row.touched_by },
  }
}
