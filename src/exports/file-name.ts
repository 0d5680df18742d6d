import { dayOf } from '../domain/days.ts'

/** `tidewell-hot-list-2026-11-21.csv`; nothing of it comes from a request or a record. */
export function fileName(
  { slug, timeZone }: { slug: string; timeZone: string },
  table: string,
  now: Date,
  ending: string,
): string {
  return `${slug}-${table}-${dayOf(now, timeZone)}.${ending}`
}

/** The header that makes a browser keep an answer as a file (RFC 6266). The name must be plain. */
export function attachment(name: string): string {
  if (!/^[\w.-]+$/.test(name)) throw new TypeError(`not a plain file name: ${name}`)
  return `attachment; filename="${name}"`
}
