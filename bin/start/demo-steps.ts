import type { Database } from '../../drizzle/db.ts'
import { giveSteps, type GivenStep } from '../../src/commands/give-steps.ts'
import { commandLine } from '../../src/commands/record-deed.ts'
import { dayOf, daysLater, startOfDay } from '../../src/domain/days.ts'
import { workingDaysLater } from '../../src/domain/due.ts'
import type { ListedConnection } from '../../src/queries/connection-list.ts'
import { readMembers } from '../../src/queries/members.ts'
import { readUnplanned } from '../../src/queries/unplanned.ts'
import { findWorkspace } from '../../src/queries/workspaces.ts'

/** So many of the most valuable open opportunities have a next action; every seventh of them has none. */
const mostPlanned = 84
const unplannedEach = 7
/** In days from today: what is late, what is due today, what comes. The others are spread over the weeks after. */
const near = [-9, -6, -4, -3, -3, -2, -2, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 5, 6, 7]
const putOff: Partial<Record<number, number>> = { 0: 4, 2: 3, 5: 1, 12: 5, 20: 1 }

const words = [
  ['Call', 'Call to confirm that the disclosure arrived'],
  ['Email', 'Send the walk-through of the earnings page'],
  ['Meeting', 'Book the visit with an owner nearby'],
  ['Text', 'Text the photos of the site'],
  ['Call', 'Ask how the talk with the lender went'],
  ['Email', 'Send the agreement with the changed territory'],
  ['Meeting', 'Prepare the discovery day'],
  ['Call', 'Call back after four'],
  ['Email', 'Answer the question about the second site'],
  ['Task', 'Check the net worth form'],
] as const

/**
 * Gives an invented client next actions in every stretch of time, planned by the people of the demo who work there; once. `database`
 * is the road of the pages.
 */
export async function giveDemoSteps(database: Database, connection: ListedConnection): Promise<void> {
  const workspace = await findWorkspace(database, connection.tenant)
  if (workspace === undefined) return
  const { timeZone, currency } = workspace
  const now = new Date()
  const scope = { now, timeZone, currency, taskConnectionIds: [] }
  await database.asTenant(workspace.id, async (tx) => {
    const members = (await readMembers(tx)).filter(({ role }) => role === 'rep' || role === 'manager')
    const { rows } = await readUnplanned(tx, scope, {}, { most: mostPlanned, from: null })
    const steps = rows.flatMap((row, nth): GivenStep[] => {
      const member = members[nth % members.length]
      if (member === undefined || nth % unplannedEach === unplannedEach - 1) return []
      const place = (nth * 37) % mostPlanned
      const [kind, details] = words[nth % words.length] ?? words[0]
      const by = { ...commandLine, userId: member.id, name: member.email }
      return [
        {
          opportunityId: row.id,
          by,
          kind,
          details,
          dueAt: timeOf(place, now, timeZone),
          moves: putOff[place] ?? 0,
        },
      ]
    })
    await giveSteps(tx, steps)
  })
}

/** Within the hours of a day at work, on a working day where it lies ahead. */
function timeOf(place: number, now: Date, timeZone: string): Date {
  const today = dayOf(now, timeZone)
  const days = near[place] ?? 8 + (place - near.length)
  const day = days < 0 ? daysLater(today, days) : days === 0 ? today : workingDaysLater(today, days)
  const minutes = 9 * 60 + ((place * 7) % 16) * 30
  return new Date(startOfDay(day, timeZone).getTime() + minutes * 60_000)
}
