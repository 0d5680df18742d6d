import type { Basis } from '../domain/freshness.ts'

/**
 * What the list stands on. It shows what has arrived, whole or not, so it says what is still to come; and it is as old as the older
 * of tasks and opportunities.
 */
export function dueStanding(tasks: Basis, deals: Basis) {
  const names = (of: readonly string[]) => new Intl.ListFormat('en-US').format(of)
  const asOf =
    tasks.asOf !== null && (deals.asOf === null || tasks.asOf < deals.asOf) ? tasks.asOf : deals.asOf
  return {
    basis: asOf === null ? null : { ...deals, asOf, waitingFor: [] },
    /** No opportunities have arrived from anywhere, so that there is none is no news. */
    isNew: deals.connectionIds.length === 0,
    missing: [
      ...(deals.waitingFor.length === 0
        ? []
        : [
            `The opportunities of ${names(deals.waitingFor)} have not arrived completely: there may be more than is shown here.`,
          ]),
      ...(tasks.waitingFor.length === 0
        ? []
        : [
            `Next actions are kept here; the tasks of ${names(tasks.waitingFor)} join them when they have arrived completely.`,
          ]),
    ],
  }
}
