import type { Database } from '../../drizzle/db.ts'
import type { ListedConnection } from '../../src/queries/connection-list.ts'
import { readLastRuns, type LastRun } from '../../src/queries/last-runs.ts'
import { countsInWords, seconds } from '../sync/report.ts'

/**
 * Says once per connection how its first run since `since` ended, after `first` is done with it; one that was cut short is
 * followed by another, which counts. Returns the way to stop listening.
 */
export async function tellFirstRuns(
  database: Database,
  connections: readonly ListedConnection[],
  since: Date,
  first: (connection: ListedConnection) => Promise<void>,
  say: (line: string) => void,
): Promise<() => Promise<void>> {
  const waiting = new Map(connections.map((connection) => [connection.id, connection]))
  const look = async () => {
    for (const run of await database.asOperator(readLastRuns)) {
      const connection = waiting.get(run.connectionId)
      if (!connection || run.finishedAt === null || run.finishedAt < since) continue
      if (run.status === 'abandoned' || run.status === 'cancelled') continue
      waiting.delete(run.connectionId)
      await first(connection)
      say(`${connection.tenantName}: ${inWords(run)}`)
    }
  }
  const hear = () =>
    void look().catch((error: unknown) => say(`The sync status could not be read: ${String(error)}`))
  const stop = await database.listen('tidemark_runs', hear)
  await look()
  return stop
}

function inWords(run: LastRun): string {
  const took =
    run.startedAt === null || run.finishedAt === null
      ? ''
      : ` in ${seconds(run.finishedAt.getTime() - run.startedAt.getTime())}`
  return run.status === 'success'
    ? `copied${took} (${countsInWords(run)})`
    : `${run.status}${took}: ${run.verdict ?? ''}`
}
