import { sql } from 'drizzle-orm'
import type { Database, Tx } from '../drizzle/db.ts'
import { readAliases } from './aliases.ts'
import type { Stream } from './connectors/connector.ts'
import { beginLook } from './cursor.ts'
import type { QueuedRun } from './execute.ts'
import { look } from './look.ts'
import type { Run } from './run.ts'
import { completeLook, failStream, openStream } from './stream-end.ts'

/** A connection is looked at no more often than this: a burst of nudges becomes one look, and what it costs stays small. */
export const pauseSeconds = 30

const mostClaims = 200

/** So many records of a stream are looked at in one run; what is left waits for the next one. */
const mostRecords = 100

/**
 * Makes one queued run for every connection that webhooks nudged. Any number of processes may call it at any time. A nudge that could
 * not be looked at within an hour is left to the run on schedule, which needs none.
 */
export async function claimNudged(database: Database, pause = pauseSeconds): Promise<QueuedRun[]> {
  const { rows } = await database.outsideTenants.query<
    Record<'tenant_id' | 'connection_id' | 'run_id', string>
  >('select * from app.claim_nudged(make_interval(secs => $1), $2)', [pause, mostClaims])
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    connectionId: row.connection_id,
    runId: row.run_id,
  }))
}

/**
 * Looks at the records that nudges named, stream by stream, on the road that a sync takes: fetcher, snapshot, normalise, load, under
 * the lease. Never what a nudge said is stored, only what the CRM answers now. Throws what ends the whole run.
 */
export async function lookAtNudged(run: Run): Promise<void> {
  await run.database.asTenant(run.tenantId, (tx) => readAliases(tx, run))
  const waiting = await run.database.asTenant(run.tenantId, (tx) => readWaiting(tx, run))
  const byStream = Map.groupBy(waiting, ({ stream }) => stream)
  for (const stream of run.connector.streams) {
    const named = byStream.get(stream.name)
    if (named === undefined || stream.isOffered?.(run.settings) === false) continue
    await lookAt(run, stream, named)
    byStream.delete(stream.name)
  }
  // Kinds of records that this connection does not read.
  await settle(run, [...byStream.values()].flat())
}

type Nudged = { stream: string; source_id: string; ids: string[] }

async function lookAt(run: Run, stream: Stream<never>, named: Nudged[]): Promise<void> {
  const sourceIds = named.map(({ source_id: sourceId }) => sourceId)
  const pass = await beginLook(run, stream, sourceIds)
  if (pass === null) return settle(run, named)
  await openStream(run, pass)
  try {
    await look(run, pass)
    await completeLook(run, pass)
  } catch (error) {
    await failStream(run, pass, error)
    return
  }
  await settle(run, named)
}

/** What waits, the longest first, each record once with all nudges that name it. */
async function readWaiting(tx: Tx, run: Run): Promise<Nudged[]> {
  const { rows } = await tx.execute<Nudged>(sql`
    select stream, source_id, ids from (
      select stream, source_id, array_agg(id) as ids, row_number() over (partition by stream order by min(received_at)) as place
      from nudges where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and settled_at is null
      group by stream, source_id) as waiting
    where place <= ${mostRecords} order by place`)
  return rows
}

/** Says of these nudges that this run has dealt with them. One that came meanwhile waits for the next. */
async function settle(run: Run, named: Nudged[]): Promise<void> {
  if (named.length === 0) return
  const ids = named.flatMap((each) => each.ids)
  await run.database.asTenant(run.tenantId, (tx) =>
    tx.execute(sql`
      update nudges set settled_at = clock_timestamp(), run_id = ${run.id}
      where tenant_id = ${run.tenantId} and id = any(${sql.param(ids)}::uuid[]) and settled_at is null`),
  )
}
