const quarterMs = 15 * 60_000

/** Offsets of each zone by local quarter of an hour, because not all zones change on the hour; asking the runtime costs more than the rest. */
const zones = new Map<string, Map<number, number>>()

/** How far `zone` is ahead of UTC when its clocks show `localMs` (as if it were UTC). */
function offsetMs(localMs: number, zone: string): number {
  let offsets = zones.get(zone)
  if (offsets === undefined) zones.set(zone, (offsets = new Map()))
  const quarter = Math.floor(localMs / quarterMs)
  let offset = offsets.get(quarter)
  if (offset === undefined) {
    if (offsets.size > 500_000) offsets.clear()
    const local = new Date(quarter * quarterMs).toISOString().slice(0, 19)
    offset = Temporal.PlainDateTime.from(local).toZonedDateTime(zone).offsetNanoseconds / 1_000_000
    offsets.set(quarter, offset)
  }
  return offset
}

const sqlForm = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?$/
const usForm = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:,? +(\d{1,2}):(\d{2})(?::(\d{2}))? *([AaPp][Mm])?)?$/
const offsetForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/

/**
 * A CRM's date text as an instant (ISO 8601, UTC); null for empty and for the zero date `0000-00-00`.
 * Text without a zone is local time in `zone`; where a clock change makes it ambiguous the earlier instant is taken.
 * Understands `YYYY-MM-DD[ HH:MM[:SS]]`, `MM/DD/YYYY[ h:mm[:ss] AM]` and ISO 8601.
 * Returns `undefined` when the text is not such a date, or lies outside 1900 to 2200.
 */
export function instant(text: string, zone: string): string | null | undefined {
  const bare = text.trim()
  if (bare === '' || bare.startsWith('0000-00-00')) return null
  const ms = localMs(bare, zone) ?? (offsetForm.test(bare) ? offsetFormMs(bare) : undefined)
  if (ms === undefined || Number.isNaN(ms) || ms < Date.UTC(1900, 0) || ms > Date.UTC(2200, 0))
    return undefined
  return new Date(ms).toISOString()
}

/** Dates by zone and quarter of an hour, since asking the runtime costs more than the rest. */
const dates = new Map<string, Map<number, string>>()

/** The date (`YYYY-MM-DD`) on which an instant falls in `zone`. */
export function dateIn(iso: string, zone: string): string {
  const ms = Date.parse(iso)
  let known = dates.get(zone)
  if (known === undefined) dates.set(zone, (known = new Map()))
  const quarter = Math.floor(ms / quarterMs)
  let date = known.get(quarter)
  if (date === undefined) {
    if (known.size > 500_000) known.clear()
    date = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate().toString()
    known.set(quarter, date)
  }
  return date
}

const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** The instant that these numbers name in UTC; undefined when no calendar or clock has them. `Date.UTC` would roll 30 February over. */
function calendarMs(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const lastDay = month === 2 && !isLeap ? 28 : (daysOfMonth[month - 1] ?? 0)
  if (year < 100 || day < 1 || day > lastDay || hour > 23 || minute > 59 || second > 59) return undefined
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function offsetFormMs(bare: string): number | undefined {
  const [year = 0, month = 0, day = 0] = bare.slice(0, 10).split('-').map(Number)
  if (calendarMs(year, month, day, 0, 0, 0) === undefined) return undefined
  return Date.parse(bare.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
}

function localMs(bare: string, zone: string): number | undefined {
  const utc = sqlMs(bare) ?? usMs(bare)
  return utc === undefined ? undefined : utc - offsetMs(utc, zone)
}

function sqlMs(bare: string): number | undefined {
  if (!sqlForm.test(bare)) return undefined
  const at = (from: number, to: number) => Number(bare.slice(from, to))
  return calendarMs(at(0, 4), at(5, 7), at(8, 10), at(11, 13), at(14, 16), at(17, 19))
}

function usMs(bare: string): number | undefined {
  const match = usForm.exec(bare)
  if (match === null) return undefined
  const [, month, day, year, hour = 0, minute = 0, second = 0, half] = match
  if (half !== undefined && (Number(hour) < 1 || Number(hour) > 12)) return undefined
  const clock =
    half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
  return calendarMs(Number(year), Number(month), Number(day), clock, Number(minute), Number(second))
}
