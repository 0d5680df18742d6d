import { randomUUIDv7 } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { connect, type Database, type Tx } from '../drizzle/db.ts'
import { decode, parseJson } from './body.ts'
import { readAliases } from './aliases.ts'
import type { AnyConnector, Stream, TableName } from './connectors/connector.ts'
import { connectors } from './connectors/registry.ts'
import { apart, detailed } from './details.ts'
import { assertHolding, whileHolding } from './hold.ts'
import { lookedSince } from './lease.ts'
import { loadPage, newestOfEach } from './load-page.ts'
import { recordTables } from './load.ts'
import { measure } from './measure.ts'
import { identify, normalise, rulesDigest, type Understood } from './normalise.ts'
import { contextOf, type RunContext } from './context.ts'
import { readSettings } from './open.ts'
import {
  applyShadow,
  closeShadow,
  compareShadow,
  countUntold,
  openShadow,
  type Difference,
} from './shadow.ts'
import { unpack } from './snapshot.ts'
import { buryNamed } from './tombstone.ts'

export type ReplayReport = {
  snapshots: number
  records: number
  /** At most `mostDifferences` per table. */
  differences: Difference[]
  /** Records that still cannot be read, each counted once; they stay set aside. */
  setAside: number
  /** Rows taken over; 0 when only verifying. */
  applied: number
  /** Opportunities of which no stored answer tells any more: they stay as they are. */
  kept: number
}

export const mostDifferences = 1_000

type ReplayOptions = {
  databaseUrl: string
  database: Database
  tenantId: string
  /** `verify` only compares; `apply` takes over what differs, in the same transaction. */
  mode: 'verify' | 'apply'
  /** Another reading of one connection's opportunities; the rest of the tenant is left alone. */
  remapping?: Remapping
  onProgress?: (done: { stream: string; snapshots: number; of: number }) => void
  /** Ends it in the middle; nothing was changed then. */
  stopping?: AbortSignal
}

export type Remapping = {
  connectionId: string
  /** The settings to read under, given those that are stored. */
  settings: (connector: AnyConnector, stored: Record<string, unknown>) => Record<string, unknown>
  /** Called in the transaction that takes the rows over, after them. */
  settle: (tx: Tx, report: ReplayReport) => Promise<void>
}

/**
 * Rebuilds a tenant's records from its raw snapshots, without one call to a CRM, and compares them with what is stored.
 * Syncs of the tenant wait meanwhile. Throws `BusyError` when one is under way.
 */
export async function replayTenant(options: ReplayOptions): Promise<ReplayReport> {
  // A session of its own: statements prepared elsewhere point at the real tables, and ours must not outlive the shadow.
  const session = connect({
    url: options.databaseUrl,
    role: 'tidemark_worker',
    max: 1,
    statementTimeoutMs: 0,
    sendsAhead: true,
    onError: () => undefined,
  })
  const holder = `replay:${randomUUIDv7()}`
  try {
    const held = { tenantId: options.tenantId, connectionId: options.remapping?.connectionId }
    return await whileHolding(options.database, held, holder, () =>
      session.asTenant(options.tenantId, async (tx) => {
        const report = await rebuild(tx, options)
        if (options.mode === 'apply') await assertHolding(tx, held, holder)
        return report
      }),
    )
  } finally {
    await session.close()
  }
}

type StoredConnection = { id: string; connector: string; settings: Record<string, unknown>; currency: string }
type ReplayRun = {
  tenantId: string
  connectionId: string
  id: string
  settings: never
  context: RunContext
}

async function rebuild(tx: Tx, options: ReplayOptions): Promise<ReplayReport> {
  await tx.execute(sql`set local idle_in_transaction_session_timeout = 0`)
  await openShadow(tx)
  const { remapping } = options
  const readable: ReadableItem[] = []
  const unreadable: Unreadable = new Map()
  const changed: ReplayRun[] = []
  const toTell: ReplayRun[] = []
  const report: ReplayReport = { snapshots: 0, records: 0, differences: [], setAside: 0, applied: 0, kept: 0 }
  const { rows } = await tx.execute<StoredConnection>(sql`
    select c.id, c.connector, c.settings, t.currency from connections c join tenants t on t.id = c.tenant_id
    where c.tenant_id = ${options.tenantId} and c.id = coalesce(${remapping?.connectionId ?? null}::uuid, c.id) order by c.id`)
  for (const stored of rows) {
    const connector = await connectors.get(stored.connector)
    if (connector === undefined) continue
    const settings = readSettings(
      connector,
      remapping?.settings(connector, stored.settings) ?? stored.settings,
    )
    const run = {
      tenantId: options.tenantId,
      connectionId: stored.id,
      id: randomUUIDv7(),
      settings,
      context: contextOf(stored.id, settings, stored.currency),
    }
    await readAliases(tx, run)
    const streams = connector.streams.filter(({ tables }) => !remapping || tables.includes('opportunities'))
    for (const stream of streams) await replayStream(tx, run, stream, report, readable, unreadable, options)
    const appliedBefore = report.applied
    await settle(tx, run, streams, report, unreadable, options.mode)
    if (report.applied > appliedBefore) changed.push(run)
    if (report.applied > appliedBefore || remapping) toTell.push(run)
  }
  report.setAside = unreadable.size
  if (options.mode === 'apply') await release(tx, options.tenantId, readable)
  await closeShadow(tx)
  for (const run of changed) await measure(tx, run)
  await remapping?.settle(tx, report)
  for (const run of toTell) await tellPages(tx, run)
  return report
}

/** The word to open pages, heard at commit: what they show has changed, though no run has ended. */
async function tellPages(tx: Tx, { tenantId: tenant, connectionId: connection, id: run }: ReplayRun) {
  await tx.execute(sql`select pg_notify('tidemark_runs', ${JSON.stringify({ tenant, connection, run })})`)
}

/** A record that stands aside although it reads well now. */
type ReadableItem = { snapshotId: string; index: number }
/** Records whose newest state cannot be read, by stream and id (or digest, for those without one), and their rows. */
type Unreadable = Map<string, { table: TableName; id: string }[]>
type StoredPage = {
  id: string
  body: Buffer
  cursor: string
  status: number
  receivedAt: string
  guardedFrom: string
  /** Positions on the page of records that stand aside. */
  aside: number[]
}

async function replayStream(
  tx: Tx,
  run: ReplayRun,
  stream: Stream<never>,
  report: ReplayReport,
  readable: ReadableItem[],
  unreadable: Unreadable,
  options: ReplayOptions,
): Promise<void> {
  let snapshots = 0
  for await (const [page, of] of storedPages(tx, run, stream)) {
    options.stopping?.throwIfAborted()
    const { guardedFrom } = page
    const pass = { stream, guardedFrom, rules: rulesDigest(run, stream), isFirstLoad: false }
    const text = decode(unpack(page.body))
    const isJson = stream.request(page.cursor, run.settings).accepts === undefined
    const { body, details } = apart(stream, isJson ? parseJson(text) : text)
    const reply = { status: page.status, headers: {}, body, isKept: true as const }
    const { items } = stream.page(reply, page.cursor, run.settings)
    const results = identify(run, pass, items).map((item) => normalise(run, pass, detailed(item, details)))
    const understood = results.filter((result): result is Understood => 'rows' in result)
    const newest = newestOfEach(stream, understood)
    await loadPage(tx, run, pass, newest, page.id, page.receivedAt)
    await buryNamed(tx, run, pass, newest, page.receivedAt)
    snapshots += 1
    if (snapshots % pagesAtOnce === 0 || snapshots === of)
      options.onProgress?.({ stream: stream.name, snapshots, of })
    report.records += items.length
    for (const { item, ...result } of results) {
      const { sourceId } = item
      const key = `${run.connectionId} ${stream.name} ${sourceId === null ? item.hash : item.id}`
      const rows = stream.tables.map((table) => ({ table, id: run.context.ownId(table, sourceId ?? '') }))
      if ('rows' in result) unreadable.delete(key)
      else unreadable.set(key, sourceId === null ? [] : rows)
    }
    for (const { item, faults } of understood) {
      if (faults.length === 0 && page.aside.includes(item.index))
        readable.push({ snapshotId: page.id, index: item.index })
    }
  }
  report.snapshots += snapshots
}

/** How many pages are in memory at once. */
const pagesAtOnce = 50

/**
 * The stored pages of a stream, each with how many there are, in the order in which they landed: by lease and number, because the ids and times come from
 * the clocks of workers. A pass is told apart from the next by its run, and no page was learned before or after its run.
 */
async function* storedPages(
  tx: Tx,
  run: ReplayRun,
  stream: Stream<never>,
): AsyncGenerator<[page: StoredPage, of: number]> {
  const landed = await tx.$client.query<{ id: string }>(
    'select id from raw_snapshots where tenant_id = $1 and connection_id = $2 and stream = $3 order by fence, seq, id',
    [run.tenantId, run.connectionId, stream.name],
  )
  for (let from = 0; from < landed.rows.length; from += pagesAtOnce) {
    const ids = landed.rows.slice(from, from + pagesAtOnce).map(({ id }) => id)
    const { rows } = await tx.$client.query<StoredPage>(
      `select s.id, s.body, s.cursor, s.status, coalesce(least(r.started_at, ${lookedSince('r')}), s.received_at)::text as "guardedFrom",
         least(greatest(s.received_at, r.started_at), r.finished_at)::text as "receivedAt",
         array(select q.item_index from quarantine q where q.tenant_id = s.tenant_id and q.snapshot_id = s.id and q.resolved_at is null) as aside
       from unnest($2::uuid[]) with ordinality as wanted (id, place)
       join raw_snapshots s on s.tenant_id = $1 and s.id = wanted.id
       left join sync_runs r on r.tenant_id = s.tenant_id and r.id = s.run_id
       order by wanted.place`,
      [run.tenantId, ids],
    )
    for (const page of rows) yield [page, landed.rows.length]
  }
}

/** Compares one connection's tables with their shadows and, if asked to, takes over what differs. */
async function settle(
  tx: Tx,
  run: ReplayRun,
  streams: readonly Stream<never>[],
  report: ReplayReport,
  unreadable: Unreadable,
  mode: ReplayOptions['mode'],
): Promise<void> {
  const tables = new Set(streams.flatMap((stream) => stream.tables))
  for (const table of Object.keys(recordTables) as TableName[]) {
    if (!tables.has(table)) continue
    report.differences.push(
      ...(await compareShadow(tx, run.tenantId, run.connectionId, table, mostDifferences)),
    )
    if (mode === 'verify') continue
    const kept = [...unreadable.values()].flat().filter((row) => row.table === table)
    const ids = kept.map(({ id }) => id)
    if (table === 'opportunities') report.kept += await countUntold(tx, run.tenantId, run.connectionId, table)
    report.applied += await applyShadow(tx, run.tenantId, run.connectionId, table, run.id, ids)
  }
}

/** Records that were set aside and read well now are set aside no longer. */
async function release(tx: Tx, tenantId: string, readable: ReadableItem[]): Promise<void> {
  await tx.execute(sql`
    update quarantine q set resolved_at = now()
    from unnest(${sql.param(readable.map(({ snapshotId }) => snapshotId))}::uuid[], ${sql.param(readable.map(({ index }) => index))}::int[])
      as r (snapshot_id, item_index)
    where q.tenant_id = ${tenantId} and q.snapshot_id = r.snapshot_id and q.item_index = r.item_index and q.resolved_at is null`)
}
