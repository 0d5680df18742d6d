import { hash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Tx } from '../drizzle/db.ts'
import { countLive } from './count-live.ts'
import { FencedError, StreamError } from './errors.ts'
import type { ExtractedPage } from './extract.ts'
import { refuseHidden } from './hidden.ts'
import { look } from './look.ts'
import { parentsWaiting } from './parents.ts'
import type { Run, StreamPass } from './run.ts'
import { tombstone } from './tombstone.ts'

/** Share of the stored records that one pass may retire by itself. */
const brakeShare = 0.05
/** Beyond this share not even a second pass is believed: a person has to look. */
const personShare = 0.3
/** As many as one look takes. Ids are digests, so the first of them are drawn by chance. */
const askedAtOnce = 100

type Absent = { id: string; source_id: string }

/**
 * Turns the records that a complete, counted pass did not list into tombstones, and returns how many. Up to 5 % at once;
 * up to 30 % when a second pass misses exactly the same; more, or an empty list, only when a person accepts it. Children
 * are judged among those of the parents that were read; those of a retired parent go with it. Unless a person accepts it, what is missing
 * is asked for by its id first, where it can be.
 * Throws `StreamError` (`E_MASS_ABSENCE`) when the pass is not to be believed; nothing is retired then.
 */
export async function retire(run: Run, pass: StreamPass): Promise<number> {
  if (pass.stream.parents === undefined) {
    const absent = await absentFromList(run, pass)
    return retireAbsent(run, pass, absent, await countLive(run, pass))
  }
  // A child that another parent's list named later was given to it; it is not gone.
  pass.absentChildren = pass.absentChildren.filter(({ id }) => !pass.seen.has(id))
  const absent = (await isHeld(run, pass))
    ? 0
    : await retireAbsent(run, pass, pass.absentChildren, pass.expectedChildren)
  const orphans = await orphansOf(run, pass)
  if (orphans.length > 0) await run.database.asTenant(run.tenantId, (tx) => bury(tx, run, pass, orphans))
  return absent + orphans.length
}

/** One missing child, in a pass that saw no other, may be gone or its list broken: a pass that sees others will tell. */
async function isHeld(run: Run, pass: StreamPass): Promise<boolean> {
  if (run.acceptAbsence) return false
  return pass.absentChildren.length === 1 && pass.seen.size === 0 && (await countLive(run, pass)) > 1
}

async function retireAbsent(run: Run, pass: StreamPass, absent: Absent[], live: number): Promise<number> {
  if (absent.length === 0) return 0
  const digest = hash(
    'sha256',
    absent
      .map(({ id }) => id)
      .sort()
      .join(),
    'hex',
  )
  const share = absent.length / live
  // That one parent lost its only child is believable; that a whole list became empty is not.
  const isListEmpty = pass.seen.size === 0 && (pass.stream.parents === undefined || absent.length > 1)
  const isSmall = !isListEmpty && (share <= brakeShare || absent.length === 1)
  if (!isSmall && !run.acceptAbsence) {
    const isBelievable = !isListEmpty && share <= personShare
    const missedBefore = await rememberAbsent(run, pass, digest, absent.length)
    if (!isBelievable || digest !== missedBefore) throw tooMany(absent.length, live, isBelievable)
  }
  const gone = run.acceptAbsence ? absent : await askFor(run, pass, absent)
  await run.database.asTenant(run.tenantId, (tx) => bury(tx, run, pass, gone))
  return gone.length
}

/**
 * Asks for what a list did not name by its ids, where the CRM takes ids, and gives what is not found there either: of several lists one
 * may be empty by mistake, and too short to be noticed. Where none of a hundred is found, the others are believed to be gone as well, so that
 * many true deletions cost one look. What the CRM refuses to show is left as it is; several that are all refused are no matter of single records.
 * Throws what a page throws, and `StreamError` (`E_PERMISSION`) for those: then nothing is retired, and the stream is no fresher than it was.
 */
async function askFor(run: Run, pass: StreamPass, absent: Absent[]): Promise<Absent[]> {
  if (pass.stream.look === undefined) return absent
  for (let from = 0; from < absent.length; from += askedAtOnce) {
    const asked = absent.slice(from, from + askedAtOnce)
    const cursor = pass.stream.look(
      asked.map(({ source_id: sourceId }) => sourceId),
      run.settings,
      pass.crmStart,
    )
    // A part of this pass: what it finds was seen, what it wrote is counted, and what is hidden from it is missing of the whole.
    const part = { ...pass, cursor, isLook: true, isFirstLoad: false }
    await look(run, part)
    refuseHidden(part)
    if (part.unnamed > pass.unnamed) return []
    const refused = asked.filter((record) => isRefused(pass, record))
    if (refused.length > 1 && refused.length === asked.length)
      throw new StreamError('E_PERMISSION', refusedAll(refused.length))
    if (refused.length === 0 && asked.every(({ id }) => !pass.seen.has(id))) break
  }
  return absent.filter((record) => !pass.seen.has(record.id) && !isRefused(pass, record))
}

const isRefused = ({ refused }: StreamPass, { source_id: sourceId }: Absent): boolean => refused.has(sourceId)

const refusedAll = (count: number): string =>
  `${count} stored records are no longer listed, and each of them is refused. If they are gone, run: tidemark sync --accept-absence`

function tooMany(absent: number, live: number, isBelievable: boolean): StreamError {
  const then = isBelievable
    ? 'They are retired when the next pass misses the same ones.'
    : 'If that is right, run: tidemark sync --accept-absence'
  return new StreamError(
    'E_MASS_ABSENCE',
    `${absent} of ${live} stored records are no longer listed. ${then}`,
  )
}

/** Stored records that the pass did not see. All of them were seen when there are as many as were seen and stored. */
async function absentFromList(run: Run, pass: StreamPass): Promise<Absent[]> {
  const { stream, isWhole, isResumed, isPartial, unnamed } = pass
  const tells = stream.reads === 'full' ? stream.deletes === 'absence' : isWhole && !isResumed
  // A row without an id may be any of those that seem to be missing.
  if (!tells || isPartial || unnamed > 0) return []
  const window = stream.absentBetween?.(pass, run.settings)
  // Among those that changed there may be some that are gone.
  const sawStored = pass.counts.quarantined === 0 && window === undefined && stream.reads === 'full'
  if (sawStored && (await countLive(run, pass)) === pass.seen.size) return []
  const [table] = stream.tables
  const within = window === undefined ? sql`true` : sql`due_at between ${window.from} and ${window.to}`
  const absent: Absent[] = []
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await run.database.asTenant(run.tenantId, async (tx) => {
      const batch = await tx.execute<Absent>(sql`
        select id, source_id from ${sql.identifier(table)}
        where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and deleted_at is null and id > ${after} and ${within}
        order by id limit 10000`)
      return batch.rows
    })
    absent.push(...rows.filter(({ id }) => !pass.seen.has(id)))
    const last = rows.at(-1)
    if (last === undefined) return absent
    after = last.id
  }
}

/**
 * Notes that a parent's list was read to its end, and which children it did not name; whether they are retired is decided over all parents.
 */
export async function noteChildren(run: Run, pass: StreamPass, page: ExtractedPage): Promise<void> {
  const { parents, tables } = pass.stream
  if (parents === undefined || page.parent === null || !page.endsParent) return
  pass.parentsRead.add(page.parent.id)
  // A row without an id may be any of those that seem to be missing.
  if (page.isParentGone || pass.parentsWithUnnamed.has(page.parent.id)) return
  const parentColumn = parentColumnOf(parents.table)
  const parentId = page.parent.id
  const stored = await run.database.asTenant(run.tenantId, async (tx) => {
    const { rows } = await tx.execute<Absent>(sql`
      select id, source_id from ${sql.identifier(tables[0])}
      where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and deleted_at is null and ${parentColumn} = ${parentId}`)
    return rows
  })
  pass.expectedChildren += stored.length
  pass.absentChildren.push(...stored.filter(({ id }) => !pass.seen.has(id)))
}

/** Children whose parent is a tombstone. A parent that still waits may have taken them over, so it is read first. */
async function orphansOf(run: Run, pass: StreamPass): Promise<Absent[]> {
  const { parents, tables } = pass.stream
  if (parents === undefined || (await parentsWaiting(run, pass)) > 0) return []
  return run.database.asTenant(run.tenantId, async (tx) => {
    const { rows } = await tx.execute<Absent>(sql`
      select c.id, c.source_id from ${sql.identifier(tables[0])} c
      join ${sql.identifier(parents.table)} p on p.tenant_id = c.tenant_id and p.id = c.${parentColumnOf(parents.table)}
      where c.tenant_id = ${run.tenantId} and c.connection_id = ${run.connectionId} and c.deleted_at is null and p.deleted_at is not null`)
    return rows
  })
}

const parentColumnOf = (table: 'contacts' | 'opportunities') =>
  sql.identifier(table === 'contacts' ? 'contact_id' : 'opportunity_id')

/** Returns what the pass before missed and writes down what this one did; one after the other, so that both may be repeated. */
async function rememberAbsent(
  run: Run,
  pass: StreamPass,
  digest: string,
  count: number,
): Promise<string | null> {
  const isCursor = sql`tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and stream = ${pass.stream.name}`
  const before = await run.database.asTenant(run.tenantId, (tx) =>
    tx.execute<{ digest: string | null }>(
      sql`select absent_digest as digest from stream_cursors where ${isCursor}`,
    ),
  )
  await run.database.asTenant(run.tenantId, (tx) =>
    tx.execute(
      sql`update stream_cursors set absent_digest = ${digest}, absent_count = ${count} where ${isCursor} and fence <= ${run.fence}`,
    ),
  )
  return before.rows[0]?.digest ?? null
}

async function bury(tx: Tx, run: Run, pass: StreamPass, absent: Absent[]): Promise<void> {
  await assertFence(tx, run)
  for (const table of pass.stream.tables) {
    const ids = absent.map(({ id, source_id: sourceId }) =>
      table === pass.stream.tables[0] ? id : run.context.ownId(table, sourceId),
    )
    await tombstone(tx, run, table, ids, 'absence')
  }
}

async function assertFence(tx: Tx, run: Run): Promise<void> {
  const { rowCount } = await tx.execute(sql`
    select from connections where tenant_id = ${run.tenantId} and id = ${run.connectionId} and fence = ${run.fence} for no key update`)
  if (rowCount === 0) throw new FencedError('another worker holds this connection; nothing was retired')
}
