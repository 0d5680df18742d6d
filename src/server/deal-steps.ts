import { daysLate, edgesOf } from '../domain/due.ts'
import { count, timeOfDay, weekday } from '../format.ts'
import type { DealRow } from '../queries/pipeline.ts'

/** The next step of an opportunity in words; `when` is "6 d late", "Today, 9:30 AM" or "Mon, Nov 23", and empty where there is none. */
export type StepWords = { when: string; details: string; tone: 'late' | 'today' | 'doubt' | undefined }

/** An opportunity as a card of the board shows it. */
export type DealOnCard = DealRow & { words: StepWords | null }

/** What is planned for an opportunity, where the workspace is; null of one for which nothing is to be planned. */
export function stepWords(
  { step, ownOutcome, status, isRemoved }: DealRow,
  now: Date,
  timeZone: string,
): StepWords | null {
  if (status !== 'open' || isRemoved) return null
  if (ownOutcome !== null) return { when: '', details: `Closed here as ${ownOutcome}`, tone: undefined }
  if (step === null) return { when: '', details: 'No next action', tone: 'doubt' }
  const { at, details } = step
  const { today, tomorrow } = edgesOf(now, timeZone)
  if (at < today) return { when: `${count(daysLate(at, now, timeZone))} d late`, details, tone: 'late' }
  return at < tomorrow
    ? { when: `Today, ${timeOfDay(at, timeZone)}`, details, tone: at < now ? 'late' : 'today' }
    : { when: weekday(at, timeZone, now), details, tone: undefined }
}
