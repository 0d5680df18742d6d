import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections, opportunities, pipelineStageCounts, stages } from '../../drizzle/schema/index.ts'

/** The sum in one currency; sums of different currencies are never added. */
export type Total = { currency: string; amountMinor: bigint }

export type OpenDeals = {
  count: number
  withoutAmount: number
  totals: Total[]
  /** Each amount by the deal's own likelihood or else its stage's; deals without either are left out. */
  weighted: Total[]
}

/** The open deals of these connections now, per currency, the most frequent first. */
export async function openDeals(tx: Tx, connectionIds: string[], currency: string): Promise<OpenDeals> {
  return gather(
    tx,
    currency,
    sql`select o.tenant_id, o.stage_id, o.currency, o.amount_minor, o.probability from ${opportunities} o
      where o.connection_id = any(${sql.param(connectionIds)}::uuid[]) and o.deleted_at is null and o.status = 'open'`,
  )
}

/** As they were at an instant, as far as we knew it then; null where one of the connections was not copied yet. */
export async function openDealsAt(
  tx: Tx,
  connectionIds: string[],
  currency: string,
  at: Date,
): Promise<OpenDeals | null> {
  const { rows } = await tx.execute<{ is_known: boolean | null }>(sql`
    select bool_and(exists (
      select from ${pipelineStageCounts} p
      where p.tenant_id = c.tenant_id and p.connection_id = c.id and p.as_of <= ${at.toISOString()})) as is_known
    from ${connections} c where c.id = any(${sql.param(connectionIds)}::uuid[])`)
  if (rows[0]?.is_known !== true) return null
  return gather(
    tx,
    currency,
    sql`select h.tenant_id, h.stage_id, h.currency, h.amount_minor, h.probability from opportunity_history h
      join ${opportunities} o on o.tenant_id = h.tenant_id and o.id = h.opportunity_id
      where o.connection_id = any(${sql.param(connectionIds)}::uuid[]) and h.deleted_at is null and h.status = 'open'
        and h.valid_from <= ${at.toISOString()} and (h.valid_to is null or h.valid_to > ${at.toISOString()})`,
  )
}

type Stored = { currency: string; deals: string; amounts: string; amount: string; weighted: string | null }

async function gather(tx: Tx, currency: string, deals: SQL): Promise<OpenDeals> {
  const { rows } = await tx.execute<Stored>(sql`
    select coalesce(d.currency, ${currency}) as currency, count(*) as deals, count(d.amount_minor) as amounts,
      coalesce(sum(d.amount_minor), 0) as amount,
      trunc(sum(d.amount_minor * coalesce(d.probability, s.probability))) as weighted
    from (${deals}) d
    left join ${stages} s on s.tenant_id = d.tenant_id and s.id = d.stage_id and s.deleted_at is null
    group by 1 order by count(*) desc, 1`)
  const sum = (of: 'deals' | 'amounts') => rows.reduce((all, row) => all + Number(row[of]), 0)
  return {
    count: sum('deals'),
    withoutAmount: sum('deals') - sum('amounts'),
    totals: rows
      .filter((row) => Number(row.amounts) > 0)
      .map((row) => ({ currency: row.currency, amountMinor: BigInt(row.amount) })),
    weighted: rows.flatMap((row) =>
      row.weighted === null ? [] : [{ currency: row.currency, amountMinor: BigInt(row.weighted) }],
    ),
  }
}
