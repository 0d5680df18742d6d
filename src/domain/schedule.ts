import { dayInWords, daysLater } from './days.ts'

/** The strip above the agenda shows so many days, today first. */
export const stripDays = 14

/** An activity without an end lasts this long when it is asked whether two overlap: two at the same time do. */
export const assumedMinutes = 1

/** A day is heavy when it holds at least this many activities and twice the average of the strip's days that hold any. */
const heavyFrom = 5

export type StripDay = { day: string; words: string; count: number; isHeavy: boolean }

/** The days of the strip, with how much is on each; a day without anything is there as well. */
export function stripOf(today: string, counts: ReadonlyMap<string, number>): StripDay[] {
  const days = Array.from({ length: stripDays }, (_, index) => daysLater(today, index))
  const busy = days.map((day) => counts.get(day) ?? 0).filter((count) => count > 0)
  const average = busy.reduce((sum, count) => sum + count, 0) / Math.max(1, busy.length)
  return days.map((day) => {
    const count = counts.get(day) ?? 0
    return { day, words: dayInWords(day, today), count, isHeavy: count >= heavyFrom && count >= 2 * average }
  })
}

const kinds: Readonly<Record<string, string>> = {
  appt: 'Appointment',
  appointment: 'Appointment',
  call: 'Call',
  email: 'E-mail',
  meeting: 'Meeting',
  task: 'Task',
}

/** What an activity is, in a word; a kind that only this CRM knows keeps the CRM's own. */
export function kindInWords(kind: string): string {
  return kinds[kind.toLowerCase()] ?? kind
}
