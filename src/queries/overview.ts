import { and, count, eq, gte, inArray, isNull, lt, sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { activities, leads, notes, opportunities, stages } from '../../drizzle/schema/index.ts'
import { basisOf, type Basis, type ConnectionNow } from '../domain/freshness.ts'
import { instant, minorUnits, wholeNumber } from './decode.ts'
import type { Workspace } from './workspaces.ts'

/** A number with what it stands on; `value` is null where no connection has completed the streams it needs. */
export type Figure<T> = { value: T | null; basis: Basis }

/** The sum in one currency; sums of different currencies are never added. */
export type Total = { currency: string; amountMinor: bigint }

export type Overview = {
  /** The week starts here: midnight six days ago, in the workspace's time zone. */
  weekStart: Date
  openOpportunities: Figure<{ count: number; withoutAmount: number; totals: Total[] }>
  prospects: Figure<number>
  newLeads: Figure<number>
  activities: Figure<{ overdue: number; next: number }>
  notes: Figure<number>
}

/** The figures of the overview, each over the connections that can answer it. `status` was read before them, so no figure is older than it says. */
export async function readOverview(
  tx: Tx,
  workspace: Workspace,
  status: { connections: readonly ConnectionNow[] },
): Promise<Overview> {
  const figure = async <T>(streams: string[], read: (connectionIds: string[]) => Promise<T>) => {
    const basis = basisOf(status.connections, streams)
    return { basis, value: basis.connectionIds.length === 0 ? null : await read(basis.connectionIds) }
  }
  const calendar = await readCalendar(tx, workspace.timeZone)
  return {
    weekStart: calendar.weekStart,
    openOpportunities: await figure(['opportunities'], (ids) =>
      openOpportunities(tx, ids, workspace.currency),
    ),
    prospects: await figure(['leads', 'stages'], (ids) => prospects(tx, ids)),
    newLeads: await figure(['leads'], (ids) => newLeads(tx, ids, calendar.weekStart)),
    activities: await figure(['activities'], (ids) => openActivities(tx, ids, calendar)),
    notes: await figure(['notes'], (ids) => recentNotes(tx, ids, calendar.weekStart)),
  }
}

type Calendar = { weekStart: Date; today: Date; weekEnd: Date }

/** Days begin at the workspace's midnight, also across a change of the clocks. */
async function readCalendar(tx: Tx, timeZone: string): Promise<Calendar> {
  const midnight = (days: number) =>
    sql`(date_trunc('day', now() at time zone ${timeZone}) + make_interval(days => ${days}::int)) at time zone ${timeZone}`.mapWith(
      instant,
    )
  const [row] = await tx
    .select({ weekStart: midnight(-6), today: midnight(0), weekEnd: midnight(7) })
    .from(sql`(select) as one`)
  if (!row) throw new Error('the database did not say what day it is')
  return row
}

async function openOpportunities(tx: Tx, connectionIds: string[], currencyOfTenant: string) {
  const currency = sql<string>`coalesce(${opportunities.currency}, ${currencyOfTenant})`
  const rows = await tx
    .select({
      currency,
      count: count(),
      amounts: count(opportunities.amountMinor),
      amountMinor: sql`coalesce(sum(${opportunities.amountMinor}), 0)`.mapWith(minorUnits),
    })
    .from(opportunities)
    .where(and(present(opportunities, connectionIds), eq(opportunities.status, 'open')))
    .groupBy(sql`1`)
    .orderBy(sql`count(*) desc`, sql`1`)
  const all = rows.reduce((sum, row) => sum + row.count, 0)
  return {
    count: all,
    withoutAmount: all - rows.reduce((sum, row) => sum + row.amounts, 0),
    totals: rows
      .filter((row) => row.amounts > 0)
      .map(({ currency: of, amountMinor }) => ({ currency: of, amountMinor })),
  }
}

/** Leads of the kind the account counts, standing in a stage that is still in play. */
async function prospects(tx: Tx, connectionIds: string[]): Promise<number> {
  const rows = await tx
    .select({ count: count() })
    .from(leads)
    .innerJoin(stages, and(eq(stages.tenantId, leads.tenantId), eq(stages.id, leads.stageId)))
    .where(
      and(
        present(leads, connectionIds),
        eq(leads.isProspect, true),
        eq(stages.isActive, true),
        isNull(stages.deletedAt),
      ),
    )
  return rows[0]?.count ?? 0
}

async function newLeads(tx: Tx, connectionIds: string[], weekStart: Date): Promise<number> {
  const rows = await tx
    .select({ count: count() })
    .from(leads)
    .where(and(present(leads, connectionIds), gte(leads.sourceCreatedAt, weekStart)))
  return rows[0]?.count ?? 0
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

async function recentNotes(tx: Tx, connectionIds: string[], weekStart: Date): Promise<number> {
  const rows = await tx
    .select({ count: count() })
    .from(notes)
    .where(and(present(notes, connectionIds), gte(notes.notedAt, weekStart)))
  return rows[0]?.count ?? 0
}

type RecordTable = typeof opportunities | typeof leads | typeof activities | typeof notes

function present(table: RecordTable, connectionIds: string[]): SQL | undefined {
  return and(inArray(table.connectionId, connectionIds), isNull(table.deletedAt))
}
