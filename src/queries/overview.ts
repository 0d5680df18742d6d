import { and, count, eq, gte, inArray, isNotNull, isNull, lt, or, sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { activities, leads, opportunities, opportunityVersions } from '../../drizzle/schema/index.ts'
import { basisOf, type Basis, type ConnectionNow } from '../domain/freshness.ts'
import { isDay, periodNamed, sinceNamed, type Period, type Since } from '../domain/period.ts'
import { readKnownSince, readStandings, type Standings } from './bridge.ts'
import { instant, minorUnits, wholeNumber } from './decode.ts'
import { countOverdue, type Counted } from './due-counts.ts'
import { readTargets } from './targets.ts'
import type { Workspace } from './workspaces.ts'

/** A number with what it stands on; `value` is null where no connection has completed the streams it needs. */
export type Figure<T> = { value: T | null; basis: Basis }

/** The sum in one currency; sums of different currencies are never added. */
export type Total = { currency: string; amountMinor: bigint }

export type Overview = {
  monthStart: Date
  /** `isCut` where the copy begins after the moment that was asked for. */
  open: Figure<{ standings: Standings; since: Since; isCut: boolean }>
  /** `targets` are what is to be won in the month, per currency. */
  won: Figure<{ count: number; totals: Total[]; targets: Total[] }>
  newLeads: Figure<{ now: number; before: number; period: Period }>
  /** Overdue as among the due actions; `next` are activities of the CRM. */
  activities: Figure<{ overdue: Counted; next: number }>
}

/**
 * The figures of the overview, each over the connections that can answer it, compared with the moment that `since` names. `status`
 * was read before them, so no figure is older than it says.
 */
export async function readOverview(
  tx: Tx,
  workspace: Workspace,
  status: { now: Date; connections: readonly ConnectionNow[] },
  since = '7d',
): Promise<Overview> {
  const figure = async <T>(streams: string[], read: (basis: Basis) => Promise<T>) => {
    const basis = basisOf(status.connections, streams)
    return { basis, value: basis.connectionIds.length === 0 ? null : await read(basis) }
  }
  const { timeZone } = workspace
  const calendar = await readCalendar(tx, timeZone)
  const asOf = (basis: Basis) => basis.asOf ?? status.now
  return {
    monthStart: calendar.monthStart,
    open: await figure(['opportunities', 'stages'], (basis) =>
      openDeals(tx, workspace, basis, sinceNamed(since, asOf(basis), timeZone)),
    ),
    won: await figure(['opportunities'], async ({ connectionIds }) => ({
      ...(await wonDeals(tx, connectionIds, workspace.currency, calendar.monthStart)),
      targets: (await readTargets(tx, workspace)).map(({ currency, amountMinor }) => ({
        currency,
        amountMinor,
      })),
    })),
    newLeads: await figure(['leads'], (basis) =>
      newLeads(tx, basis.connectionIds, periodSince(since, asOf(basis), timeZone)),
    ),
    activities: await figure(['activities'], async ({ connectionIds }) => ({
      overdue: await countOverdue(tx, {
        now: status.now,
        timeZone,
        currency: workspace.currency,
        taskConnectionIds: connectionIds,
      }),
      next: await activitiesAhead(tx, connectionIds, calendar),
    })),
  }
}

/** The time since a moment that is compared with, as `sinceNamed` understands it. */
function periodSince(since: string, asOf: Date, timeZone: string): Period {
  const { key } = sinceNamed(since, asOf, timeZone)
  return periodNamed(isDay(key) ? { name: 'days', from: key } : { name: key }, asOf, timeZone)
}

/** As the page of the pipeline has it, so that the two never differ. */
async function openDeals(tx: Tx, { id, currency }: Workspace, { connectionIds }: Basis, wanted: Since) {
  const scope = { tenantId: id, connectionIds, currency }
  const known = await readKnownSince(tx, scope)
  const isCut = known !== null && known > wanted.at
  const since = isCut ? { ...wanted, at: known } : wanted
  return { standings: await readStandings(tx, scope, since.at), since, isCut }
}

type Calendar = { monthStart: Date; today: Date; weekEnd: Date }

/** Days begin at the workspace's midnight, also across a change of the clocks. */
async function readCalendar(tx: Tx, timeZone: string): Promise<Calendar> {
  const there = (local: SQL) => sql`(${local}) at time zone ${timeZone}`.mapWith(instant)
  const now = sql`now() at time zone ${timeZone}`
  const midnight = (after: number) =>
    there(sql`date_trunc('day', ${now}) + make_interval(days => ${after}::int)`)
  const [row] = await tx
    .select({
      monthStart: there(sql`date_trunc('month', ${now})`),
      today: midnight(0),
      weekEnd: midnight(7),
    })
    .from(sql`(select) as one`)
  if (!row) throw new Error('the database did not say what day it is')
  return row
}

/** Won since then by the CRM's own date, or where it gives none by what the copy saw: open at that moment or later, and won now. */
async function wonDeals(tx: Tx, connectionIds: string[], currencyOfTenant: string, from: Date) {
  const currency = sql<string>`coalesce(${opportunities.currency}, ${currencyOfTenant})`
  const rows = await tx
    .select({
      currency,
      count: count(),
      amounts: count(opportunities.amountMinor),
      amountMinor: sql`coalesce(sum(${opportunities.amountMinor}), 0)`.mapWith(minorUnits),
    })
    .from(opportunities)
    .where(
      and(
        present(opportunities, connectionIds),
        eq(opportunities.status, 'won'),
        // As the index `opportunities_won` has it: under a policy for rows, coalesce is asked of none.
        sql`(case when ${opportunities.closedAt} is null then ${opportunities.changedAt} else ${opportunities.closedAt} end) >= ${from}`,
        or(isNotNull(opportunities.closedAt), turnedSince(from)),
      ),
    )
    .groupBy(sql`1`)
    .orderBy(sql`count(*) desc`, sql`1`)
  return {
    count: rows.reduce((sum, row) => sum + row.count, 0),
    totals: rows
      .filter((row) => row.amounts > 0)
      .map(({ currency: of, amountMinor }) => ({ currency: of, amountMinor })),
  }
}

function turnedSince(from: Date): SQL {
  // Asked of each that was won, which are few, and not of all that changed.
  return sql`(
    select max(v.valid_to) from ${opportunityVersions} v where v.tenant_id = ${opportunities.tenantId} and v.opportunity_id = ${opportunities.id}
      and v.status = 'open') >= ${from}`
}

/** How many came in the period, and how many in the one before it. */
async function newLeads(tx: Tx, connectionIds: string[], period: Period) {
  const created = leads.sourceCreatedAt
  const from = period.from ?? new Date(0)
  const [row] = await tx
    .select({
      now: sql`count(*) filter (where ${gte(created, from)})`.mapWith(wholeNumber),
      before: sql`count(*) filter (where ${lt(created, from)})`.mapWith(wholeNumber),
    })
    .from(leads)
    .where(and(present(leads, connectionIds), gte(created, period.before ?? from)))
  return { ...(row ?? { now: 0, before: 0 }), period }
}

/** Today and on the six days after it. */
async function activitiesAhead(
  tx: Tx,
  connectionIds: string[],
  { today, weekEnd }: Calendar,
): Promise<number> {
  const [row] = await tx
    .select({ count: count() })
    .from(activities)
    .where(
      and(
        present(activities, connectionIds),
        eq(activities.isDone, false),
        gte(activities.dueAt, today),
        lt(activities.dueAt, weekEnd),
      ),
    )
  return row?.count ?? 0
}

function present(
  table: typeof opportunities | typeof leads | typeof activities,
  connectionIds: string[],
): SQL | undefined {
  return and(inArray(table.connectionId, connectionIds), isNull(table.deletedAt))
}
