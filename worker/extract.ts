import { setTimeout as sleep } from 'node:timers/promises'
import { askPage, type AskedPage } from './ask-page.ts'
import { StoppedError, StreamError } from './errors.ts'
import { parentsOf, type Parent } from './parents.ts'
import type { Run, StreamPass } from './run.ts'

/** One page as it came, with the cursor that asked for it and the place to store once it has landed. */
export type ExtractedPage = AskedPage & {
  cursor: string
  /** Where a crash after this page would resume. */
  place: string | null
  /** The record whose children these are, and whether this page ends them. */
  parent: Parent | null
  endsParent: boolean
}

/**
 * Reads a stream page by page until the server itself says that there is no more. The next page is fetched while the
 * caller lands the present one. Throws what the fetcher and the connector throw, `StreamError` (`E_PAGING_LOOP`) when the
 * list does not advance, and `StoppedError` between two pages when the run is to stop.
 */
export async function* extract(run: Run, pass: StreamPass): AsyncGenerator<ExtractedPage> {
  if (pass.stream.parents === undefined) {
    for await (const page of list(run, pass, pass.cursor ?? pass.stream.begin(pass, run.settings))) {
      yield { ...page, place: page.next ?? page.cursor, parent: null, endsParent: false }
    }
    return
  }
  let place = pass.cursor
  for await (const parent of parentsOf(run, pass)) {
    for await (const page of list(
      run,
      pass,
      pass.stream.begin({ ...pass, parent: parent.sourceId }, run.settings),
    )) {
      const endsParent = page.next === null
      if (endsParent) place = parent.place
      yield { ...page, place, parent, endsParent }
    }
  }
}

type ListPage = AskedPage & { cursor: string }

async function* list(run: Run, pass: StreamPass, first: string): AsyncGenerator<ListPage> {
  const progress = new ProgressGuard()
  let reading: Promise<ListPage> | null = read(run, pass, first)
  while (reading !== null) {
    const page: ListPage = await reading
    progress.check(page)
    reading = page.next === null ? null : read(run, pass, page.next, page.waitSeconds)
    // Its failure belongs to the next turn of this loop; until then nobody awaits it.
    reading?.catch(() => undefined)
    yield page
    if (run.stopping.aborted) throw new StoppedError('the worker is stopping')
  }
}

async function read(run: Run, pass: StreamPass, cursor: string, waitSeconds = 0): Promise<ListPage> {
  if (waitSeconds > 0) await sleep(waitSeconds * 1_000, undefined, { signal: run.stopping })
  return { ...(await askPage(run.fetcher, pass.stream, cursor, run.settings)), cursor }
}

/** Refuses a list that goes round in circles. */
class ProgressGuard {
  #cursors = new Set<string>()
  #digests = new Set<string>()

  check({ cursor, digest, waitSeconds, items, repeats }: ListPage): void {
    if (waitSeconds !== undefined) return
    if (this.#cursors.has(cursor) || (repeats !== true && this.#digests.has(digest)))
      throw new StreamError('E_PAGING_LOOP', `the same page came again at ${cursor.slice(0, 120)}`)
    this.#cursors.add(cursor)
    // A page that only sent us back up the list may come once more on the way down.
    if (items.length > 0) this.#digests.add(digest)
  }
}
