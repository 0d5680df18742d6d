import { desc, eq, and, ne, notInArray, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections, syncRuns } from '../../drizzle/schema/index.ts'
import { instantOrNull } from './decode.ts'

export type LastRun = Awaited<ReturnType<typeof readLastRuns>>[number]

/** Of every connection: the run that ended last (looks at nudged records are none), and when one last succeeded. Connections without an ended run are left out. */
export function readLastRuns(tx: Tx) {
  const ofConnection = and(
    eq(syncRuns.tenantId, connections.tenantId),
    eq(syncRuns.connectionId, connections.id),
    ne(syncRuns.trigger, 'nudge'),
  )
  const last = tx
    .select({
      id: syncRuns.id,
      status: syncRuns.status,
      verdict: syncRuns.verdict,
      errorDetail: syncRuns.errorDetail,
      startedAt: syncRuns.startedAt,
      finishedAt: syncRuns.finishedAt,
      fetched: syncRuns.fetched,
      created: syncRuns.created,
      updated: syncRuns.updated,
      retired: syncRuns.retired,
      quarantined: syncRuns.quarantined,
    })
    .from(syncRuns)
    .where(and(ofConnection, notInArray(syncRuns.status, ['queued', 'running'])))
    .orderBy(desc(syncRuns.queuedAt))
    .limit(1)
    .as('last')
  const lastSuccess = tx
    .select({ finishedAt: syncRuns.finishedAt })
    .from(syncRuns)
    .where(and(ofConnection, eq(syncRuns.status, 'success')))
    .orderBy(desc(syncRuns.queuedAt))
    .limit(1)
  return tx
    .select({
      connectionId: connections.id,
      lastSuccessAt: sql`(${lastSuccess})`.mapWith(instantOrNull),
      id: last.id,
      status: last.status,
      verdict: last.verdict,
      errorDetail: last.errorDetail,
      startedAt: last.startedAt,
      finishedAt: last.finishedAt,
      fetched: last.fetched,
      created: last.created,
      updated: last.updated,
      retired: last.retired,
      quarantined: last.quarantined,
    })
    .from(connections)
    .innerJoinLateral(last, sql`true`)
}
