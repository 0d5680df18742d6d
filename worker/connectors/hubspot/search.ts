import type { Listed } from './envelope.ts'
import { afterRecords, type Place } from './place.ts'

/** A search goes no further than this, whatever it found. */
const searchEnds = 10_000

/** So often a window whose records move while it is read, or do not come, is begun anew, before the list is read instead. */
const mostAnew = 5

/** What a page of a search gives: records, and where to go on. */
export type SearchPage = { keeps: boolean; next: Place }

/**
 * Where a search goes on. A window that holds ten thousand records or more is halved, unread, until it does not; one that cannot be
 * halved, because so many share one instant, is given up for the list. Inside a window each page begins at the instant where the
 * last one ended, so that records that are edited and move away meanwhile pull no other out of sight. Only records of one instant are
 * gone through by offset, in a window of that instant alone: one that is edited leaves it, so that the count tells. `stamps` are the
 * instants of the page's records. A window that ends before its own count is read anew, and then the list instead of it: an end that
 * came too early would pass for an hour in which nothing changed.
 */
export function searchOn(
  place: Place,
  { after, total, results }: Listed,
  stamps: readonly number[],
): SearchPage {
  const { from = 0, to, start } = place
  const isFirst = place.after === undefined
  if (isFirst && (total ?? 0) >= searchEnds) return { keeps: false, next: halved(place, from, to ?? start) }
  const hasMoved = !isFirst && total !== null && place.total !== undefined && total < place.total
  if (hasMoved) return { keeps: false, next: readAnew(place) }
  // What is still counted and no longer shown was archived moments ago, or is kept from us: the answer itself does not say which.
  const isShort = after === null && total !== null && Number(place.after ?? 0) + results.length < total
  if (isShort) return { keeps: true, next: readAnew(place) }
  if (after === null) return { keeps: true, next: afterWindow(place) }
  const last = stamps.at(-1)
  if (results.length > 0 && last !== undefined && last > from)
    return { keeps: true, next: windowFrom(place, last, to) }
  const next =
    to === from
      ? { ...place, after, ...(isFirst && total !== null && { total }) }
      : { ...windowFrom(place, from, from), ...(to !== undefined && { until: to }) }
  return { keeps: true, next }
}

function afterWindow(place: Place): Place {
  const { to, until } = place
  if (to === undefined) return afterRecords(place)
  return windowFrom(place, to + 1, until !== undefined && until > to ? until : undefined)
}

function windowFrom(place: Place, from: number, to?: number): Place {
  const { after: _, total: __, anew: ___, to: ____, until: _____, ...same } = place
  return { ...same, from, ...(to !== undefined && { to }) }
}

function halved(place: Place, from: number, to: number): Place {
  return to > from ? windowFrom(place, from, Math.floor((from + to) / 2)) : listInstead(place)
}

/** Records have left this instant, and those behind them moved up; or fewer came than were counted. */
function readAnew(place: Place): Place {
  const { after: _, total: __, ...same } = place
  const anew = (place.anew ?? 0) + 1
  return anew > mostAnew ? listInstead(place) : { ...same, anew }
}

/** Everything, because a search cannot tell it apart. */
function listInstead({ type, since, start, archived, whole, counted, account }: Place): Place {
  const same = { type, since, start, archived, whole, counted, ...(account && { account }) }
  return { ...same, step: 'list', listed: 0 }
}
