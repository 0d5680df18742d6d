import { z } from 'zod'
import { StreamError } from '../../errors.ts'
import { readAs } from '../read-as.ts'

// Envelopes of both versions: https://pipedrive.readme.io/docs/core-api-concepts-pagination and recorded lists (read 2026-11-20).
// Version 2: additional_data.next_cursor, null on the last page, where additional_data may be missing altogether.
// Version 1: additional_data.pagination.more_items_in_collection and next_start; a list that fits one page may go without. The
// types of the official client (33.7.0) have the same of leads without `pagination` around it, and without `next_start`.

export type Row = Record<string, unknown>

const list = z.looseObject({ success: z.literal(true), data: z.array(z.unknown()).nullable() })
const cursorEnd = z.looseObject({ next_cursor: z.string().min(1).nullable() })
const offsetEnd = z.looseObject({
  start: z.number(),
  more_items_in_collection: z.boolean(),
  next_start: z.number().optional(),
})

const bad = (what: string): StreamError =>
  new StreamError('E_CRM_BAD_REPLY', `not a Pipedrive list (${what})`)

/** The rows of a list that has no pages. Version 1 writes an empty list as null. */
export function readWhole(body: unknown): Row[] {
  return (readAs(list, body, 'a Pipedrive list').data ?? []) as Row[]
}

/** The rows of a list that no company has empty, such as that of its fields: what they tell of is not undone by silence. */
export function someOf(rows: Row[], path: string): Row[] {
  if (rows.length === 0) throw bad(`${path} names nothing, and every company has some`)
  return rows
}

/** A page of version 2. A full page that does not say whether there is more is no page: its silence is not the end. */
export function readCursorPage(body: unknown, pageSize: number): { rows: Row[]; next: string | null } {
  const rows = readWhole(body)
  const { additional_data: said } = body as { additional_data?: unknown }
  const end = cursorEnd.safeParse(said)
  if (end.success) return { rows, next: end.data.next_cursor }
  const isSilent = said === undefined || said === null
  if (!isSilent || rows.length >= pageSize) throw bad('additional_data.next_cursor is missing')
  return { rows, next: null }
}

type OffsetPlace = { next: string | null; anchors?: string[]; stepsBack?: number }

const anchorsKept = 5
const mostStepsBack = 3

/**
 * A page of version 1. Rows before it may come and go while we read, so each page begins one row early and has to hold one of
 * the last rows of the page before; when it holds none, we look half a page further up. Answers only the rows that are new.
 */
export function readOffsetPage(
  body: unknown,
  place: OffsetPlace,
  pageSize: number,
): { rows: Row[]; next: OffsetPlace | null } {
  const all = readWhole(body)
  const anchors = place.anchors ?? []
  const known = all.findLastIndex((row) => anchors.includes(nameOf(row)))
  if (known === -1 && anchors.length > 0) return { rows: [], next: stepBack(place, pageSize) }
  const rows = all.slice(known + 1)
  const next = nextStart(body, all.length, pageSize)
  if (next === null) return { rows, next: null }
  const last = all.slice(-anchorsKept).map(nameOf)
  if (rows.length === 0 && known !== -1 && all.length <= 1)
    throw new StreamError('E_SHORT_READ', `nothing after row ${place.next} of a list that says it goes on`)
  return { rows, next: { next: String(Math.max(0, next - 1)), anchors: last } }
}

/** Where the server says the next page begins; null where it says that there is none. */
function nextStart(body: unknown, length: number, pageSize: number): number | null {
  const { additional_data: said } = body as { additional_data?: { pagination?: unknown } | null }
  const end = offsetEnd.safeParse(said?.pagination ?? said)
  if (!end.success) {
    if (length >= pageSize) throw bad('additional_data.pagination is missing')
    return null
  }
  const { start, more_items_in_collection: hasMore, next_start: next } = end.data
  if (!hasMore) return null
  if (length === 0)
    throw new StreamError('E_SHORT_READ', `an empty page at row ${start} of a list that goes on`)
  return next ?? start + length
}

/** What to recognise a row by. */
const nameOf = ({ id }: Row): string => String(id)

function stepBack(place: OffsetPlace, pageSize: number): OffsetPlace {
  const { next, stepsBack = 0 } = place
  const start = Number(next ?? 0)
  if (stepsBack >= mostStepsBack || start === 0)
    throw new StreamError('E_SHORT_READ', `the list moved under us at row ${start}`)
  const earlier = Math.max(0, start - Math.ceil(pageSize / 2))
  return { ...place, next: String(earlier), stepsBack: stepsBack + 1 }
}
