import { setImmediate as turn } from 'node:timers/promises'
import { StreamError } from './errors.ts'
import type { ExtractedPage } from './extract.ts'
import { newestOfEach } from './load-page.ts'
import { identify, normalise, type Item, type SetAside, type Understood } from './normalise.ts'
import type { Run, StreamPass } from './run.ts'
import { pack } from './snapshot.ts'

/** A page whose items have names and digests; on a first load, when all of them will be written as they came, also their meaning. */
export type PreparedPage = {
  page: ExtractedPage
  items: Item[]
  /** Whether an id came that this pass had seen before, so that two items of the page may be the same record. */
  repeatsIds: boolean
  reading: Reading | null
}

/** What the items of a page mean, and its bytes as they will be stored. */
export type Reading = { records: Understood[]; refused: SetAside[]; packed: Buffer }

/** A list that gives so many pages without one new record does not advance. */
const mostIdlePages = 3

/**
 * Does for each page what needs no database, one page ahead of the caller: while a page lands, the next one is read.
 * Throws `StreamError` (`E_PAGING_LOOP`) when page after page brings no new record.
 */
export async function* prepare(
  run: Run,
  pass: StreamPass,
  pages: AsyncGenerator<ExtractedPage>,
): AsyncGenerator<PreparedPage> {
  const next = async () => {
    const { value: page, done } = await pages.next()
    if (done === true) return null
    // The page before goes out to the database first; while that works, there is time to read this one.
    await turn()
    return preparePage(run, pass, page)
  }
  try {
    let upcoming = next()
    for (let prepared = await upcoming; prepared !== null; prepared = await upcoming) {
      upcoming = next()
      // Its failure belongs to the next turn of this loop; until then nobody awaits it.
      upcoming.catch(() => undefined)
      yield prepared
    }
  } finally {
    await pages.return(undefined)
  }
}

function preparePage(run: Run, pass: StreamPass, page: ExtractedPage): PreparedPage {
  const items = identify(run, pass, page.items)
  const repeatsIds = noteSeen(pass, page, items)
  return {
    page,
    items,
    repeatsIds,
    reading:
      pass.isFirstLoad && pass.stream.detail === undefined ? read(run, pass, page, items, repeatsIds) : null,
  }
}

/** Reads the items that are to be written. */
export function read(
  run: Run,
  pass: StreamPass,
  page: ExtractedPage,
  items: Item[],
  repeatsIds: boolean,
): Reading {
  const results = items.map((item) => normalise(run, pass, item))
  const understood = results.filter((result): result is Understood => 'rows' in result)
  return {
    records: repeatsIds ? newestOfEach(pass.stream, understood) : understood,
    refused: results.filter((result): result is SetAside => !('rows' in result)),
    packed: pack(page.answer.bytes),
  }
}

/** Remembers the ids of a page; true when one of them was seen before, or is missing. */
function noteSeen(pass: StreamPass, page: ExtractedPage, items: Item[]): boolean {
  const before = pass.seen.size
  const named = items.filter(({ sourceId }) => sourceId !== null)
  for (const item of named) pass.seen.add(item.id)
  pass.unnamed += items.length - named.length
  if (page.parent !== null && named.length < items.length) pass.parentsWithUnnamed.add(page.parent.id)
  if (pass.seen.size - before < named.length) pass.namesakes += countNamesakes(named)
  if (page.parent === null && page.total !== null) noteTotal(pass, page.total)
  if (page.endsWhole === true) pass.isWhole = true
  if (page.isPartial === true) pass.isPartial = true
  if (page.coveredUntil !== undefined) pass.coveredUntil = page.coveredUntil
  const isIdle = items.length > 0 && pass.seen.size === before && page.repeats !== true
  pass.idlePages = isIdle ? pass.idlePages + 1 : 0
  if (pass.idlePages >= mostIdlePages && page.parent === null) {
    throw new StreamError(
      'E_PAGING_LOOP',
      `${mostIdlePages} pages in a row brought no record that was not there before`,
    )
  }
  return pass.seen.size - before < items.length
}

function noteTotal(pass: StreamPass, total: number): void {
  if (pass.total !== null && total < pass.total) pass.hasShrunk = true
  pass.total = total
}

/** Rows beyond the first of each id; the very same row sent twice is one row. */
function countNamesakes(items: Item[]): number {
  const states = Map.groupBy(items, ({ id }) => id)
  return [...states.values()].reduce((sum, same) => sum + new Set(same.map(({ hash }) => hash)).size - 1, 0)
}
