import { dayOf, daysLater } from '../domain/days.ts'
import { atNine, workingDaysLater } from '../domain/due.ts'
import { count, countedWords, weekday } from '../format.ts'
import type { Counted } from '../queries/due-counts.ts'
import type { DueSummary } from '../queries/due-summary.ts'
import { beyondName } from './due-filters.ts'
import { addressWith } from './list-address.ts'

/** How much is due in one stretch of time, and the way to it. */
export type LoadCell = {
  name: string
  figure: string
  below: string
  /** Lines drawn, at most nine. */
  ticks: number
  tone: 'late' | 'today' | undefined
  href: string
  isChosen: boolean
}

/** The strip shows so many working days after today. */
const workdays = 6
const mostTicks = 9

/** The days of the strip after today, to the sixth working day; weekends between them too. */
export function stripDaysOf(now: Date, timeZone: string): string[] {
  const today = dayOf(now, timeZone)
  const last = Temporal.PlainDate.from(workingDaysLater(today, workdays))
  const { days } = Temporal.PlainDate.from(today).until(last)
  return Array.from({ length: days }, (_, index) => daysLater(today, index + 1))
}

export function stripOf(
  { buckets: { overdue, today }, days, beyond }: Pick<DueSummary, 'buckets' | 'days' | 'beyond'>,
  { oldestDaysLate, timeZone, now, search }: StripScope,
): LoadCell[] {
  const chosen = search.get('day')
  const cell = (day: string, name: string, counted: Counted, below: string, tone?: LoadCell['tone']) => ({
    name,
    figure: countedWords(counted),
    below,
    ticks: Math.min(counted.count, mostTicks),
    tone: counted.count > 0 ? tone : undefined,
    href: addressWith(search, { day: chosen === day ? null : day, view: null }),
    isChosen: chosen === day,
  })
  const words = (day: string) => dayWords(day, timeZone, now)
  const oldest = oldestDaysLate === null ? '' : `oldest ${count(oldestDaysLate)} d`
  const last = days.at(-1)
  return [
    cell('overdue', 'Overdue', overdue, overdue.count === 0 ? 'none' : oldest, 'late'),
    cell('today', 'Today', today, words(dayOf(now, timeZone)).date, 'today'),
    ...days
      // A weekend is no day to plan for; what stands there anyway is shown.
      .filter((of) => of.count > 0 || !isWeekend(of.day))
      .map((of) => cell(of.day, words(of.day).weekday, of, words(of.day).date)),
    {
      ...cell(beyondName, 'Later', beyond, last === undefined ? '' : `after ${words(last.day).date}`),
      ticks: 0,
    },
  ]
}

type StripScope = {
  /** Of the list's first row; null where that is not known. */
  oldestDaysLate: number | null
  timeZone: string
  now: Date
  search: URLSearchParams
}

/** "Mon" and "Nov 23". */
function dayWords(day: string, timeZone: string, now: Date): { weekday: string; date: string } {
  const [name = '', ...date] = weekday(atNine(day, timeZone), timeZone, now).split(', ')
  return { weekday: name, date: date.join(', ') }
}

const isWeekend = (day: string) => Temporal.PlainDate.from(day).dayOfWeek > 5
