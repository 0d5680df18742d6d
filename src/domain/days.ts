import { remembered } from './remembered.ts'

/** The calendar day of an instant where the workspace is: `2026-11-20`. */
export const dayOf = remembered((at, timeZone) =>
  Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone).toPlainDate().toString(),
)

/** The first instant of a day where the workspace is; midnight, but where the clocks skip it. */
export function startOfDay(day: string, timeZone: string): Date {
  return new Date(Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds)
}

/** The day so many days later. */
export function daysLater(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString()
}

/** "Today, Fri, Nov 20", "Tomorrow, Sat, Nov 21", "Tue, Nov 24"; with the year where it is another one. */
export function dayInWords(day: string, today: string): string {
  const words = Temporal.PlainDate.from(day).toLocaleString('en-US', {
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    ...(day.slice(0, 4) === today.slice(0, 4) ? {} : { year: 'numeric' }),
  })
  const near = { [today]: 'Today', [daysLater(today, 1)]: 'Tomorrow', [daysLater(today, -1)]: 'Yesterday' }
  return near[day] === undefined ? words : `${near[day]}, ${words}`
}

/** What the clocks are called on this day where the workspace is, such as "CST" in winter and "CDT" in summer. */
export function zoneWord(day: string, timeZone: string): string {
  const evening = new Date(
    Temporal.PlainDate.from(day).toZonedDateTime({ timeZone, plainTime: '18:00' }).epochMilliseconds,
  )
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'short' }).formatToParts(evening)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
}

/** Rows that follow each other, gathered under what they share; the order stays. */
export function grouped<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): { key: string; rows: Row[] }[] {
  return [...Map.groupBy(rows, keyOf)].map(([key, of]) => ({ key, rows: of }))
}
