import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import {
  activities,
  connections,
  memberships,
  pipelineStageCounts,
  stages,
  tenants,
} from '../../drizzle/schema/index.ts'

/** What a client's deals come to, from the measures of its runs; null where no run has measured yet. */
export type WorkspaceFigures = {
  openDeals: number | null
  /** In the workspace's own currency, each stage by its own likelihood; null where no stage says one. */
  weightedMinor: bigint | null
  /** Open deals with an amount in another currency, which `weightedMinor` leaves out. */
  otherCurrencies: number
  overdue: number
  /** Whole days since the longest overdue was due; null without one. */
  oldestDays: number | null
}

/**
 * The figures of every workspace this person is a member of, by its id, in one question: the newest measures of each connection and a
 * walk along the index over what is due. An operator gets none.
 */
export async function readOwnFigures(tx: Tx): Promise<Map<string, WorkspaceFigures>> {
  const { rows } = await tx.execute<Stored>(sql`
    select t.id, deals.open_deals, deals.weighted_minor, deals.other_currencies, late.overdue, late.oldest_days
    from ${tenants} t
    join ${memberships} m on m.tenant_id = t.id
    left join lateral (
      select sum(p.count) as open_deals,
        trunc(sum(p.amount_minor * s.probability) filter (where coalesce(p.currency, t.currency) = t.currency)) as weighted_minor,
        coalesce(sum(p.count) filter (where p.currency <> t.currency), 0) as other_currencies
      from ${connections} c
      join ${pipelineStageCounts} p on p.tenant_id = c.tenant_id and p.connection_id = c.id
      left join ${stages} s on s.tenant_id = p.tenant_id and s.id = p.stage_id
      where c.tenant_id = t.id and p.status = 'open' and p.as_of = (
        select max(newest.as_of) from ${pipelineStageCounts} newest
        where newest.tenant_id = c.tenant_id and newest.connection_id = c.id)
    ) deals on true
    left join lateral (
      select count(*) as overdue, floor(extract(epoch from now() - min(a.due_at)) / 86400) as oldest_days
      from ${activities} a
      where a.tenant_id = t.id and not a.is_done and a.deleted_at is null
        and a.due_at < date_trunc('day', now() at time zone t.time_zone) at time zone t.time_zone
    ) late on true`)
  return new Map(rows.map((row) => [row.id, figuresOf(row)]))
}

type Stored = Record<'id' | 'other_currencies' | 'overdue', string> &
  Record<'open_deals' | 'weighted_minor' | 'oldest_days', string | null>

function figuresOf(row: Stored): WorkspaceFigures {
  return {
    openDeals: row.open_deals === null ? null : Number(row.open_deals),
    weightedMinor: row.weighted_minor === null ? null : BigInt(row.weighted_minor),
    otherCurrencies: Number(row.other_currencies),
    overdue: Number(row.overdue),
    oldestDays: row.oldest_days === null ? null : Number(row.oldest_days),
  }
}
