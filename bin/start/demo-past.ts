import type { Database } from '../../drizzle/db.ts'
import { demoAccounts, demoDays } from '../../simulator/demo.ts'
import { pastOf } from '../../simulator/past.ts'
import { givePast } from '../../src/commands/give-past.ts'
import { slugOf } from '../../src/commands/add-tenant.ts'
import type { ListedConnection } from '../../src/queries/connection-list.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** For so many days the copy would have been made every hour; before them the last run of each day is enough. */
const hourlyDays = 2

/**
 * Gives the copy of one invented company the past it would have, had it begun with the company; `startedAt` is when the invented
 * world did. Once: what is there already stays. `database` is the worker's road.
 */
export async function giveDemoPast(
  database: Database,
  connection: ListedConnection,
  startedAt: Date,
): Promise<void> {
  const account = demoAccounts.find(({ name = '' }) => slugOf(name) === slugOf(connection.tenantName))
  if (account === undefined) return
  const states = pastOf(account, startedAt).flatMap(({ id, states: of }) =>
    of.map((state) => ({ sourceId: id, ...state })),
  )
  const runsAt = pastRuns(startedAt)
  const past = { connectionId: connection.id, newStage: 'New Lead', runsAt, states }
  await database.asTenant(connection.tenantId, (tx) => givePast(tx, past))
}

/** Full hours before `startedAt`, oldest first: one a day, and at the end every one. */
function pastRuns(startedAt: Date): Date[] {
  const lastHour = Math.floor(startedAt.getTime() / hourMs) * hourMs
  const daily = Array.from({ length: demoDays - hourlyDays }, (_, day) => lastHour - (demoDays - day) * dayMs)
  const hourly = Array.from(
    { length: hourlyDays * 24 },
    (_, hour) => lastHour - (hourlyDays * 24 - hour) * hourMs,
  )
  return [...daily, ...hourly].map((at) => new Date(at))
}
