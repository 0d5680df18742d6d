import { and, desc, eq, lt, ne, type InferSelectModel } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections, syncRuns } from '../../drizzle/schema/index.ts'

export type RunSummary = Pick<
  InferSelectModel<typeof syncRuns>,
  | 'id'
  | 'trigger'
  | 'status'
  | 'queuedAt'
  | 'startedAt'
  | 'finishedAt'
  | 'fetched'
  | 'created'
  | 'updated'
  | 'retired'
  | 'quarantined'
  | 'requests'
  | 'retries'
> & { connection: string }

/**
 * Runs, newest first; of one connection without the looks at nudged records, which would hide the others. Ids are UUID v7 and so in order of time: `before` is the last id of the page before.
 * `next` is the id to continue from, null on the last page.
 */
export async function readRuns(
  tx: Tx,
  { limit, before, connectionId }: { limit: number; before?: string | undefined; connectionId?: string },
): Promise<{ runs: RunSummary[]; next: string | null }> {
  const runs = await tx
    .select({
      id: syncRuns.id,
      connection: connections.name,
      trigger: syncRuns.trigger,
      status: syncRuns.status,
      queuedAt: syncRuns.queuedAt,
      startedAt: syncRuns.startedAt,
      finishedAt: syncRuns.finishedAt,
      fetched: syncRuns.fetched,
      created: syncRuns.created,
      updated: syncRuns.updated,
      retired: syncRuns.retired,
      quarantined: syncRuns.quarantined,
      requests: syncRuns.requests,
      retries: syncRuns.retries,
    })
    .from(syncRuns)
    .innerJoin(
      connections,
      and(eq(connections.tenantId, syncRuns.tenantId), eq(connections.id, syncRuns.connectionId)),
    )
    .where(
      and(
        before === undefined ? undefined : lt(syncRuns.id, before),
        connectionId === undefined
          ? undefined
          : and(eq(syncRuns.connectionId, connectionId), ne(syncRuns.trigger, 'nudge')),
      ),
    )
    .orderBy(desc(syncRuns.id))
    .limit(limit + 1)
  const page = runs.slice(0, limit)
  return { runs: page, next: runs.length > limit ? (page.at(-1)?.id ?? null) : null }
}
