import { dayInWords, dayOf, daysLater, startOfDay } from './days.ts'

/** Where a step stands in time: due before today, today, on the days left of this week (it ends with Sunday), or after them. */
export const buckets = ['overdue', 'today', 'week', 'later'] as const
export type Bucket = (typeof buckets)[number]

export const bucketWords: Record<Bucket, string> = {
  overdue: 'Overdue',
  today: 'Today',
  week: 'This week',
  later: 'Later',
}

/** The instants at which one bucket ends and the next begins, where the workspace is. */
export type Edges = { today: Date; tomorrow: Date; nextWeek: Date }

export function edgesOf(now: Date, timeZone: string): Edges {
  const today = dayOf(now, timeZone)
  const { dayOfWeek } = Temporal.PlainDate.from(today)
  const start = (days: number) => startOfDay(daysLater(today, days), timeZone)
  return { today: start(0), tomorrow: start(1), nextWeek: start(8 - dayOfWeek) }
}

/** From when on, and until before when, the steps of a bucket are due; null where it has no end. */
export function spanOf(bucket: Bucket, { today, tomorrow, nextWeek }: Edges): [Date | null, Date | null] {
  switch (bucket) {
    case 'overdue':
      return [null, today]
    case 'today':
      return [today, tomorrow]
    case 'week':
      return [tomorrow, nextWeek]
    case 'later':
      return [nextWeek, null]
  }
}

/** From when on, and until before when, a day of the calendar lasts where the workspace is. */
export const dayStretch = (day: string, timeZone: string): readonly [Date, Date] => [
  startOfDay(day, timeZone),
  startOfDay(daysLater(day, 1), timeZone),
]

export function bucketOf(dueAt: Date, edges: Edges): Bucket {
  if (dueAt < edges.today) return 'overdue'
  if (dueAt < edges.tomorrow) return 'today'
  return dueAt < edges.nextWeek ? 'week' : 'later'
}

/** How many days of the calendar something is late; 0 on its day and before. */
export function daysLate(dueAt: Date, now: Date, timeZone: string): number {
  return Math.max(0, daysBetween(dayOf(dueAt, timeZone), dayOf(now, timeZone)))
}

/** Whole days of the calendar since the last real contact; null where there was none. */
export function daysSince(at: Date | null, now: Date, timeZone: string): number | null {
  return at === null ? null : Math.max(0, daysBetween(dayOf(at, timeZone), dayOf(now, timeZone)))
}

/** Days of the calendar are all as long as each other. */
const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000

/** A step that was put off so often is marked: "moved 3x". */
export const movedOften = 3

/** A completed action can be taken back for so long. */
export const undoSeconds = 10

/** Words of a step, in characters. */
export const shortestDetails = 3
export const longestDetails = 280

/** How an opportunity ends, in a person's word. All but `won` need a reason. */
export const outcomes = ['won', 'lost', 'disqualified'] as const
export type Outcome = (typeof outcomes)[number]

/** The time of day at which a step is due that was given a day alone. */
export const usualHour = 9

export type QuickChoice = { name: string; day: string; words: string; at: Date }

/** The days people choose most, each once and in order: working days alone, at nine where the workspace is. */
export function quickChoices(now: Date, timeZone: string): QuickChoice[] {
  const today = dayOf(now, timeZone)
  const choices = [
    { name: 'In 3 days', day: workingDaysLater(today, 3) },
    { name: 'Tomorrow', day: workingDaysLater(today, 1) },
    { name: 'Next Monday', day: daysLater(today, 8 - Temporal.PlainDate.from(today).dayOfWeek) },
  ]
  // Of two names for one day the later in this list is the truer: after Friday comes a Monday.
  return [...new Map(choices.map((choice) => [choice.day, choice])).values()]
    .toSorted((a, b) => a.day.localeCompare(b.day))
    .map(({ name, day }) => ({ name, day, words: dayInWords(day, today), at: atNine(day, timeZone) }))
}

/** So many working days later, Monday to Friday. */
export function workingDaysLater(day: string, days: number): string {
  let date = Temporal.PlainDate.from(day)
  for (let left = days; left > 0; left -= date.dayOfWeek < 6 ? 1 : 0) date = date.add({ days: 1 })
  return date.toString()
}

/** Nine o'clock; where the clocks skip it, as much later as they skip. */
export function atNine(day: string, timeZone: string): Date {
  const plainTime = Temporal.PlainTime.from({ hour: usualHour })
  return new Date(Temporal.PlainDate.from(day).toZonedDateTime({ timeZone, plainTime }).epochMilliseconds)
}

/** "Nov 23 at 14:30" as a form sends it (`2026-11-23T14:30`), where the workspace is; undefined when it is no date and time. */
export function localInstant(text: string, timeZone: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return undefined
  try {
    return new Date(Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds)
  } catch {
    return undefined
  }
}
