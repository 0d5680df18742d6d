import { and, count, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections, quarantine, streamCursors, syncRunStreams } from '../../drizzle/schema/index.ts'
import { newestFirst } from './newest-first.ts'
import { readRuns, type RunSummary } from './runs.ts'
import { countWrites, type WriteCounts } from './write-back.ts'

/** What the latest ended pass over a stream did, and the latest count the CRM gave of its own. */
export type StreamCounts = {
  stream: string
  fetched: number
  created: number
  updated: number
  retired: number
  ourCount: number | null
  /** The last time the CRM gave a count of its own, and what we held at that same moment. */
  counted: { crm: number | null; ours: number | null; at: Date | null } | null
}

export type ConnectionDetail = {
  /** Records set aside that no replay has read since. */
  setAside: number
  recentRuns: RunSummary[]
  /** Changes on their way to the CRM; null where there never were any. */
  writes: WriteCounts | null
  counts: StreamCounts[]
}

/** How many runs the page shows for each connection. */
const recent = 5

/** How many passes back a count of the CRM's own is looked for: a day of hourly runs. */
const passesBack = 24

/** What the sync page adds to the sync status, per connection id. */
export async function readSync(tx: Tx, connectionIds: string[]): Promise<Map<string, ConnectionDetail>> {
  const counts = Map.groupBy(await readCounts(tx), ({ connectionId }) => connectionId)
  const setAside = new Map((await readSetAside(tx)).map((row) => [row.connectionId, row.count]))
  const writes = new Map((await countWrites(tx)).map((row) => [row.connectionId, row]))
  const details = new Map<string, ConnectionDetail>()
  for (const id of connectionIds) {
    details.set(id, {
      setAside: setAside.get(id) ?? 0,
      recentRuns: (await readRuns(tx, { connectionId: id, limit: recent })).runs,
      counts: counts.get(id) ?? [],
      writes: writes.get(id) ?? null,
    })
  }
  return details
}

function readSetAside(tx: Tx) {
  return tx
    .select({ connectionId: quarantine.connectionId, count: count() })
    .from(quarantine)
    .where(isNull(quarantine.resolvedAt))
    .groupBy(quarantine.connectionId)
}

function readCounts(tx: Tx): Promise<(StreamCounts & { connectionId: string })[]> {
  const endedPasses = and(
    eq(syncRunStreams.tenantId, streamCursors.tenantId),
    eq(syncRunStreams.connectionId, streamCursors.connectionId),
    eq(syncRunStreams.stream, streamCursors.stream),
    isNotNull(syncRunStreams.finishedAt),
    sql`not ${syncRunStreams.isLook}`,
  )
  const latest = tx
    .select()
    .from(syncRunStreams)
    .where(endedPasses)
    .orderBy(newestFirst(syncRunStreams.startedAt))
    .limit(1)
    .as('latest')
  const lastDay = tx
    .select({
      crmCount: syncRunStreams.crmCount,
      ourCount: syncRunStreams.ourCount,
      finishedAt: syncRunStreams.finishedAt,
    })
    .from(syncRunStreams)
    .where(endedPasses)
    .orderBy(newestFirst(syncRunStreams.startedAt))
    .limit(passesBack)
    .as('last_day')
  const counted = tx
    .select({ crm: lastDay.crmCount, ours: lastDay.ourCount, at: lastDay.finishedAt })
    .from(lastDay)
    .where(isNotNull(lastDay.crmCount))
    .orderBy(newestFirst(lastDay.finishedAt))
    .limit(1)
    .as('counted')
  return tx
    .select({
      connectionId: streamCursors.connectionId,
      stream: streamCursors.stream,
      fetched: latest.fetched,
      created: latest.created,
      updated: latest.updated,
      retired: latest.retired,
      ourCount: latest.ourCount,
      counted: { crm: counted.crm, ours: counted.ours, at: counted.at },
    })
    .from(streamCursors)
    .innerJoin(
      connections,
      and(eq(connections.tenantId, streamCursors.tenantId), eq(connections.id, streamCursors.connectionId)),
    )
    .innerJoinLateral(latest, sql`true`)
    .leftJoinLateral(counted, sql`true`)
}
