import { randomUUIDv7 } from 'node:crypto'
import { storeCursor } from './cursor.ts'
import { StreamError } from './errors.ts'
import type { ExtractedPage } from './extract.ts'
import { differing } from './load.ts'
import { loadPage, newestOfEach } from './load-page.ts'
import { identify, normalise, type Item, type SetAside, type Understood } from './normalise.ts'
import { patiently } from './patience.ts'
import { setAside } from './quarantine.ts'
import type { Run, StreamPass } from './run.ts'
import { hasSnapshot, pack, storeSnapshot } from './snapshot.ts'

/** Pages that change nothing store no cursor of their own; it follows at the latest after this long. */
const checkpointEveryMs = 2_000
/** A list that gives so many pages without one new record does not advance. */
const mostIdlePages = 3

type Landed = { created: number; updated: number; quarantined: number; stale: number }

/**
 * Lands one page: snapshot, records, quarantine and cursor in one transaction, or none of them. A page of which every
 * record is already here as it is writes nothing. Throws `FencedError` when the lease has passed to another worker.
 */
export async function land(run: Run, pass: StreamPass, page: ExtractedPage): Promise<void> {
  const items = identify(run, pass, page.items)
  noteSeen(pass, page, items)
  const { news, aside } = await findNews(run, pass, items)
  const landed = news.length > 0 ? await store(run, pass, page, news) : await skip(run, pass, page)
  pass.place = page.place
  const { counts } = pass
  counts.pages += 1
  counts.fetched += items.length
  counts.created += landed.created
  counts.updated += landed.updated
  counts.stale += landed.stale
  counts.quarantined += landed.quarantined + aside
  counts.unchanged = counts.fetched - counts.created - counts.updated - counts.stale - counts.quarantined
  const { name: stream } = pass.stream
  run.tell({ event: 'page.landed', stream, counts, total: pass.total, wrote: news.length > 0 })
}

function noteSeen(pass: StreamPass, page: ExtractedPage, items: Item[]): void {
  const before = pass.seen.size
  for (const item of items) if (item.sourceId !== null) pass.seen.add(item.id)
  if (page.parent === null && page.total !== null) pass.total = page.total
  pass.idlePages = items.length > 0 && pass.seen.size === before ? pass.idlePages + 1 : 0
  if (pass.idlePages >= mostIdlePages && page.parent === null) {
    throw new StreamError(
      'E_PAGING_LOOP',
      `${mostIdlePages} pages in a row brought no record that was not there before`,
    )
  }
}

/** The items to be written or set aside; those stored as they are are not news, nor are those set aside as they are. */
async function findNews(run: Run, pass: StreamPass, items: Item[]): Promise<{ news: Item[]; aside: number }> {
  const candidates = pass.setAside.size === 0 ? items : items.filter(({ hash }) => !pass.setAside.has(hash))
  const aside = items.length - candidates.length
  if (pass.isFirstLoad || candidates.length === 0) return { news: candidates, aside }
  const [table] = pass.stream.tables
  const news = await patiently(() =>
    run.database.asTenant(run.tenantId, (tx) => differing(tx, run, table, candidates)),
  )
  return { news, aside }
}

/** Nothing on the page is new: now and then its place is stored, so that a crash does not repeat too many of its kind. */
async function skip(run: Run, pass: StreamPass, page: ExtractedPage): Promise<Landed> {
  if (Date.now() - pass.storedAtMs > checkpointEveryMs) {
    await patiently(() => run.database.asTenant(run.tenantId, (tx) => storeCursor(tx, run, pass, page.place)))
    pass.storedAtMs = Date.now()
  }
  return { created: 0, updated: 0, quarantined: 0, stale: 0 }
}

async function store(run: Run, pass: StreamPass, page: ExtractedPage, news: Item[]): Promise<Landed> {
  const results = news.map((item) => normalise(run, pass, item))
  const refused = results.filter((result): result is SetAside => !('rows' in result))
  const records = newestOfEach(
    pass.stream,
    results.filter((result): result is Understood => 'rows' in result),
  )
  const snapshotId = randomUUIDv7()
  const packed = pack(page.answer.bytes)
  let written = { created: 0, updated: 0 }
  let wasTried = false
  await patiently(async () => {
    // A COMMIT whose answer was lost may have happened: then the page is there, and `written` is what it did.
    if (wasTried && (await run.database.asTenant(run.tenantId, (tx) => hasSnapshot(tx, run, snapshotId))))
      return
    wasTried = true
    await run.database.asTenant(run.tenantId, async (tx) => {
      await storeCursor(tx, run, pass, page.place)
      await storeSnapshot(tx, run, pass, page, snapshotId, packed)
      written = await loadPage(tx, run, pass, records, snapshotId)
      await setAside(tx, run, pass, snapshotId, refused, records)
    })
  })
  pass.storedAtMs = Date.now()
  noteUnknown(pass, records)
  for (const { item } of refused) pass.setAside.add(item.hash)
  // On a first load nobody has looked yet what is there, so what was not written is simply unchanged.
  const stale = pass.isFirstLoad ? 0 : records.length - written.created - written.updated
  return { ...written, quarantined: refused.length, stale }
}

const mostUnknownFields = 50

function noteUnknown(pass: StreamPass, records: Understood[]): void {
  for (const { rows } of records) {
    for (const { custom } of Object.values(rows)) {
      for (const field of Object.keys(custom ?? {}))
        if (pass.unknownFields.size < mostUnknownFields) pass.unknownFields.add(field)
    }
  }
}
