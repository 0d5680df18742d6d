import { dayOf, daysLater, startOfDay } from './days.ts'

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

/** The Monday of the week that a day is in. */
function weekStart(day: string): string {
  return daysLater(day, 1 - Temporal.PlainDate.from(day).dayOfWeek)
}

/** The first day of the quarter after it. */
export function quarterEnd(day: string): string {
  return Temporal.PlainDate.from(quarterStart(day)).add({ months: 3 }).toString()
}

/** A stretch of days, and the one of the same length before it. */
export type Period = {
  key: keyof typeof periodChoices
  /** Null: from the beginning. */
  from: Date | null
  /** Where it ends, itself not included; null: at the time of the data. */
  to: Date | null
  /** The beginning of the stretch before; null when there is none. */
  before: Date | null
  /** "in 30 days" */
  words: string
  over: string
  /** The days somebody chose, both included; null where a choice has a name. */
  days: { from: string; to: string } | null
}

export const periodChoices = {
  '7d': '7 days',
  '30d': '30 days',
  week: 'This week',
  quarter: 'This quarter',
  all: 'All time',
  days: 'The days beside',
} as const

/** What an address says of a period: a word, and days of the calendar of the workspace, both included. */
export type AskedPeriod = { name: string | null; from?: string | null; to?: string | null }

/**
 * The period an address names, counted back from `asOf`, the time of the data; thirty days unless it names one. Days that lie
 * ahead are cut at the day of the data, and two in the wrong order are read the other way round.
 */
export function periodNamed({ name, from, to }: AskedPeriod, asOf: Date, timeZone: string): Period {
  const today = dayOf(asOf, timeZone)
  if (name === 'all') return { ...open, key: 'all', from: null, before: null, words: 'of all time', over: '' }
  if (name === 'quarter' || name === 'week') {
    const first = name === 'quarter' ? quarterStart(today) : weekStart(today)
    const over = 'on as many days before'
    return { ...open, key: name, ...upToNow(first, asOf, timeZone), words: `this ${name}`, over }
  }
  const chosen = daysOf(from, to || today, today)
  if (name === 'days' && chosen !== null) return daysNamed(chosen, { today, asOf, timeZone })
  const days = name === '7d' ? 7 : 30
  const key = name === '7d' ? '7d' : '30d'
  const [start, before] = [daysBefore(days, asOf, timeZone).at, daysBefore(2 * days, asOf, timeZone).at]
  return { ...open, key, from: start, before, words: `in ${days} days`, over: `on the ${days} d before` }
}

const open = { to: null, days: null } as const

/** Two days in their order, none after today; null where one is no day. */
function daysOf(one: string | null | undefined, other: string, today: string) {
  if (one == null || !isDay(one) || !isDay(other)) return null
  const [from, to] = [one, other].toSorted() as [string, string]
  return from > today ? null : { from, to: to > today ? today : to }
}

/** Whole days stand beside as many whole days; a stretch that is not over yet beside as long a time. */
function daysNamed(
  days: { from: string; to: string },
  { today, asOf, timeZone }: { today: string; asOf: Date; timeZone: string },
): Period {
  const length = Temporal.PlainDate.from(days.from).until(days.to).days + 1
  const named = {
    key: 'days' as const,
    days,
    words:
      days.from === days.to
        ? `on ${dayInWords(days.from)}`
        : `from ${dayInWords(days.from)} to ${dayInWords(days.to)}`,
    over: length === 1 ? 'on the day before' : `on the ${length} d before`,
  }
  if (days.to === today) return { ...named, to: null, ...upToNow(days.from, asOf, timeZone) }
  return {
    ...named,
    from: startOfDay(days.from, timeZone),
    to: startOfDay(daysLater(days.to, 1), timeZone),
    before: startOfDay(daysLater(days.from, -length), timeZone),
  }
}

function upToNow(day: string, asOf: Date, timeZone: string): { from: Date; before: Date } {
  const from = startOfDay(day, timeZone)
  return { from, before: new Date(2 * from.getTime() - asOf.getTime()) }
}

/** The same time of day, so many days of the calendar earlier. */
function daysBefore(days: number, asOf: Date, timeZone: string): Since {
  const now = Temporal.Instant.fromEpochMilliseconds(asOf.getTime()).toZonedDateTimeISO(timeZone)
  const at = new Date(now.subtract({ days }).epochMilliseconds)
  return { key: `${days}d`, at, words: `${days} days ago`, over: `in ${days} d` }
}

const dayInWords = (day: string) =>
  Temporal.PlainDate.from(day).toLocaleString('en-US', { month: 'short', day: 'numeric', year: 'numeric' })

/** A day of the calendar, of a year that both JavaScript and Postgres know. */
export function isDay(text: string): boolean {
  if (!/^[12]\d{3}-\d{2}-\d{2}$/.test(text)) return false
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() === text
  } catch {
    return false
  }
}
