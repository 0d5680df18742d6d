import { sql, type SQL } from 'drizzle-orm'
import { atMost } from '../../drizzle/ask-often.ts'
import type { Tx } from '../../drizzle/db.ts'
import {
  connections,
  memberships,
  pipelineStageCounts,
  streamCursors,
  tenants,
} from '../../drizzle/schema/index.ts'
import { countedTo, mostOverdue, type Counted } from './due-counts.ts'
import { fromSteps, fromTasks } from './due.ts'

/** What a client's deals come to, from the measures of its runs; null where no run has measured yet. */
export type WorkspaceFigures = {
  openDeals: number | null
  /** In the workspace's own currency, each deal by its likelihood, as its page of the pipeline has it; null until a run has measured it. */
  weightedMinor: bigint | null
  /** Open deals with an amount in another currency, which `weightedMinor` leaves out. */
  otherCurrencies: number
  /** Due today or before, `overdue` among them. */
  due: Counted
  overdue: Counted
  /** Days of the workspace's calendar since the longest overdue was due; null without one. */
  oldestDays: number | null
}

/**
 * The figures of every workspace this person is a member of, by its id, in one question: the newest measures of each connection and a
 * walk along the index over what is due. An operator gets none.
 */
export async function readOwnFigures(tx: Tx): Promise<Map<string, WorkspaceFigures>> {
  const { rows } = await tx.execute<Stored>(sql`
    select t.id, deals.open_deals, deals.weighted_minor, deals.other_currencies, due.due, due.overdue, due.oldest_days
    from ${tenants} t
    join ${memberships} m on m.tenant_id = t.id
    left join lateral (
      select coalesce(sum(p.count) filter (where p.status = 'open'), 0) as open_deals,
        case when count(*) = count(p.weighted_minor) then coalesce(round(sum(p.weighted_minor)
          filter (where p.status = 'open' and coalesce(p.currency, t.currency) = t.currency)), 0) end as weighted_minor,
        coalesce(sum(p.count) filter (where p.status = 'open' and p.currency <> t.currency), 0) as other_currencies
      from ${connections} c
      join ${pipelineStageCounts} p on p.tenant_id = c.tenant_id and p.connection_id = c.id
      where c.tenant_id = t.id and ${hasRead(['opportunities', 'stages'])} and p.as_of = (
        select max(newest.as_of) from ${pipelineStageCounts} newest
        where newest.tenant_id = c.tenant_id and newest.connection_id = c.id)
      having count(*) > 0
    ) deals on true
    left join lateral (
      select count(*) as due, count(*) filter (where d.due_at < ${midnight}) as overdue, (now() at time zone t.time_zone)::date
        - (min(d.due_at) filter (where d.due_at < ${midnight}) at time zone t.time_zone)::date as oldest_days
      from (${due}) as d
    ) due on true`)
  return new Map(rows.map((row) => [row.id, figuresOf(row)]))
}

const midnight = sql`date_trunc('day', now() at time zone t.time_zone) at time zone t.time_zone`
const nextMidnight = sql`(date_trunc('day', now() at time zone t.time_zone) + interval '1 day') at time zone t.time_zone`

/** Of the workspace `t`, as among its due actions: our steps and the CRM's tasks that are due today or before, the oldest of each first. */
const due = sql`
  (select o.next_action_at as due_at ${fromSteps({ currency: '' }, {}, [
    sql`o.tenant_id = t.id and o.next_action_at < ${nextMidnight}`,
  ])} order by o.next_action_at ${atMost(mostOverdue + 1)})
  union all
  (select a.due_at ${fromTasks(
    {
      currency: '',
      now: sql`now()`,
      taskConnectionIds: sql`array(select c.id from ${connections} c where c.tenant_id = t.id and ${hasRead(['activities'])})`,
    },
    {},
    [sql`a.tenant_id = t.id and a.due_at < ${nextMidnight}`],
    sql``,
  )} order by a.due_at ${atMost(mostOverdue + 1)})`

/** Only connections that have completed these streams answer, as on every page: what a first pass has brought so far is no total. */
function hasRead(streams: string[]): SQL {
  return sql`c.state <> 'draft' and (
  select count(*) from ${streamCursors} k
  where k.tenant_id = c.tenant_id and k.connection_id = c.id and k.stream = any(${sql.param(streams)}::text[])
    and k.fresh_at is not null) = ${streams.length}`
}

type Stored = Record<'id' | 'other_currencies' | 'due' | 'overdue', string> &
  Record<'open_deals' | 'weighted_minor' | 'oldest_days', string | null>

function figuresOf(row: Stored): WorkspaceFigures {
  return {
    openDeals: row.open_deals === null ? null : Number(row.open_deals),
    weightedMinor: row.weighted_minor === null ? null : BigInt(row.weighted_minor),
    otherCurrencies: Number(row.other_currencies),
    due: countedTo(Number(row.due), mostOverdue),
    overdue: countedTo(Number(row.overdue), mostOverdue),
    oldestDays: row.oldest_days === null ? null : Number(row.oldest_days),
  }
}
