import { hash } from 'node:crypto'
import { rowAt, type Row } from './facts.ts'
import { badParameter } from './pipedrive-errors.ts'
import { updatedAt } from './pipedrive-rows.ts'
import { jsonReply, type Reply } from './reply.ts'

// Paging of version 2: https://pipedrive.readme.io/docs/core-api-concepts-pagination (read 2026-11-21). A cursor is a keyset of the
// sort field and the id, as an example in the documentation decodes. ASSUMED: that other filters than it was made with are refused.

/** A record of a list before it is written out; instants in seconds. */
export type Entry = { id: number; addedAt: number; updatedAt: number; row: () => Record<string, unknown> }

/** The records of a list by place, in the order of their ids; null where there is none to see. */
export type Source = { length: number; at: (place: number) => Entry | null }

/** The records of the world behind a list, in the order they were made. */
export function sourceOf<T extends Row>(
  rows: readonly T[],
  isShown: (row: T) => boolean,
  idOf: (row: T) => number,
  write: (row: T) => Record<string, unknown>,
): Source {
  return {
    length: rows.length,
    at: (place) => {
      const row = rowAt(rows, place)
      if (!isShown(row)) return null
      return { id: idOf(row), addedAt: row.createdAt, updatedAt: updatedAt(row), row: () => write(row) }
    },
  }
}

const MOST_ROWS = 500
const ROWS = 100
const MOST_IDS = 100

type Cursor = { field: SortField; fieldValue: number; sortDirection: 'asc' | 'desc'; id: number; of: string }
type SortField = 'id' | 'update_time' | 'add_time'
type Wanted = {
  ids: ReadonlySet<number> | null
  since: number
  until: number
  sort: SortField
  direction: 'asc' | 'desc'
  limit: number
}

/** A page of a list of version 2. */
export function cursorPage(source: Source, query: URLSearchParams, hasChanges = true): Reply {
  const wanted = readWanted(query, hasChanges)
  if ('status' in wanted) return wanted
  const of = filtersOf(query)
  const cursor = readCursor(query.get('cursor'), of, wanted)
  if (cursor === undefined) return badParameter('cursor', 'is invalid')
  const found = wanted.sort === 'id' && wanted.direction === 'asc' ? byId : bySort
  const entries = found(source, wanted, cursor)
  const page = entries.slice(0, wanted.limit)
  const last = page.at(-1)
  const next: Cursor | null =
    last === undefined || entries.length <= wanted.limit
      ? null
      : {
          field: wanted.sort,
          fieldValue: keyOf(last, wanted.sort),
          sortDirection: wanted.direction,
          id: last.id,
          of,
        }
  return listReply(
    page.map((entry) => entry.row()),
    { next_cursor: next && Buffer.from(JSON.stringify(next)).toString('base64url') },
  )
}

/** A success with rows. */
export const listReply = (data: unknown[], additional: object | null): Reply =>
  jsonReply(
    JSON.stringify({ success: true, data, ...(additional !== null && { additional_data: additional }) }),
  )

/** A success with one record. */
export const recordReply = (data: unknown, status = 200): Reply =>
  jsonReply(JSON.stringify({ success: true, data }), status)

/** One more than asked for, to know whether there are more. */
function byId(source: Source, wanted: Wanted, cursor: Cursor | null): Entry[] {
  const entries: Entry[] = []
  for (let place = cursor === null ? 0 : placeAfter(source, cursor.id); place < source.length; place++) {
    const entry = source.at(place)
    if (entry !== null && isWanted(entry, wanted)) entries.push(entry)
    if (entries.length > wanted.limit) break
  }
  return entries
}

/** Ids rise with the place, but some places show nothing. */
function placeAfter(source: Source, id: number): number {
  const first = firstId(source)
  return first === null ? 0 : Math.max(0, id - first + 1)
}

function firstId(source: Source): number | null {
  for (let place = 0; place < source.length; place++) {
    const entry = source.at(place)
    if (entry !== null) return entry.id - place
  }
  return null
}

function bySort(source: Source, wanted: Wanted, cursor: Cursor | null): Entry[] {
  const sign = wanted.direction === 'asc' ? 1 : -1
  const order = (a: Pick<Entry, 'id'> & { key: number }, b: Pick<Entry, 'id'> & { key: number }) =>
    sign * (a.key - b.key || a.id - b.id)
  const keyed = Array.from({ length: source.length }, (_, place) => source.at(place))
    .filter((entry) => entry !== null)
    .filter((entry) => isWanted(entry, wanted))
    .map((entry) => ({ entry, id: entry.id, key: keyOf(entry, wanted.sort) }))
    .sort(order)
  const after = cursor && { id: cursor.id, key: cursor.fieldValue }
  return keyed.filter((each) => after === null || order(each, after) > 0).map(({ entry }) => entry)
}

const keyOf = (entry: Entry, sort: SortField): number =>
  sort === 'id' ? entry.id : sort === 'update_time' ? entry.updatedAt : entry.addedAt

const isWanted = ({ id, updatedAt }: Entry, { ids, since, until }: Wanted): boolean =>
  updatedAt >= since && updatedAt < until && (ids === null || ids.has(id))

function readWanted(query: URLSearchParams, hasChanges: boolean): Wanted | Reply {
  const since = readInstant(query.get('updated_since'), -Infinity)
  const until = readInstant(query.get('updated_until'), Infinity)
  if (since === undefined || (!hasChanges && query.has('updated_since')))
    return badParameter('updated_since', 'must be a valid RFC 3339 date-time without fractional seconds')
  if (until === undefined) return badParameter('updated_until', 'must be a valid RFC 3339 date-time')
  const sort = query.get('sort_by') ?? 'id'
  if (sort !== 'id' && sort !== 'update_time' && sort !== 'add_time')
    return badParameter('sort_by', 'must be one of [id, update_time, add_time]')
  const limit = query.get('limit') ?? String(ROWS)
  if (!/^\d+$/.test(limit) || limit === '0') return badParameter('limit', 'must be a positive integer')
  const direction = query.get('sort_direction') === 'desc' ? 'desc' : 'asc'
  const ids = query.get('ids')?.split(',') ?? null
  if (ids !== null && (ids.length > MOST_IDS || !ids.every((id) => /^\d+$/.test(id))))
    return badParameter('ids', 'must be at most 100 ids')
  const named = ids && new Set(ids.map(Number))
  return { ids: named, since, until, sort, direction, limit: Math.min(Number(limit), MOST_ROWS) }
}

/** Seconds since 1970; milliseconds are refused, as https://developers.pipedrive.com has it. */
export function readInstant(text: string | null, otherwise: number): number | undefined {
  if (text === null || text === '') return otherwise
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) / 1_000 : undefined
}

/** What the list was narrowed by, so that a cursor is known to belong to it. */
function filtersOf(query: URLSearchParams): string {
  const filters = [...query]
    .filter(([name]) => name !== 'cursor' && name !== 'limit')
    .map(String)
    .sort()
  return hash('sha1', JSON.stringify(filters), 'hex').slice(0, 8)
}

function readCursor(text: string | null, of: string, wanted: Wanted): Cursor | null | undefined {
  if (text === null || text === '') return null
  try {
    const cursor = JSON.parse(Buffer.from(text, 'base64url').toString()) as Cursor
    return cursor.of === of && cursor.field === wanted.sort ? cursor : undefined
  } catch {
    return undefined
  }
}
