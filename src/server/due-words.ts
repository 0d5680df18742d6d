import { countedWords, timeOfDay, weekday } from '../format.ts'
import { together, type Counted } from '../queries/due-counts.ts'
import type { DueSummary, NextUp } from '../queries/due-summary.ts'
import type { Worth } from '../queries/due-values.ts'
import { isMine, isNarrowed, type DueAsk } from './due-filters.ts'
import { worthWords } from './due-worths.ts'

/** "14 due"; nothing of its own where nothing is. */
export function titleOf(overdue: Counted, today: Counted): string | undefined {
  const due = together([overdue, today], Infinity)
  return due.count === 0 ? undefined : `${countedWords(due)} due`
}

/** "14 to do now, 9 of them late, worth $755,820 and CA$12,000." */
export function sentenceOf(
  { buckets: { overdue, today }, doneToday }: DueSummary,
  { worth, isNarrowed: isPart }: { worth: Worth[] | null; isNarrowed: boolean },
): string {
  const due = together([overdue, today], Infinity)
  const done = closedWords(doneToday)
  if (due.count === 0) return `${isPart ? 'Nothing that is due matches.' : 'Nothing is due.'}${done}`
  const late = overdue.count > 0 ? `, ${countedWords(overdue)} of them late` : ''
  const value = worth === null || worth.length === 0 ? '' : `, worth ${worthWords(worth)}`
  return `${countedWords(due)} to do now${late}${value}. Start at the top.`
}

/** "Nobody has said what comes next for 31 open opportunities." */
export function unplannedWords(unplanned: Counted, allPlanned: string): string {
  const { count: of } = unplanned
  if (of === 0) return allPlanned
  return `Nobody has said what comes next for ${countedWords(unplanned)} open ${of === 1 ? 'opportunity' : 'opportunities'}.`
}

/** Said where no opportunity is without a next step, of those that were asked for. */
export function allPlannedWords(ask: DueAsk, mine: readonly string[]): string {
  const which = isNarrowed(ask) ? ' that matches' : isMine(ask, mine) ? ' of yours' : ''
  return `Every open opportunity${which} has a next step.`
}

/** " You closed 3 actions today." */
export const closedWords = (done: Counted): string =>
  done.count === 0
    ? ''
    : ` You closed ${countedWords(done)} ${done.count === 1 ? 'action' : 'actions'} today.`

/** "Next up is Mon, Nov 23 at 9:00 AM: call Priya Raghunathan." */
export function nextUpWords(nextUp: NextUp | null, timeZone: string, now: Date): string | null {
  if (nextUp === null) return null
  const { dueAt, details, title } = nextUp
  const about = title === null ? '' : ` (${title})`
  return `Next up is ${weekday(dueAt, timeZone, now)} at ${timeOfDay(dueAt, timeZone)}: ${details}${about}`
}
