import type { Database } from '../../drizzle/db.ts'
import { judgeAge, judgeFreshness, syncedStreams, type Age } from '../../src/domain/freshness.ts'
import { readLastRuns, type LastRun } from '../../src/queries/last-runs.ts'
import type { ConnectionStatus } from '../../src/queries/sync-status.ts'
import { listWorkspaces } from '../../src/queries/workspaces.ts'

export type StreamAge = Age & { stream: string }

/** What is known of one connection at one moment of the database's clock. */
export type Standing = Pick<
  ConnectionStatus,
  'id' | 'name' | 'connector' | 'state' | 'stateReason' | 'nextDueAt' | 'openRun'
> &
  Age & {
    now: Date
    tenant: string
    tenantName: string
    lastRun: LastRun | null
    streams: StreamAge[]
  }

/** Every connection with its age, by the rules that the pages use. */
export async function readStatus(database: Database, staleAfterMinutes: number): Promise<Standing[]> {
  const { now, workspaces } = await listWorkspaces(database)
  const runs = await database.asOperator(readLastRuns)
  const rules = { now, staleAfterMinutes }
  return workspaces.flatMap(({ slug: tenant, name: tenantName, connections }) =>
    connections.map((connection): Standing => {
      const { id, name, connector, state, stateReason, nextDueAt, openRun } = connection
      const { freshAt, ageMinutes, isStale } = judgeFreshness([connection], rules)
      const streams = syncedStreams(connection).map(({ stream, freshAt: at }) => ({
        stream,
        ...judgeAge(at, rules),
      }))
      const lastRun = runs.find(({ connectionId }) => connectionId === id) ?? null
      const facts = { id, name, connector, state, stateReason, nextDueAt, openRun }
      return { ...facts, now, tenant, tenantName, freshAt, ageMinutes, isStale, lastRun, streams }
    }),
  )
}
