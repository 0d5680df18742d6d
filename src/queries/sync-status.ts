import { and, eq, inArray, isNotNull, notInArray, or, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections, streamCursors, syncRuns, syncRunStreams } from '../../drizzle/schema/index.ts'
import type { ConnectionNow, StreamNow } from '../domain/freshness.ts'
import { byStreamOrder, streamNames } from '../domain/streams.ts'
import { instant } from './decode.ts'
import { newestFirst } from './newest-first.ts'

export type ConnectionStatus = ConnectionNow & { tenantId: string; connector: string }

/** `now` is the database's clock at the moment of reading. */
export type SyncStatus = { now: Date; connections: ConnectionStatus[] }

/**
 * Where the sync stands: every connection with its state, its last and its open run, and how far each stream is complete.
 * Inside `asTenant` those of one workspace; inside `asOperator` those of all.
 */
export async function readSyncStatus(tx: Tx): Promise<SyncStatus> {
  const [clock] = await tx.select({ now: sql`now()`.mapWith(instant) }).from(sql`(select) as one`)
  const rows = await readConnections(tx)
  const streams = Map.groupBy(await readStreams(tx), ({ connectionId }) => connectionId)
  return {
    now: clock?.now ?? new Date(),
    connections: rows.map((row) => ({
      ...row,
      streams: (streams.get(row.id) ?? [])
        .map(({ stream, freshAt, status }) => ({ stream, freshAt, status }))
        .toSorted(byStreamOrder),
    })),
  }
}

function readConnections(tx: Tx) {
  const ofConnection = and(
    eq(syncRuns.tenantId, connections.tenantId),
    eq(syncRuns.connectionId, connections.id),
  )
  const lastRun = tx
    .select({
      id: syncRuns.id,
      status: syncRuns.status,
      finishedAt: syncRuns.finishedAt,
      errorPublic: syncRuns.errorPublic,
    })
    .from(syncRuns)
    .where(and(ofConnection, notInArray(syncRuns.status, ['queued', 'running'])))
    .orderBy(newestFirst(syncRuns.queuedAt))
    .limit(1)
    .as('last_run')
  const openRun = tx
    .select({
      id: syncRuns.id,
      status: syncRuns.status,
      queuedAt: syncRuns.queuedAt,
      startedAt: syncRuns.startedAt,
    })
    .from(syncRuns)
    .where(and(ofConnection, inArray(syncRuns.status, ['queued', 'running'])))
    .orderBy(sql`started_at nulls last`, syncRuns.queuedAt)
    .limit(1)
    .as('open_run')
  const finishedOnce = tx
    .select({ id: syncRuns.id })
    .from(syncRuns)
    .where(
      and(
        ofConnection,
        inArray(syncRuns.status, ['success', 'partial', 'suspect']),
        sql`${syncRuns.streams} is null`,
      ),
    )
  return tx
    .select({
      tenantId: connections.tenantId,
      id: connections.id,
      connector: connections.connector,
      name: connections.name,
      state: connections.state,
      stateReason: connections.stateReason,
      stateSince: connections.stateSince,
      nextDueAt: connections.nextDueAt,
      hasFinished: sql<boolean>`exists ${finishedOnce}`,
      lastRun: {
        id: lastRun.id,
        status: lastRun.status,
        finishedAt: lastRun.finishedAt,
        errorPublic: lastRun.errorPublic,
      },
      openRun: {
        id: openRun.id,
        status: openRun.status,
        queuedAt: openRun.queuedAt,
        startedAt: openRun.startedAt,
      },
    })
    .from(connections)
    .leftJoinLateral(lastRun, sql`true`)
    .leftJoinLateral(openRun, sql`true`)
    .orderBy(connections.tenantId, connections.name)
}

/** A stream is known once a pass was made over it or a cursor is kept for it; one probe of an index for each. */
function readStreams(tx: Tx): Promise<(StreamNow & { connectionId: string })[]> {
  const stream = sql<string>`offered.stream`
  const latest = tx
    .select({ status: syncRunStreams.status })
    .from(syncRunStreams)
    .where(
      and(
        eq(syncRunStreams.tenantId, connections.tenantId),
        eq(syncRunStreams.connectionId, connections.id),
        eq(syncRunStreams.stream, stream),
      ),
    )
    .orderBy(newestFirst(syncRunStreams.startedAt))
    .limit(1)
    .as('latest')
  return tx
    .select({ connectionId: connections.id, stream, freshAt: streamCursors.freshAt, status: latest.status })
    .from(connections)
    .crossJoinLateral(
      sql`(
        select stream from ${streamCursors}
        where ${streamCursors.tenantId} = ${connections.tenantId} and ${streamCursors.connectionId} = ${connections.id}
        union select unnest(${sql.param([...streamNames])}::text[])
      ) as offered`,
    )
    .leftJoin(
      streamCursors,
      and(
        eq(streamCursors.tenantId, connections.tenantId),
        eq(streamCursors.connectionId, connections.id),
        eq(streamCursors.stream, stream),
      ),
    )
    .leftJoinLateral(latest, sql`true`)
    .where(or(isNotNull(streamCursors.stream), isNotNull(latest.status)))
}
