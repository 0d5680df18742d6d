import { and, count, eq, gte, inArray, isNull, lt, sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { activities, leads, opportunities } from '../../drizzle/schema/index.ts'
import { basisOf, type Basis, type ConnectionNow } from '../domain/freshness.ts'
import { instant, minorUnits, wholeNumber } from './decode.ts'
import { openDeals, openDealsAt, type OpenDeals, type Total } from './open-deals.ts'
import type { Workspace } from './workspaces.ts'

/** A number with what it stands on; `value` is null where no connection has completed the streams it needs. */
export type Figure<T> = { value: T | null; basis: Basis }

export type Overview = {
  /** The stretch starts here: midnight, `days - 1` days ago, in the workspace's time zone. */
  since: Date
  /** Where the stretch of the same length before it starts. */
  before: Date
  monthStart: Date
  /** `earlier` is the state at `since`; null where the copy is not that old. */
  open: Figure<{ now: OpenDeals; earlier: OpenDeals | null }>
  won: Figure<{ count: number; totals: Total[] }>
  newLeads: Figure<{ now: number; before: number }>
  activities: Figure<{ overdue: number; next: number }>
}

/** The figures of the overview, each over the connections that can answer it. `status` was read before them, so no figure is older than it says. */
export async function readOverview(
  tx: Tx,
  workspace: Workspace,
  status: { connections: readonly ConnectionNow[] },
  days = 7,
): Promise<Overview> {
  const figure = async <T>(streams: string[], read: (connectionIds: string[]) => Promise<T>) => {
    const basis = basisOf(status.connections, streams)
    return { basis, value: basis.connectionIds.length === 0 ? null : await read(basis.connectionIds) }
  }
  const calendar = await readCalendar(tx, workspace.timeZone, days)
  const { since, before, monthStart } = calendar
  const { currency } = workspace
  return {
    since,
    before,
    monthStart,
    open: await figure(['opportunities'], async (ids) => ({
      now: await openDeals(tx, ids, currency),
      earlier: await openDealsAt(tx, ids, currency, since),
    })),
    won: await figure(['opportunities'], (ids) => wonDeals(tx, ids, currency, monthStart)),
    newLeads: await figure(['leads'], (ids) => newLeads(tx, ids, calendar)),
    activities: await figure(['activities'], (ids) => openActivities(tx, ids, calendar)),
  }
}

type Calendar = { since: Date; before: Date; monthStart: Date; today: Date; weekEnd: Date }

/** Days begin at the workspace's midnight, also across a change of the clocks. */
async function readCalendar(tx: Tx, timeZone: string, days: number): Promise<Calendar> {
  const there = (local: SQL) => sql`(${local}) at time zone ${timeZone}`.mapWith(instant)
  const now = sql`now() at time zone ${timeZone}`
  const midnight = (after: number) =>
    there(sql`date_trunc('day', ${now}) + make_interval(days => ${after}::int)`)
  const [row] = await tx
    .select({
      since: midnight(1 - days),
      before: midnight(1 - 2 * days),
      monthStart: there(sql`date_trunc('month', ${now})`),
      today: midnight(0),
      weekEnd: midnight(7),
    })
    .from(sql`(select) as one`)
  if (!row) throw new Error('the database did not say what day it is')
  return row
}

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
        gte(opportunities.closedAt, from),
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

async function newLeads(tx: Tx, connectionIds: string[], { since, before }: Calendar) {
  const created = leads.sourceCreatedAt
  const [row] = await tx
    .select({
      now: sql`count(*) filter (where ${gte(created, since)})`.mapWith(wholeNumber),
      before: sql`count(*) filter (where ${lt(created, since)})`.mapWith(wholeNumber),
    })
    .from(leads)
    .where(and(present(leads, connectionIds), gte(created, before)))
  return row ?? { now: 0, before: 0 }
}

/** Overdue is what was due before today; next is today and the six days after it. */
async function openActivities(tx: Tx, connectionIds: string[], { today, weekEnd }: Calendar) {
  const filtered = (condition: SQL | undefined) =>
    sql`count(*) filter (where ${condition})`.mapWith(wholeNumber)
  const [row] = await tx
    .select({
      overdue: filtered(lt(activities.dueAt, today)),
      next: filtered(and(gte(activities.dueAt, today), lt(activities.dueAt, weekEnd))),
    })
    .from(activities)
    .where(and(present(activities, connectionIds), eq(activities.isDone, false)))
  return row ?? { overdue: 0, next: 0 }
}

function present(
  table: typeof opportunities | typeof leads | typeof activities,
  connectionIds: string[],
): SQL | undefined {
  return and(inArray(table.connectionId, connectionIds), isNull(table.deletedAt))
}
