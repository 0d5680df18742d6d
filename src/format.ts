import { dayOf } from './domain/days.ts'
import { remembered } from './domain/remembered.ts'
import { inOwnSigns } from './number-signs.ts'

/** Words are English; the signs in numbers are the workspace's (src/number-signs.ts). */
const locale = 'en-US'

/** Making one takes longer than all that it writes on a page, so each is made once. */
const numberFormats = new Map<string, Intl.NumberFormat>()
/** Digits after the point, by currency. */
const places = new Map<string, number>()

/** "1,284" */
export function count(value: number): string {
  return inOwnSigns(numberFormat({}), value)
}

/** "200+" where counting was ended early. */
export function countedWords({ count: of, isMore }: { count: number; isMore: boolean }): string {
  return `${count(of)}${isMore ? '+' : ''}`
}

/** "1 activity is", "2 activities are": the number with the words that agree with it. */
export function plural(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** "$111,150", exact to the last cent before rounding; `amountMinor` is in the currency's minor unit. */
export function money(amountMinor: bigint, currency: string): string {
  const style = { style: 'currency', currency, maximumFractionDigits: 0 } as const
  return inOwnSigns(numberFormat(style), decimalOf(amountMinor, currency))
}

/** So many dollars, in cents: a whole amount in the currency's major unit, as people type it, in its minor unit. */
export function moneyOf(amount: number, currency: string): bigint {
  return BigInt(amount) * 10n ** BigInt(placesOf(currency))
}

/** "$1.01M", "$889k": an amount where there is little room, in three digits. */
export function compactMoney(amountMinor: bigint, currency: string): string {
  return compact(decimalOf(amountMinor, currency), { style: 'currency', currency })
}

/** "1.2k" */
export function compactCount(value: number): string {
  return compact(value, {})
}

/** "29%" of a share from 0 to 1. */
export function percent(share: number): string {
  return inOwnSigns(numberFormat({ style: 'percent' }), share)
}

function inTenths(value: number): string {
  return inOwnSigns(numberFormat({ minimumFractionDigits: 1, maximumFractionDigits: 1 }), value)
}

function compact(value: number | Intl.StringNumericLiteral, style: Intl.NumberFormatOptions): string {
  const options = { ...style, notation: 'compact', maximumSignificantDigits: 3 } as const
  // A thousand is a small k; the K of a currency's code stays as it is.
  return inOwnSigns(numberFormat(options), value, ({ type, value: text }) =>
    type === 'compact' && text === 'K' ? 'k' : text,
  )
}

/** "111150.00": the amount in the currency's major unit, in all its digits. */
function decimalOf(amountMinor: bigint, currency: string): Intl.StringNumericLiteral {
  const digits = placesOf(currency)
  const sign = amountMinor < 0n ? '-' : ''
  const plain = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(digits + 1, '0')
  const whole = plain.slice(0, plain.length - digits)
  return `${sign}${whole}.${plain.slice(plain.length - digits) || '0'}` as Intl.StringNumericLiteral
}

function placesOf(currency: string): number {
  const known = places.get(currency)
  if (known !== undefined) return known
  const { maximumFractionDigits: found = 2 } = numberFormat({ style: 'currency', currency }).resolvedOptions()
  places.set(currency, found)
  return found
}

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options)
  const known = numberFormats.get(key) ?? new Intl.NumberFormat(locale, options)
  numberFormats.set(key, known)
  return known
}

/** "Nov 20, 2026, 9:02:14 AM CST" */
export const exactTime = written({
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})

/** "9:02 AM" today, "Nov 18, 9:02 AM" on other days of the reader's calendar. */
export function clockTime(at: Date, timeZone: string, now: Date): string {
  return dayOf(at, timeZone) === dayOf(now, timeZone) ? timeOfDay(at, timeZone) : dayAndTime(at, timeZone)
}

/** "Nov 14" */
export const day = written({ month: 'short', day: 'numeric' })

/** "Sat, Nov 14"; with the year where it is another one than now. */
export function weekday(at: Date, timeZone: string, now: Date): string {
  const isThisYear = yearOf(at, timeZone) === yearOf(now, timeZone)
  return isThisYear ? weekdayOf(at, timeZone) : weekdayOfYear(at, timeZone)
}

/** A date without a time, as "2026-11-14" has it, in the same words wherever it is read. */
export const plainDate = (date: string, now: Date): string =>
  weekday(new Date(`${date}T00:00:00Z`), 'UTC', now)

/** "9:30 AM" */
export const timeOfDay = written({ hour: 'numeric', minute: '2-digit' })

const dayAndTime = written({ month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' })
const weekdayOf = written({ weekday: 'short', month: 'short', day: 'numeric' })
const weekdayOfYear = written({ weekday: 'short', month: 'short', day: 'numeric', year: 'numeric' })

/** "0.4 s", "41 s", "3 min 5 s", "2 h 4 min" */
export function duration(ms: number): string {
  if (ms < 10_000) return `${inTenths(Math.max(0, ms) / 1_000)} s`
  const seconds = Math.floor(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600)
    return `${Math.floor(seconds / 60)} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
}

/** "3.4 kB" */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = size < 1 ? 0 : Math.min(Math.floor(Math.log10(size) / 3), units.length - 1)
  return `${step === 0 ? count(size) : inTenths(size / 1_000 ** step)} ${units[step]}`
}

const yearOf = (at: Date, timeZone: string) => dayOf(at, timeZone).slice(0, -6)

/** Writes instants in one shape, wherever the reader is. */
function written(shape: Intl.DateTimeFormatOptions): (at: Date, timeZone: string) => string {
  const formats = new Map<string, Intl.DateTimeFormat>()
  return remembered((at, timeZone) => {
    const format = formats.get(timeZone) ?? new Intl.DateTimeFormat(locale, { ...shape, timeZone })
    formats.set(timeZone, format)
    // Intl sets a narrow no-break space before AM and PM, which nobody can type into a search.
    return format.format(at).replaceAll('\u202f', ' ')
  })
}
