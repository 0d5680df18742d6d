import { badParameter } from './pipedrive-errors.ts'
import { listReply, readInstant } from './pipedrive-lists.ts'
import type { Reply } from './reply.ts'

// Paging of version 1: https://pipedrive.readme.io/docs/core-api-concepts-pagination (read 2026-11-21): `start` and `limit`, the
// answer says whether there is more and where it begins. The place of a row shifts when others before it come, go or change.

/** A record of a list of version 1; `key` is its id as the list sorts it, instants in seconds. */
export type OldEntry = {
  key: string | number
  addedAt: number
  updatedAt: number
  row: () => Record<string, unknown>
}

const MOST_ROWS = 500
const ROWS = 100

/** A page of a list of version 1. `sort` as in `update_time DESC`; by id when it is not given. `isFlat`: nothing around the paging. */
export function offsetPage(entries: readonly OldEntry[], query: URLSearchParams, isFlat = false): Reply {
  const since = readInstant(query.get('updated_since'), -Infinity)
  if (since === undefined) return badParameter('updated_since', 'must be a valid ISO 8601 date')
  const start = readNumber(query.get('start'), 0)
  const limit = readNumber(query.get('limit'), ROWS)
  if (start === undefined || limit === undefined || limit === 0)
    return badParameter('start, limit', 'must be whole numbers')
  const [, field, direction = 'ASC'] = sortForm.exec(query.get('sort') ?? 'id ASC') ?? []
  if (field === undefined) return badParameter('sort', 'names no field of this list')
  const found = entries.filter(({ updatedAt }) => updatedAt >= since).sort(orders[field])
  if (direction.toUpperCase() === 'DESC') found.reverse()
  const size = Math.min(limit, MOST_ROWS)
  const page = found.slice(start, start + size)
  const hasMore = start + size < found.length
  const pagination = {
    start,
    limit: size,
    more_items_in_collection: hasMore,
    ...(hasMore && !isFlat && { next_start: start + size }),
  }
  return listReply(
    page.map(({ row }) => row()),
    isFlat ? pagination : { pagination },
  )
}

const sortForm = /^(id|add_time|update_time)(?: (ASC|DESC))?$/i

const byKey = (a: OldEntry, b: OldEntry): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
const orders: Record<string, (a: OldEntry, b: OldEntry) => number> = {
  id: byKey,
  add_time: (a, b) => a.addedAt - b.addedAt || byKey(a, b),
  update_time: (a, b) => a.updatedAt - b.updatedAt || byKey(a, b),
}

function readNumber(text: string | null, otherwise: number): number | undefined {
  if (text === null || text === '') return otherwise
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
