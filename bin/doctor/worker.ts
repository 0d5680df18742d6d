import type { Database } from '../../drizzle/db.ts'
import { secondsSinceHeartbeat } from '../../src/queries/health.ts'
import { failed, ok, type Finding } from './finding.ts'

/** A worker shows every few seconds that it is alive. */
const silenceSeconds = 60

/** Whether somebody is there to copy what is due. */
export async function checkWorker(database: Database): Promise<Finding> {
  const seconds = await secondsSinceHeartbeat(database)
  const mend = 'Start one: npm run tidemark -- worker (npm start runs one, too).'
  if (seconds === null) return failed('worker', 'none was heard of in the last day', mend)
  const words = `last heard of ${Math.floor(seconds)} s ago`
  return seconds < silenceSeconds ? ok('worker', words) : failed('worker', words, mend)
}
