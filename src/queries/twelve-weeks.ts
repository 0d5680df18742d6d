import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections, leads, pipelineStageCounts } from '../../drizzle/schema/index.ts'
import { basisOf, type Basis, type ConnectionNow } from '../domain/freshness.ts'
import type { Workspace } from './workspaces.ts'

/** One week, from a Monday on where the workspace is; the last one is not over. */
export type Week = {
  /** `2026-11-16` */
  from: string
  /** Open at its end, in the currency that was asked for; null where the copy is not that old. */
  openMinor: bigint | null
  /** The same, each deal by its likelihood; null also where a measure was taken before that was. */
  weightedMinor: bigint | null
  /** Created in it. */
  leads: number
}

/**
 * The last twelve weeks, oldest first: what the pipeline came to by the newest measures of each, in one currency (`USD`), and how many
 * leads came.
 */
export async function readTwelveWeeks(
  tx: Tx,
  workspace: Pick<Workspace, 'timeZone' | 'currency'>,
  status: { connections: readonly ConnectionNow[] },
  currency: string,
): Promise<{ weeks: Week[]; deals: Basis; leads: Basis }> {
  const { timeZone, currency: usual } = workspace
  const deals = basisOf(status.connections, ['opportunities'])
  const leadsBasis = basisOf(status.connections, ['leads'])
  const asked = sql`p.status = 'open' and coalesce(p.currency, ${usual}) = ${currency}`
  const { rows } = await tx.execute<Stored>(sql`
    with weeks as (
      select monday::date as starts_on, monday at time zone ${timeZone} as starts_at,
        (monday + interval '7 days') at time zone ${timeZone} as ends_at
      from generate_series(date_trunc('week', now() at time zone ${timeZone}) - interval '77 days',
        date_trunc('week', now() at time zone ${timeZone}), interval '7 days') as monday
    )
    select to_char(w.starts_on, 'YYYY-MM-DD') as starts_on, open.amount, open.weighted, came.leads
    from weeks w
    left join lateral (
      select case when count(newest.as_of) = count(*) then sum(newest.amount) end as amount,
        case when count(newest.weighted) = count(*) then round(sum(newest.weighted)) end as weighted
      from ${connections} c
      left join lateral (
        select p.as_of, coalesce(sum(p.amount_minor) filter (where ${asked}), 0) as amount,
          case when count(p.weighted_minor) = count(*) then coalesce(sum(p.weighted_minor) filter (where ${asked}), 0) end as weighted
        from ${pipelineStageCounts} p
        where p.tenant_id = c.tenant_id and p.connection_id = c.id and p.as_of = (
          select max(q.as_of) from ${pipelineStageCounts} q
          where q.tenant_id = c.tenant_id and q.connection_id = c.id and q.as_of < w.ends_at)
        group by p.as_of
      ) newest on true
      where c.id = any(${sql.param(deals.connectionIds)}::uuid[])
    ) open on true
    cross join lateral (
      select count(*) as leads from ${leads} l
      where l.connection_id = any(${sql.param(leadsBasis.connectionIds)}::uuid[]) and l.deleted_at is null
        and l.source_created_at >= w.starts_at and l.source_created_at < w.ends_at
    ) came
    order by w.starts_on`)
  const weeks = rows.map((row) => ({
    from: row.starts_on,
    openMinor: row.amount === null ? null : BigInt(row.amount),
    weightedMinor: row.weighted === null ? null : BigInt(row.weighted),
    leads: Number(row.leads),
  }))
  return { weeks, deals, leads: leadsBasis }
}

type Stored = { starts_on: string; amount: string | null; weighted: string | null; leads: string }
