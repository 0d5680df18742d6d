import type { Tx } from '../../drizzle/db.ts'
import { dayStretch } from '../domain/due.ts'
import { countStretches, type Counted } from './due-counts.ts'
import type { DueFilters, DueScope } from './due-parts.ts'

export type DayLoad = Counted & { day: string }

/** How much that matches is due on each of these days of the calendar. */
export async function readDueLoad(
  tx: Tx,
  scope: DueScope,
  filters: DueFilters,
  days: readonly string[],
): Promise<DayLoad[]> {
  const stretches = days.map((day) => dayStretch(day, scope.timeZone))
  const counts = await countStretches(tx, scope, filters, stretches)
  return days.map((day, nth) => ({ day, ...(counts[nth] ?? { count: 0, isMore: false }) }))
}
