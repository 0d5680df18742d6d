import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { hotFilter, hotRows, type HotFilters, type HotScope } from './hot-list.ts'

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

export type HotSummary = {
  /** Of the rows that match, the largest currency first. */
  totals: HotTotal[]
  count: number
  /** What can be chosen, over everything hot. */
  owners: HotOption[]
  markets: HotOption[]
  stages: HotOption[]
}

/** The totals over all matching rows, whatever a page of them shows, and what the filters offer. */
export async function readHotSummary(tx: Tx, scope: HotScope, filters: HotFilters): Promise<HotSummary> {
  const matches = sql`filter (where ${hotFilter(filters)})`
  const { rows } = await tx.execute<Stored>(sql`
    select case grouping(h.currency, h.owner_id, h.market, h.stage) when 7 then 'total' when 11 then 'owner' when 13 then 'market' else 'stage' end as kind,
      coalesce(h.currency, h.owner_id::text, h.market, h.stage) as value, min(h.owner) as word,
      count(*) as count, count(*) ${matches} as matching, count(h.fee) ${matches} as with_fee, coalesce(sum(h.fee) ${matches}, 0) as fee,
      coalesce(sum(h.units) ${matches}, 0) as units,
      sum(h.likely * h.fee) ${matches} / nullif(sum(h.fee) ${matches}, 0) as likely
    from (${hotRows(scope)}) h
    group by grouping sets ((h.currency), (h.owner_id), (h.market), (h.stage))
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
    count: totals.reduce((sum, { count }) => sum + count, 0),
    owners: options('owner'),
    markets: options('market'),
    stages: options('stage'),
  }
}

type Stored = {
  kind: string
  value: string | null
  word: string | null
  count: string
  matching: string
  with_fee: string
  fee: string
  units: string
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
