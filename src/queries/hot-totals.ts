import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import {
  allColumns,
  hotFilter,
  hotGroups,
  hotMarkets,
  hotRows,
  type HotFilters,
  type HotScope,
} from './hot-list.ts'

/** What the matching rows of one currency come to. Currencies are never added. */
export type HotTotal = {
  currency: string
  count: number
  /** Rows that have a fee. */
  withFee: number
  feeMinor: bigint
  units: number
  /** The mean likelihood, each row weighing as much as its weighted fee; null where no fee is. */
  likely: number | null
}

export type HotOption = { value: string; word: string; count: number }

/** The average fee of everything hot, per currency that has one. */
export type HotAverages = ReadonlyMap<string, bigint>

export type HotSummary = {
  /** Of the rows that match, the largest currency first. */
  totals: HotTotal[]
  count: number
  averages: HotAverages
  /** What can be chosen, over everything hot. */
  owners: HotOption[]
  markets: HotOption[]
  stages: HotOption[]
}

/**
 * The totals over all matching rows, whatever a page of them shows, and what the filters offer. Counted by an index alone, first in
 * groups of what is alike, unless a market is asked for.
 */
export async function readHotSummary(tx: Tx, scope: HotScope, filters: HotFilters): Promise<HotSummary> {
  const isIndexed = filters.market === undefined && filters.stage === undefined
  const groups = isIndexed
    ? hotGroups(scope)
    : sql`select r.*, 1 as count, num_nonnulls(r.fee) as with_fee from (${hotRows(scope, allColumns(scope), false)}) r`
  const { rows } = await tx.execute<Stored>(sql`
    with alike as (
      select h.currency, h.owner_id, h.owner, h.stage_id, ${hotFilter(filters)} as is_match, h.likely,
        sum(h.count) as count, sum(h.with_fee) as with_fee, sum(h.fee) as fee, sum(h.units) as units
      from (${groups}) h group by 1, 2, 3, 4, 5, 6),
    named as (select a.*, ${stageName} as stage from alike a)
    select case grouping(h.currency, h.owner_id, h.stage) when 3 then 'total' when 5 then 'owner' else 'stage' end as kind,
      coalesce(h.currency, h.owner_id::text, h.stage) as value, min(h.owner) as word, sum(h.count) as count,
      coalesce(sum(h.count) filter (where is_match), 0) as matching, coalesce(sum(h.with_fee) filter (where is_match), 0) as with_fee,
      coalesce(sum(h.fee) filter (where is_match), 0) as fee, coalesce(sum(h.units) filter (where is_match), 0) as units,
      round(sum(h.fee) / nullif(sum(h.with_fee), 0)) as average_fee,
      sum(h.likely * h.fee) filter (where is_match) / nullif(sum(h.fee) filter (where is_match), 0) as likely
    from named h group by grouping sets ((h.currency), (h.owner_id), (h.stage))
    union all
    select 'market', h.market, null, sum(h.count), 0, 0, 0, 0, null, null from (${hotMarkets(scope)}) h group by h.market
    order by matching desc, value`)
  const options = (kind: string) =>
    rows
      .flatMap(({ kind: of, value, word, count }) =>
        of === kind && value !== null
          ? [{ value, word: kind === 'owner' ? (word ?? value) : value, count: Number(count) }]
          : [],
      )
      .toSorted((a, b) => a.word.localeCompare(b.word))
  const totals = rows.filter(({ kind, matching }) => kind === 'total' && matching !== '0').map(totalOf)
  return {
    totals,
    averages: new Map(
      rows.flatMap(({ kind, value, average_fee }) =>
        kind === 'total' && average_fee !== null ? [[value ?? '', BigInt(average_fee)]] : [],
      ),
    ),
    count: totals.reduce((sum, { count }) => sum + count, 0),
    owners: options('owner'),
    markets: options('market'),
    stages: options('stage'),
  }
}

/** As its rows have it; what a stage was called that is not listed any more, one of its opportunities is asked. */
const stageName = sql`coalesce(
      (select s.name from stages s where s.id = a.stage_id and s.deleted_at is null),
      (select o.stage_name from opportunities o where o.stage_id = a.stage_id limit 1))`

type Stored = {
  kind: string
  value: string | null
  word: string | null
  count: string
  matching: string
  with_fee: string
  fee: string
  units: string
  average_fee: string | null
  likely: string | null
}

function totalOf({ value, matching, with_fee, fee, units, likely }: Stored): HotTotal {
  return {
    currency: value ?? '',
    count: Number(matching),
    withFee: Number(with_fee),
    feeMinor: BigInt(fee),
    units: Number(units),
    likely: likely === null ? null : Number(likely),
  }
}
