import { openRun, type OpenRunOutcome, type RunWishes } from '../../src/commands/open-run.ts'
import type { ListedConnection } from '../../src/queries/connection-list.ts'
import type { Database } from '../../drizzle/db.ts'
import type { Tell } from '../../worker/events.ts'
import { runNow, type WorkerOptions } from '../../worker/run-now.ts'
import { exitCodes, type ExitCode } from '../exit.ts'
import { oneLine, type Ending, type Report } from './report.ts'

type Parts = {
  options: WorkerOptions
  database: Database
  wishes: RunWishes
  /** Somebody asked for this very connection, not for whatever there is. */
  isNamed: boolean
  stopping: AbortSignal
  report: Report
}

const exitCodeOf: Record<string, ExitCode> = {
  success: exitCodes.success,
  partial: exitCodes.partial,
  suspect: exitCodes.suspect,
}

/** Makes a run of one connection and carries it out in this process; says how it ended. */
export async function carryOut(parts: Parts, connection: ListedConnection): Promise<Ending> {
  const { runId, ending } = await endingOf(parts, connection)
  parts.report.ended(connection, runId, ending)
  return ending
}

async function endingOf(
  { options, database, wishes, isNamed, stopping, report }: Parts,
  connection: ListedConnection,
): Promise<{ runId: string | null; ending: Ending }> {
  if (connection.state !== 'active') return { runId: null, ending: inactive(connection, isNamed) }
  const { tenantId, id: connectionId } = connection
  const opened = await database.asTenant(tenantId, (tx) => openRun(tx, connectionId, wishes))
  if (opened.kind === 'running' || opened.kind === 'not_found') return { runId: null, ending: taken(opened) }
  const { runId } = opened
  const hear: Tell = (fact) => report.heard(connection, runId, fact)
  const verdict = await runNow(options, database, { tenantId, connectionId, runId }, stopping, hear)
  if (verdict === null) return { runId, ending: served }
  const detail = verdict.error === null ? '' : ` (${verdict.error.code}: ${oneLine(verdict.error.detail)})`
  const exitCode = exitCodeOf[verdict.status] ?? exitCodes.failed
  return { runId, ending: { status: verdict.status, words: `${verdict.words}${detail}`, exitCode } }
}

/** Somebody paused it, or is still setting it up: that is only a failure for whoever asks for this one. */
function inactive({ state, stateReason }: ListedConnection, isNamed: boolean): Ending {
  if (state === 'paused' || state === 'draft') {
    const exitCode = isNamed ? exitCodes.failed : exitCodes.success
    const words = `It is ${state === 'paused' ? 'paused' : 'a draft'}, so no run was made.`
    return { status: state, words, exitCode }
  }
  const words = `It has to be connected again, so no run was made. ${stateReason ?? ''}`.trim()
  return { status: state, words, exitCode: exitCodes.failed }
}

function taken(outcome: Exclude<OpenRunOutcome, { runId: string; kind: 'opened' | 'adopted' }>): Ending {
  if (outcome.kind === 'not_found')
    return { status: 'gone', words: 'It is no longer there.', exitCode: exitCodes.failed }
  const since = outcome.startedAt === null ? '' : ` since ${outcome.startedAt.toISOString()}`
  const words =
    `A run is open already${since}, by ${outcome.worker ?? 'a worker'}, ${outcome.fetched.toLocaleString('en-US')} records so far. ` +
    'See how it goes with: npm run tidemark -- status'
  return { status: 'busy', words, exitCode: exitCodes.failed }
}

const served: Ending = {
  status: 'busy',
  words: 'A worker is serving this connection, and carries out the run. See: npm run tidemark -- status',
  exitCode: exitCodes.failed,
}
