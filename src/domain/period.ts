import { dayOf, startOfDay } from './days.ts'

/** A moment that the present is compared with. */
export type Since = {
  /** As it stands in an address: `7d`, `30d`, `quarter` or a day. */
  key: string
  at: Date
  /** "7 days ago", "on Nov 1, 2026" */
  words: string
  /** "in 7 d", "since Nov 1" */
  over: string
}

export const sinceChoices = {
  '7d': '7 days ago',
  '30d': '30 days ago',
  quarter: 'Start of the quarter',
} as const

/** What is compared with unless somebody chooses. */
const usual = '7d'

/**
 * The moment an address names, counted back from `asOf`, the time of the data and not of the clock: a week of a copy that is a day
 * old begins eight days ago. What is not understood, or not yet past, is a week.
 */
export function sinceNamed(text: string | null, asOf: Date, timeZone: string): Since {
  const today = dayOf(asOf, timeZone)
  const key = text ?? usual
  if (key === '30d') return daysBefore(30, asOf, timeZone)
  if (key === 'quarter') {
    const words = `at the start of the quarter, ${dayInWords(quarterStart(today))}`
    return { key, at: startOfDay(quarterStart(today), timeZone), words, over: 'this quarter' }
  }
  if (isDay(key) && key < today) {
    return {
      key,
      at: startOfDay(key, timeZone),
      words: `on ${dayInWords(key)}`,
      over: `since ${dayInWords(key)}`,
    }
  }
  return daysBefore(7, asOf, timeZone)
}

/** The first day of the quarter that a day is in. */
export function quarterStart(day: string): string {
  const { year, month } = Temporal.PlainDate.from(day)
  return Temporal.PlainDate.from({ year, month: month - ((month - 1) % 3), day: 1 }).toString()
}

/** The first day of the quarter after it. */
export function quarterEnd(day: string): string {
  return Temporal.PlainDate.from(quarterStart(day)).add({ months: 3 }).toString()
}

/** A stretch of days up to now, and the one of the same length before it. */
export type Period = {
  key: keyof typeof periodChoices
  /** Null: from the beginning. */
  from: Date | null
  /** The beginning of the stretch before; null when there is none. */
  before: Date | null
  /** "in 30 days" */
  words: string
  over: string
}

export const periodChoices = {
  '7d': '7 days',
  '30d': '30 days',
  quarter: 'This quarter',
  all: 'All time',
} as const

/** The period an address names; thirty days unless it names one. */
export function periodNamed(text: string | null, asOf: Date, timeZone: string): Period {
  const today = dayOf(asOf, timeZone)
  if (text === 'all') return { key: 'all', from: null, before: null, words: 'of all time', over: '' }
  if (text === 'quarter') {
    const start = quarterStart(today)
    const from = startOfDay(start, timeZone)
    const before = new Date(2 * from.getTime() - asOf.getTime())
    return { key: 'quarter', from, before, words: 'this quarter', over: 'on as many days before' }
  }
  const days = text === '7d' ? 7 : 30
  const key = text === '7d' ? '7d' : '30d'
  const [from, before] = [daysBefore(days, asOf, timeZone).at, daysBefore(2 * days, asOf, timeZone).at]
  return { key, from, before, words: `in ${days} days`, over: `on the ${days} d before` }
}

/** The same time of day, so many days of the calendar earlier. */
function daysBefore(days: number, asOf: Date, timeZone: string): Since {
  const now = Temporal.Instant.fromEpochMilliseconds(asOf.getTime()).toZonedDateTimeISO(timeZone)
  const at = new Date(now.subtract({ days }).epochMilliseconds)
  return { key: `${days}d`, at, words: `${days} days ago`, over: `in ${days} d` }
}

const dayInWords = (day: string) =>
  Temporal.PlainDate.from(day).toLocaleString('en-US', { month: 'short', day: 'numeric', year: 'numeric' })

function isDay(text: string): boolean {
  if (!/^[12]\d{3}-\d{2}-\d{2}$/.test(text)) return false
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() === text
  } catch {
    return false
  }
}
