import pRetry from 'p-retry'
import type { Database } from '../../drizzle/db.ts'
import type { ListedConnection } from '../../src/queries/connection-list.ts'
import { readLastRuns, type LastRun } from '../../src/queries/last-runs.ts'
import { countsInWords, seconds } from '../sync/report.ts'

/** After so long a database that could not be read is asked again. */
const againMs = 2_000

/**
 * Says once per connection how its first run since `since` ended, after `first` is done with it; one that was cut short is
 * followed by another, which counts. What fails is done again: no other word of a run comes before the next hour. Returns the way to
 * stop listening.
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
      await first(connection)
      waiting.delete(run.connectionId)
      say(`${connection.tenantName}: ${inWords(run)}`)
    }
  }
  const stopping = new AbortController()
  const again = {
    retries: Infinity,
    minTimeout: againMs,
    factor: 1,
    signal: stopping.signal,
    onFailedAttempt: ({ error }: { error: Error }) =>
      say(`The sync status could not be read: ${String(error)}`),
  }
  // One look after the other, so that nothing is done or said twice.
  let looking = Promise.resolve()
  const hear = () => {
    looking = looking.then(() => pRetry(look, again)).catch(() => undefined)
  }
  const stop = await database.listen('tidemark_runs', hear)
  hear()
  return () => {
    stopping.abort()
    return stop()
  }
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
