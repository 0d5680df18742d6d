/** Offsets of one zone by local quarter of an hour, because not all zones change on the hour; asking the runtime costs more than the rest. */
const offsets = new Map<string, number>()

function offsetMs(local: string, zone: string): number {
  const quarter = `${local.slice(0, 14)}${String(Math.floor(Number(local.slice(14, 16)) / 15) * 15).padStart(2, '0')}`
  const key = `${zone} ${quarter}`
  let offset = offsets.get(key)
  if (offset === undefined) {
    if (offsets.size > 500_000) offsets.clear()
    const zoned = Temporal.PlainDateTime.from(quarter).toZonedDateTime(zone)
    offset = zoned.offsetNanoseconds / 1_000_000
    offsets.set(key, offset)
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
  const ms = offsetForm.test(bare) ? offsetFormMs(bare) : localMs(bare, zone)
  if (ms === undefined || Number.isNaN(ms) || ms < Date.UTC(1900, 0) || ms > Date.UTC(2200, 0))
    return undefined
  return new Date(ms).toISOString()
}

// Date.parse rolls 30 February over; a date that does not come back as it went in is no date.
const comesBack = (utcMs: number, text: string): boolean =>
  !Number.isNaN(utcMs) && new Date(utcMs).toISOString().startsWith(text)

function offsetFormMs(bare: string): number | undefined {
  const day = bare.slice(0, 10)
  if (!comesBack(Date.parse(day), day)) return undefined
  return Date.parse(bare.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
}

function localMs(bare: string, zone: string): number | undefined {
  const local = sqlLocal(bare) ?? usLocal(bare)
  if (local === undefined) return undefined
  const utc = Date.parse(`${local}Z`)
  return comesBack(utc, local) ? utc - offsetMs(local, zone) : undefined
}

function sqlLocal(bare: string): string | undefined {
  const match = sqlForm.exec(bare)
  if (match === null) return undefined
  const [, year, month, day, hour = '00', minute = '00', second = '00'] = match
  return `${year}-${month}-${day}T${hour}:${minute}:${second}`
}

function usLocal(bare: string): string | undefined {
  const match = usForm.exec(bare)
  if (match === null) return undefined
  const [, month = '', day = '', year = '', hour = '0', minute = '00', second = '00', half] = match
  if (half !== undefined && (Number(hour) < 1 || Number(hour) > 12)) return undefined
  const clock =
    half === undefined ? Number(hour) : (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T${String(clock).padStart(2, '0')}:${minute}:${second}`
}
