import { sql } from 'drizzle-orm'
import type { Tx } from '../drizzle/db.ts'
import type { StreamStatus } from '../drizzle/schema/sync.ts'
import { countLive } from './count-live.ts'
import { analyseFor, storeCursor } from './cursor.ts'
import { asSyncError, FencedError, publicText, StoppedError, type SyncError } from './errors.ts'
import { childrenFreshAt, parentsWaiting } from './parents.ts'
import { countSetAside, resolveMended } from './quarantine.ts'
import type { Run, StreamPass } from './run.ts'

/**
 * Shows that a stream is being read. Throws `FencedError` when the run was called abandoned meanwhile: its streams are closed,
 * and one that is opened after them would say "running" for ever.
 */
export async function openStream(run: Run, pass: StreamPass): Promise<void> {
  const { rowCount } = await run.database.asTenant(run.tenantId, (tx) =>
    tx.execute(sql`
      insert into sync_run_streams (tenant_id, run_id, stream, connection_id, status, is_look, cursor_from, started_at)
      select ${run.tenantId}, id, ${pass.stream.name}, connection_id, 'running', ${pass.isLook}, ${pass.cursorFrom}, clock_timestamp()
      from sync_runs where tenant_id = ${run.tenantId} and id = ${run.id} and status = 'running' for share
      on conflict (tenant_id, run_id, stream) do update set started_at = excluded.started_at`),
  )
  if (rowCount === 0) throw new FencedError('this run was called abandoned; nothing more is read for it')
  run.tell({ event: 'stream.started', stream: pass.stream.name, isResumed: pass.isResumed })
}

/**
 * Ends a stream that was read to its end: its data is fresh as of the moment the pass began. Children that still wait for
 * their turn, and records set aside, make it partial and are said aloud.
 */
export async function completeStream(run: Run, pass: StreamPass): Promise<void> {
  if (pass.isFirstLoad) await analyseFor(run, pass.counts.created)
  const ourCount = await countLive(run, pass)
  const waiting = await parentsWaiting(run, pass)
  const ended = await run.database.asTenant(run.tenantId, async (tx) => {
    await close(tx, run, pass, waiting)
    await resolveMended(tx, run, pass)
    const aside = await countSetAside(tx, run, pass.stream.name)
    const reason =
      waiting > 0
        ? `${waiting} parents wait for a later run`
        : aside > 0
          ? `${aside} records are set aside`
          : pass.refused.size > 0
            ? `${pass.refused.size} records are no longer listed and were refused: they stay as they were`
            : null
    const status: StreamStatus = reason === null ? 'success' : 'partial'
    const code = aside > 0 ? 'E_QUARANTINE' : null
    await tx.execute(sql`
      update sync_run_streams set status = ${status}, finished_at = clock_timestamp(), ${countsOf(pass)},
        crm_count = ${pass.total}, our_count = ${ourCount}, is_complete = ${pass.stream.parents === undefined && pass.unnamed === 0},
        unknown_fields = ${unknownFields(pass)}, error_code = ${code}, error_detail = ${reason},
        error_public = ${code === null ? null : publicText(code, run.connector.label, pass.stream.name)}
      where ${isRowOf(run, pass)}`)
    return { status, reason }
  })
  finish(run, pass, ended.status, null, ended.reason)
}

/** Keeps how far a pass came that was read to its end, and how fresh its data is, while the stream is read on from there. */
export async function closePass(run: Run, pass: StreamPass): Promise<void> {
  await run.database.asTenant(run.tenantId, (tx) => close(tx, run, pass, 0))
}

async function close(tx: Tx, run: Run, pass: StreamPass, waiting: number): Promise<void> {
  const { freshAt, place } =
    pass.stream.parents === undefined ? { freshAt: pass.scanStart, place: null } : childrenFreshAt(pass)
  // What another run had begun was read whole, but nobody saw all of it.
  const listedAll = pass.isWhole && !pass.isResumed
  const readsAll = pass.stream.reads === 'full' || pass.since === null || listedAll
  // Known for certain only now that the CRM has answered.
  const crmAheadMs = run.fetcher.crmAheadMs()
  const seenFields = [...new Set([...(pass.isResumed ? pass.fieldsBefore : []), ...pass.fields])].sort()
  await storeCursor(tx, run, pass, place)
  await tx.execute(sql`
    update stream_cursors c set scan_start = null, is_resumed = false, last_full_at = ${readsAll ? sql`${pass.scanStart}::timestamptz + least(0, ${crmAheadMs}::float8) * interval '1 ms'` : sql`last_full_at`}, absent_digest = null, absent_count = null, seen_fields = ${sql.param(seenFields)}::text[],
      fresh_at = case when ${waiting} = 0 then ${freshAtMost(run, pass, freshAt)} else fresh_at end, watermark = ${pass.scanStart}, covered_until = ${pass.coveredUntil}, crm_ahead_ms = ${crmAheadMs}::float8
    where ${isCursorOf(run, pass)}`)
}

/**
 * Children are found by the changes of their parents: they are not fresher than the streams that read those, and as fresh as they were
 * while one of those was not read to its end.
 */
function freshAtMost(run: Run, { stream: { parents } }: StreamPass, freshAt: string) {
  if (parents === undefined) return sql`${freshAt}::timestamptz`
  const readers = run.connector.streams.filter(({ tables }) => tables.includes(parents.table))
  return sql`(
    select case when bool_and(p.fresh_at is not null) then greatest(c.fresh_at, least(${freshAt}::timestamptz, min(p.fresh_at))) else c.fresh_at end
    from unnest(${sql.param(readers.map(({ name }) => name))}::text[]) as reader
    left join stream_cursors p on p.tenant_id = ${run.tenantId} and p.connection_id = ${run.connectionId} and p.stream = reader)`
}

/**
 * Ends a stream that failed. The data stays, and so does its place: the next run goes on from there, unless the list itself
 * was not to be believed, which asks for a fresh start. Throws again what ends the whole run.
 */
export async function failStream(run: Run, pass: StreamPass, thrown: unknown): Promise<void> {
  if (thrown instanceof FencedError || thrown instanceof StoppedError) throw thrown
  const error = asSyncError(thrown)
  const isDoubtful = error.code === 'E_MASS_ABSENCE'
  const mustStartAnew = isDoubtful || error.code === 'E_SHORT_READ' || error.code === 'E_PAGING_LOOP'
  const status: StreamStatus = isDoubtful ? 'suspect' : error.name === 'ShareError' ? 'paused' : 'failed'
  await run.database.asTenant(run.tenantId, async (tx) => {
    if (mustStartAnew && pass.stream.parents === undefined) await storeCursor(tx, run, pass, null)
    await tx.execute(sql`
      update sync_run_streams set status = ${status}, finished_at = clock_timestamp(), ${countsOf(pass)}, crm_count = ${pass.total},
        unknown_fields = ${unknownFields(pass)}, error_code = ${error.code}, error_detail = ${error.message.slice(0, 2_000)},
        error_public = ${publicText(error.code, run.connector.label, pass.stream.name)}
      where ${isRowOf(run, pass)}`)
  })
  finish(run, pass, status, error, error.message)
  if (endsRun(error)) throw error
}

/** Trouble with access, limits or ourselves concerns every stream; trouble with one list does not. */
function endsRun(error: SyncError): boolean {
  return error.name === 'FatalError' || error.name === 'PauseError' || error.code === 'E_RATE_LIMITED'
}

/** Says aloud which kinds of records this CRM does not give us, so that nothing reads as an empty success. */
export async function nameUnsynced(run: Run, streams: string[]): Promise<void> {
  if (streams.length === 0) return
  await run.database.asTenant(run.tenantId, (tx) =>
    tx.execute(sql`
      insert into sync_run_streams (tenant_id, run_id, stream, connection_id, status, started_at, finished_at)
      select ${run.tenantId}, ${run.id}, stream, ${run.connectionId}, 'not_synced', clock_timestamp(), clock_timestamp()
      from unnest(${sql.param(streams)}::text[]) as stream on conflict do nothing`),
  )
}

/** Ends a look: how fresh the stream is, and where its next pass begins, stays as it was. */
export async function completeLook(run: Run, pass: StreamPass): Promise<void> {
  const status: StreamStatus = pass.counts.quarantined > 0 ? 'partial' : 'success'
  await run.database.asTenant(run.tenantId, (tx) =>
    tx.execute(sql`
      update sync_run_streams set status = ${status}, finished_at = clock_timestamp(), ${countsOf(pass)}
      where ${isRowOf(run, pass)}`),
  )
  finish(run, pass, status, null, null)
}

function finish(
  run: Run,
  pass: StreamPass,
  status: StreamStatus,
  error: SyncError | null,
  reason: string | null,
): void {
  const { name: stream } = pass.stream
  run.ended.push({ stream, status, counts: pass.counts, error })
  if (pass.unknownFields.size > 0)
    run.tell({ event: 'fields.unknown', stream, fields: [...pass.unknownFields] })
  const ms = Date.now() - Date.parse(pass.scanStart)
  run.tell({
    event: 'stream.finished',
    stream,
    status,
    ms,
    counts: pass.counts,
    ...(error && { code: error.code }),
    ...(reason !== null && { reason }),
  })
}

const isRowOf = (run: Run, pass: StreamPass) =>
  sql`tenant_id = ${run.tenantId} and run_id = ${run.id} and stream = ${pass.stream.name}`
const isCursorOf = (run: Run, pass: StreamPass) =>
  sql`tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and stream = ${pass.stream.name}`

const unknownFields = (pass: StreamPass) =>
  pass.unknownFields.size === 0 ? sql`null` : sql`${sql.param([...pass.unknownFields].sort())}::text[]`

const countsOf = ({ counts }: StreamPass) => sql`
  pages = ${counts.pages}, fetched = ${counts.fetched}, created = ${counts.created}, updated = ${counts.updated},
  unchanged = ${counts.unchanged}, stale = ${counts.stale}, quarantined = ${counts.quarantined}, retired = ${counts.retired}`
