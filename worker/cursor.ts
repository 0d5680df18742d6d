import { sql } from 'drizzle-orm'
import type { Tx } from '../drizzle/db.ts'
import type { Stream } from './connectors/connector.ts'
import { countLive } from './count-live.ts'
import { FencedError } from './errors.ts'
import { IdSet } from './id-set.ts'
import { rulesDigest } from './normalise.ts'
import { noCounts, type Run, type StreamPass } from './run.ts'

type Stored = {
  cursor: string | null
  scan_start: string | null
  watermark: string | null
  last_full_at: string | null
  crm_ahead_ms: number
  seen_fields: string[] | null
  covered_until: string | null
  now: string
}

/**
 * Begins a pass over one stream, or resumes the one that a dead worker left: with its cursor, and with its own start,
 * because taking the time of the resume for it would lose what became visible in between.
 */
export async function beginPass(run: Run, stream: Stream<never>, again = false): Promise<StreamPass> {
  const { stored, setAside, held } = await run.database.asTenant(run.tenantId, async (tx) => {
    const stored = await readCursor(tx, run, stream)
    const setAside = await readSetAside(tx, run, stream)
    const held = await countHeld(tx, run, stream, stored.last_full_at === null ? worthStatistics : 1)
    return { stored, setAside, held }
  })
  // A first load that a crash cut short goes on in tables without statistics, where finding a page's keys reads all of them.
  if (stored.last_full_at === null) await analyseFor(run, held)
  const isResumed = !again && !run.full && stored.cursor !== null && stored.scan_start !== null
  const scanStart = isResumed ? (stored.scan_start ?? stored.now) : stored.now
  const pass = {
    scanStart,
    crmStart: later(scanStart, run.fetcher.crmAheadMs()),
    since:
      run.full || stored.watermark === null
        ? null
        : earlier(
            later(stored.watermark, Math.min(0, stored.crm_ahead_ms) - stream.lookbackSeconds * 1_000),
            stored.covered_until,
          ),
    lastFullAt: stored.last_full_at,
    ...(stream.countsUpTo !== undefined && {
      stored: await countLive(run, { stream }, stream.countsUpTo(run.settings) + 1),
    }),
    parent: null,
  }
  // Streams read per parent go on from their place for ever; a full run reads every parent's children anew.
  const place = run.full ? null : stored.cursor
  const here = isResumed && stored.cursor !== null ? (stream.resume?.(stored.cursor) ?? stored.cursor) : null
  const cursor = stream.parents !== undefined ? place : (here ?? stream.begin(pass, run.settings))
  return {
    ...unread(run, stream, cursor, setAside),
    ...pass,
    guardedFrom: earlier(scanStart, run.lookedSince),
    isResumed: isResumed && stream.parents === undefined,
    isFirstLoad: held === 0,
    cursorFrom: stored.cursor,
    fieldsBefore: stored.seen_fields ?? [],
  }
}

/**
 * Begins a look at single records of a stream; null while no pass has read it to its end, because then the pass under way will read
 * them, too.
 */
export async function beginLook(
  run: Run,
  stream: Stream<never>,
  sourceIds: readonly string[],
): Promise<StreamPass | null> {
  const { stored, setAside } = await run.database.asTenant(run.tenantId, async (tx) => ({
    stored: await readCursor(tx, run, stream),
    setAside: await readSetAside(tx, run, stream),
  }))
  if (stream.look === undefined || stored.watermark === null) return null
  const { now } = stored
  return {
    ...unread(run, stream, stream.look(sourceIds, run.settings, now), setAside),
    scanStart: now,
    crmStart: now,
    since: now,
    lastFullAt: stored.last_full_at,
    parent: null,
    guardedFrom: now,
    fieldsBefore: stored.seen_fields ?? [],
    isLook: true,
  }
}

const earlier = (one: string, other: string | null): string =>
  other !== null && Date.parse(other) < Date.parse(one) ? other : one

function mappedIn({ connector, settings }: Run, { tables }: Stream<never>): string[] {
  const mapping = tables.includes('opportunities') ? connector.mapping?.of(settings) : undefined
  const { custom = {}, ...ours } = mapping ?? {}
  return [...Object.values(ours), ...Object.entries(custom).flat()].filter((name) => name !== null)
}

/** A pass of which no page has been read. */
function unread(run: Run, stream: Stream<never>, cursor: string | null, setAside: Set<string>) {
  return {
    stream,
    cursor,
    isLook: false,
    isResumed: false,
    isFirstLoad: false,
    seen: new IdSet(),
    counts: noCounts(),
    total: null,
    hasShrunk: false,
    isWhole: false,
    isPartial: false,
    hidden: null,
    refused: new Set<string>(),
    coveredUntil: null,
    fields: new Set<string>(),
    setAside,
    metAside: new Set<string>(),
    unnamed: 0,
    namesakes: 0,
    unknownFields: new Set<string>(),
    mappedFields: mappedIn(run, stream),
    idlePages: 0,
    strays: 0,
    absentChildren: [],
    parentsRead: new IdSet(),
    parentsWithUnnamed: new IdSet(),
    expectedChildren: 0,
    place: cursor,
    storedAtMs: Date.now(),
    rules: rulesDigest(run, stream),
    cursorFrom: null,
  }
}

async function readCursor(tx: Tx, run: Run, { name }: Stream<never>): Promise<Stored> {
  const { rows } = await tx.execute<Stored>(sql`
    select c.cursor, ${iso(sql`c.scan_start`)} as scan_start, ${iso(sql`c.watermark`)} as watermark,
      ${iso(sql`c.last_full_at`)} as last_full_at, coalesce(c.crm_ahead_ms, 0)::float8 as crm_ahead_ms, c.seen_fields, ${iso(sql`c.covered_until`)} as covered_until, ${iso(sql`clock_timestamp()`)} as now
    from (select 1) as one left join stream_cursors c
      on c.tenant_id = ${run.tenantId} and c.connection_id = ${run.connectionId} and c.stream = ${name}`)
  return rows[0] as Stored
}

/** How many rows of the stream are stored, counted no further than to `most`. */
async function countHeld(
  tx: Tx,
  run: Run,
  { tables: [table] }: Stream<never>,
  most: number,
): Promise<number> {
  const { rows } = await tx.execute<{ count: number }>(sql`
    select count(*)::int as count from (
      select from ${sql.identifier(table)}
      where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} limit ${most}::int) as held`)
  return rows[0]?.count ?? 0
}

/** Fewer rows are found as quickly without, and looking at every table of the installation costs more than they did. */
const worthStatistics = 1_000

/** Gives the planner fresh statistics of the record tables where so many new rows are worth it. */
export async function analyseFor(run: Run, rows: number): Promise<void> {
  if (rows >= worthStatistics) await run.database.outsideTenants.query('select app.analyze_records()')
}

async function readSetAside(tx: Tx, run: Run, { name }: Stream<never>): Promise<Set<string>> {
  const { rows } = await tx.execute<{ hash: string }>(sql`
    select distinct encode(content_hash, 'hex') as hash from quarantine
    where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and stream = ${name} and resolved_at is null
    limit 10000`)
  return new Set(rows.map(({ hash }) => hash))
}

const iso = (instant: ReturnType<typeof sql>) => sql`to_char(${instant}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const later = (instant: string, ms: number): string => new Date(Date.parse(instant) + ms).toISOString()

/**
 * Stores where the pass stands; a look leaves that as it is, and one from which a part was hidden has no place to go on from. Locks the connection and checks our fence in the same statement, so that whatever else
 * the transaction writes is refused together with it. Throws `FencedError` when the lease has passed to another.
 */
export async function storeCursor(tx: Tx, run: Run, pass: StreamPass, cursor: string | null): Promise<void> {
  if (pass.isLook) return assertFence(tx, run)
  const { rowCount } = await tx.$client.query({
    name: 'store-cursor',
    text: `
      with held as (
        select 1 from connections where tenant_id = $1 and id = $2 and fence = $3 for no key update
      )
      insert into stream_cursors as c (tenant_id, connection_id, stream, cursor, scan_start, is_resumed, fence, updated_at)
      select $1, $2, $4, $5, $6, $7, $3, clock_timestamp() from held
      on conflict (tenant_id, connection_id, stream) do update set
        cursor = excluded.cursor, scan_start = excluded.scan_start, is_resumed = excluded.is_resumed,
        fence = excluded.fence, updated_at = excluded.updated_at`,
    values: [
      run.tenantId,
      run.connectionId,
      run.fence,
      pass.stream.name,
      pass.hidden === null ? cursor : null,
      pass.scanStart,
      pass.isResumed,
    ],
  })
  if (rowCount === 0) throw new FencedError('another worker holds this connection; the page was refused')
}

async function assertFence(tx: Tx, run: Run): Promise<void> {
  const { rowCount } = await tx.$client.query({
    name: 'assert-fence',
    text: 'select from connections where tenant_id = $1 and id = $2 and fence = $3 for no key update',
    values: [run.tenantId, run.connectionId, run.fence],
  })
  if (rowCount === 0) throw new FencedError('another worker holds this connection; the page was refused')
}
