import { sql } from 'drizzle-orm'
import type { Run, StreamPass } from './run.ts'

/** A record whose children are to be read, and the place to store once they have been. */
export type Parent = { id: string; sourceId: string; place: string; isSwept: boolean }

/** Where the reading of children stands: how far the changed parents are served, and how far the sweep over all has come. */
type Place = {
  changedAt: string
  changedId: string
  /** By the CRM's clock: what changed since then may have changed once more within the second that its stamp names. */
  youngSince: string
  sweptTo: string
  /** When the sweep under way began, and the last one that came to its end. */
  sweepBegan: string
  lastSweepBegan: string
  /** Children that the sweep under way, and the last one, found although nothing had announced them. */
  strays: number
  lastStrays: number
}

const first = '00000000-0000-0000-0000-000000000000'

type Beginning = Pick<StreamPass, 'place' | 'scanStart' | 'crmStart'>

/** Stamps are whole seconds, and so is what a CRM tells of its clock. */
const youngMs = 5_000
const youngFrom = (crmStart: string): string => new Date(Date.parse(crmStart) - youngMs).toISOString()

/** Every parent counts as changed at first, so the first reading is a whole sweep; so does what an older place did not say yet. */
const placeOf = ({ place, scanStart, crmStart }: Beginning): Place => ({
  changedAt: '-infinity',
  changedId: first,
  youngSince: youngFrom(crmStart),
  sweptTo: first,
  sweepBegan: scanStart,
  lastSweepBegan: scanStart,
  strays: 0,
  lastStrays: 0,
  ...(place === null ? {} : (JSON.parse(place) as Partial<Place>)),
})

const batchSize = 500

/**
 * The parents to read in this run: first those that changed while the last pass was under way, because a child that came within the second
 * of such a change gave its parent no other stamp; then those that changed since theirs were read last, then the next part of a slow sweep
 * over all, each once. Never more than the stream's `perRun` beyond the first; what is left waits for the next run.
 */
export async function* parentsOf(run: Run, pass: StreamPass): AsyncGenerator<Parent> {
  const { parents } = pass.stream
  if (parents === undefined) return
  let left = parents.perRun(run.settings)
  let place = placeOf(pass)
  const read = new Set<string>()
  const young = await youngOnes(run, parents.table, place)
  const next = { ...place, youngSince: youngFrom(pass.crmStart) }
  for (const [at, { id, source_id: sourceId }] of young.entries()) {
    read.add(id)
    yield { id, sourceId, place: JSON.stringify(at < young.length - 1 ? place : next), isSwept: false }
  }
  place = next
  for (
    let batch = await changed(run, parents.table, place, left);
    batch.length > 0;
    batch = await changed(run, parents.table, place, left)
  ) {
    for (const { id, source_id: sourceId, changed_at: changedAt } of batch) {
      place = { ...place, changedAt, changedId: id }
      read.add(id)
      yield { id, sourceId, place: JSON.stringify(place), isSwept: false }
    }
    left -= batch.length
  }
  // The first pass has just read them all. An empty table is no sign of it: there may have been no children yet.
  if (pass.lastFullAt === null) return
  const share = await sweepShare(run, parents.table, parents.sweepHours(run.settings))
  for (const { id, source_id: sourceId } of await swept(run, parents.table, place, Math.min(share, left))) {
    const beginsAnew = id <= place.sweptTo
    if (beginsAnew) {
      const { sweepBegan: lastSweepBegan, strays: lastStrays } = place
      place = { ...place, lastSweepBegan, sweepBegan: pass.scanStart, lastStrays, strays: 0 }
    }
    place = { ...place, sweptTo: id }
    // What is missing of a list that was read twice would count twice.
    if (read.has(id)) continue
    yield { id, sourceId, place: JSON.stringify(place), isSwept: true }
  }
}

/** How many parents have changed and wait for a later run. */
export async function parentsWaiting(run: Run, pass: StreamPass): Promise<number> {
  const { parents } = pass.stream
  if (parents === undefined) return 0
  const place = placeOf(pass)
  return run.database.asTenant(run.tenantId, async (tx) => {
    const { rows } = await tx.execute<{ count: number }>(
      sql`select count(*)::int as count ${fromChanged(run, parents.table, place)}`,
    )
    return rows[0]?.count ?? 0
  })
}

/**
 * As of when the children that are stored are all there are. While a new child always marks its parent as changed, that is
 * the beginning of this pass. Once the sweep has found one that did not, it is the beginning of the last whole sweep, until
 * a whole sweep has found none.
 */
export function childrenFreshAt(pass: StreamPass): { freshAt: string; place: string | null } {
  const place = placeOf(pass)
  const strays = place.strays + pass.strays
  const isAnnounced = strays === 0 && place.lastStrays === 0
  return {
    freshAt: isAnnounced ? pass.scanStart : place.lastSweepBegan,
    place: pass.strays === 0 ? pass.place : JSON.stringify({ ...place, strays }),
  }
}

type Row = { id: string; source_id: string; changed_at: string }

const fromLive = (run: Run, table: string) => sql`
  from ${sql.identifier(table)}
  where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and deleted_at is null`

const fromChanged = (run: Run, table: string, place: Place) => sql`${fromLive(run, table)}
    and (changed_at, id) > (${place.changedAt}::timestamptz, ${place.changedId}::uuid)`

function changed(run: Run, table: string, place: Place, most: number): Promise<Row[]> {
  return run.database.asTenant(run.tenantId, async (tx) => {
    const { rows } = await tx.execute<Row>(sql`
      select id, source_id, changed_at::text ${fromChanged(run, table, place)}
      order by changed_at, id limit ${Math.max(0, Math.min(batchSize, most))}`)
    return rows
  })
}

/** Those that were read already, and whose stamp is of the moment in which that was. */
function youngOnes(run: Run, table: string, place: Place): Promise<Row[]> {
  return run.database.asTenant(run.tenantId, async (tx) => {
    const { rows } = await tx.execute<Row>(sql`
      select id, source_id, changed_at::text ${fromLive(run, table)}
        and (changed_at, id) <= (${place.changedAt}::timestamptz, ${place.changedId}::uuid)
        and source_updated_at >= ${place.youngSince}::timestamptz
      order by id`)
    return rows
  })
}

async function sweepShare(run: Run, table: string, hours: number): Promise<number> {
  return run.database.asTenant(run.tenantId, async (tx) => {
    const { rows } = await tx.execute<{ count: number }>(sql`
      select count(*)::int as count ${fromLive(run, table)}`)
    return Math.ceil((rows[0]?.count ?? 0) / hours)
  })
}

/** The next parents of the sweep, beginning again at the first after the last. */
function swept(run: Run, table: string, place: Place, most: number): Promise<Row[]> {
  return run.database.asTenant(run.tenantId, async (tx) => {
    const { rows } = await tx.execute<Row>(sql`
      select id, source_id, changed_at::text ${fromLive(run, table)}
      order by id <= ${place.sweptTo}::uuid, id limit ${Math.max(0, most)}`)
    return rows
  })
}
