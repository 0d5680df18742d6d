import { randomUUIDv7 } from 'node:crypto'
import { noteMerges, remember, type Merge } from './aliases.ts'
import { storeCursor } from './cursor.ts'
import { askDetails } from './details.ts'
import { noteHidden } from './hidden.ts'
import { differing, standing } from './load.ts'
import { loadPage, newestOfEach } from './load-page.ts'
import { normalise, type Item, type Understood } from './normalise.ts'
import type { ExtractedPage } from './extract.ts'
import { read, type PreparedPage, type Reading } from './prepare.ts'
import { setAside } from './quarantine.ts'
import type { Run, StreamPass } from './run.ts'
import { hasSnapshot, storeSnapshot } from './snapshot.ts'
import { buryNamed } from './tombstone.ts'

/** Pages that change nothing store no cursor of their own; it follows at the latest after this long. */
const checkpointEveryMs = 2_000

type Landed = { created: number; updated: number; quarantined: number; stale: number }

/**
 * Lands one page: snapshot, records, quarantine and cursor in one transaction, or none of them. A page of which every
 * record is already here as it is writes nothing. Throws `FencedError` when the lease has passed to another worker.
 */
export async function land(run: Run, pass: StreamPass, prepared: PreparedPage): Promise<void> {
  const { page, items } = prepared
  await noteHidden(run, pass, page)
  const { news, aside } = await findNews(run, pass, prepared)
  const landed =
    news.length > 0 ? await storeNews(run, pass, prepared, news) : await skip(run, pass, prepared)
  pass.place = page.place
  const { counts } = pass
  counts.pages += 1
  counts.fetched += items.length
  counts.created += landed.created
  counts.updated += landed.updated
  counts.stale += landed.stale
  counts.quarantined += landed.quarantined + aside
  counts.unchanged = counts.fetched - counts.created - counts.updated - counts.stale - counts.quarantined
  run.tell({
    event: 'page.landed',
    stream: pass.stream.name,
    counts,
    total: pass.total,
    wrote: news.length > 0,
  })
}

/** The items to be written or set aside; those stored as they are are not news, nor are those set aside as they are. */
async function findNews(
  run: Run,
  pass: StreamPass,
  { items, repeatsIds }: PreparedPage,
): Promise<{ news: Item[]; aside: number }> {
  const candidates = pass.setAside.size === 0 ? items : items.filter(({ hash }) => !pass.setAside.has(hash))
  const aside = items.length - candidates.length
  if (aside > 0) for (const { hash } of items) if (pass.setAside.has(hash)) pass.metAside.add(hash)
  if (pass.isFirstLoad || candidates.length === 0) return { news: candidates, aside }
  const [table] = pass.stream.tables
  const records = repeatsIds ? withoutNamesakes(run, pass, candidates) : candidates
  const gone = records.filter(({ isGone }) => isGone)
  const news =
    gone.length === 0
      ? await differing(run, table, records)
      : [
          ...(await differing(
            run,
            table,
            records.filter(({ isGone }) => !isGone),
          )),
          ...(await standing(run, table, gone)),
        ]
  return { news, aside }
}

/** Where rows of a page share an id, the newest of them is the record, whatever is stored: a replay must choose the same. */
function withoutNamesakes(run: Run, pass: StreamPass, items: Item[]): Item[] {
  const results = items.map((item) => normalise(run, pass, item))
  const understood = results.filter((result): result is Understood => 'rows' in result)
  const newest = new Set(newestOfEach(pass.stream, understood).map(({ item }) => item))
  return results.filter((result) => !('rows' in result) || newest.has(result.item)).map(({ item }) => item)
}

/** Nothing on the page is new: now and then its place is stored, so that a crash does not repeat too many of its kind. */
async function skip(run: Run, pass: StreamPass, { page }: PreparedPage): Promise<Landed> {
  if (Date.now() - pass.storedAtMs > checkpointEveryMs) {
    await run.database.asTenant(run.tenantId, (tx) => storeCursor(tx, run, pass, page.place))
    pass.storedAtMs = Date.now()
  }
  return { created: 0, updated: 0, quarantined: 0, stale: 0 }
}

async function storeNews(
  run: Run,
  pass: StreamPass,
  { page, items, reading, repeatsIds }: PreparedPage,
  news: Item[],
): Promise<Landed> {
  if (news.length === items.length && reading !== null) return store(run, pass, page, reading)
  const whole = await askDetails(run, pass, page, news)
  return store(run, pass, whole.page, read(run, pass, whole.page, whole.items, repeatsIds))
}

async function store(
  run: Run,
  pass: StreamPass,
  page: ExtractedPage,
  { records, refused, packed }: Reading,
): Promise<Landed> {
  const snapshotId = randomUUIDv7()
  let written = { created: 0, updated: 0 }
  let merges: Merge[] = []
  let wasTried = false
  await run.database.asTenant(run.tenantId, async (tx) => {
    // A COMMIT whose answer was lost may have happened: then the page is there, and `written` is what it did.
    if (wasTried && (await hasSnapshot(tx, run, snapshotId))) return
    wasTried = true
    // Sent back to back, answered in order: the fence is checked before anything is written, and one failure fails all.
    const [, , { created, updated }, buried] = await Promise.all([
      storeCursor(tx, run, pass, page.place),
      storeSnapshot(tx, run, pass, page, snapshotId, packed),
      loadPage(tx, run, pass, records, snapshotId),
      buryNamed(tx, run, pass, records),
      setAside(tx, run, pass, page, snapshotId, refused, records),
    ])
    written = { created, updated: updated + buried }
    if (records.some(({ standsFor, mergedInto }) => standsFor.length > 0 || mergedInto !== null))
      merges = await noteMerges(tx, run, pass, records)
  })
  remember(run, merges)
  pass.storedAtMs = Date.now()
  noteUnknown(pass, records)
  if (written.created > 0 && page.parent?.isSwept === true) pass.strays += countOlder(pass, records)
  const aside = [...refused, ...records.filter(({ faults }) => faults.length > 0)]
  for (const { item } of aside) pass.metAside.add(item.hash)
  for (const { item } of refused) pass.setAside.add(item.hash)
  // On a first load nobody has looked yet what is there, so what was not written is simply unchanged.
  const stale = pass.isFirstLoad ? 0 : records.length - written.created - written.updated
  return { ...written, quarantined: refused.length, stale }
}

/** Children that were there before the last pass began and yet were never seen: their parent's change had not announced them. */
function countOlder({ stream, since }: StreamPass, records: Understood[]): number {
  const [table] = stream.tables
  return records.filter(({ rows }) => since !== null && (rows[table]?.sourceCreatedAt ?? since) < since)
    .length
}

const mostUnknownFields = 50

/** Fields that no column of ours is for, and that nobody mapped. */
function noteUnknown({ unknownFields, mappedFields }: StreamPass, records: Understood[]): void {
  for (const { rows } of records) {
    for (const { custom } of Object.values(rows)) {
      for (const field of Object.keys(custom ?? {}))
        if (!mappedFields.includes(field) && unknownFields.size < mostUnknownFields) unknownFields.add(field)
    }
  }
}
