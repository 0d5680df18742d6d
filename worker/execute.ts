import type { Logger } from 'pino'
import type { Database } from '../drizzle/db.ts'
import { asSyncError, FencedError, StoppedError, type SyncError } from './errors.ts'
import { tellLog, type RunEvent, type Tell } from './events.ts'
import {
  beat,
  leaseTimes,
  takeLease,
  whileBeating,
  type Lease,
  type LeaseTimes,
  type Progress,
} from './lease.ts'
import { lookAtNudged } from './nudge.ts'
import { openConnection, type OpenOptions } from './open.ts'
import { patient, patiently } from './patience.ts'
import { publish, type EndingRun } from './publish.ts'
import { noCounts, type Counts, type Run } from './run.ts'
import { syncConnection } from './sync.ts'
import type { Verdict } from './verdict.ts'

export type QueuedRun = { tenantId: string; connectionId: string; runId: string }

export type ExecuteOptions = Omit<OpenOptions, 'stopping'> & {
  database: Database
  log: Logger
  /** This worker's name in runs and leases. */
  worker: string
  stopping: AbortSignal
  times?: LeaseTimes
  /** Hears every fact of the run besides the log. */
  hear?: Tell
}

/**
 * Carries out one queued run from lease to verdict. Returns null when another worker has the connection or the run is
 * already being served, and when the lease is lost on the way: the run then belongs to somebody else.
 */
export async function executeRun(options: ExecuteOptions, who: QueuedRun): Promise<Verdict | null> {
  const times = options.times ?? leaseTimes
  // Should the answer to its COMMIT be lost, the run is called abandoned when its lease is over, and asked for again.
  const lease = await patiently(() => takeLease(options.database, who, options.worker, times))
  if (lease === null) return null
  const lost = new AbortController()
  const stopping = AbortSignal.any([options.stopping, lost.signal])
  const progress: Progress = { all: noCounts(), now: null }
  const pulse = () => beat(options.database, who, lease.fence, times, progress)
  const log = tellLog(options.log, { ...who, id: who.runId })
  const tell: Tell = (fact) => {
    follow(progress, fact)
    log(fact)
    options.hear?.(fact)
  }
  try {
    return await whileBeating(
      pulse,
      times.beatSeconds,
      (error) => lost.abort(error),
      () => serve({ ...options, stopping }, who, lease, tell),
    )
  } catch (error) {
    if (!(error instanceof FencedError)) throw error
    options.log.warn(
      { run: who.runId, connection: who.connectionId },
      'the lease passed to another worker; this run is no longer ours',
    )
    return null
  }
}

async function serve(options: ExecuteOptions, who: QueuedRun, lease: Lease, tell: Tell): Promise<Verdict> {
  const startedMs = performance.now()
  tell({ event: 'run.started', trigger: lease.trigger, fence: lease.fence })
  const run = await open(options, who, lease, tell)
  const verdict = await conclude(run)
  const { requests, retries } = run.fetcher.traffic
  const counts = noCounts()
  for (const end of run.ended) add(counts, end.counts)
  const trouble = verdict.error === null ? {} : { code: verdict.error.code, reason: verdict.error.detail }
  tell({
    event: 'run.finished',
    status: verdict.status,
    ms: Math.round(performance.now() - startedMs),
    counts,
    requests,
    retries,
    ...trouble,
  })
  return verdict
}

/** Carries the run out and ends it; the CRM's sockets are closed however it went. */
async function conclude(run: Run | Unopened): Promise<Verdict> {
  try {
    const endedBy = 'failure' in run ? run.failure : await outcomeOf(run)
    return await publish(run, endedBy)
  } finally {
    await run.fetcher.close?.()
  }
}

type Unopened = EndingRun & { failure: SyncError; fetcher: { close?: undefined } }

/** The run, or as much of it as is needed to say why it could not begin. */
async function open(
  options: ExecuteOptions,
  who: QueuedRun,
  lease: Lease,
  tell: Tell,
): Promise<Run | Unopened> {
  const { tenantId, connectionId, runId: id } = who
  const database = patient(options.database)
  const { fence, trigger, lookedSince } = lease
  const base = { tenantId, connectionId, id, fence, trigger, lookedSince, database, ended: [] }
  try {
    const connection = await openConnection(
      { ...options, database, purpose: trigger === 'nudge' ? 'look' : 'pass' },
      who,
    )
    const { full, acceptAbsence, streams: only } = lease
    return { ...base, ...connection, only, full, acceptAbsence, stopping: options.stopping, tell }
  } catch (error) {
    const traffic = { requests: 0, retries: 0, bytes: 0 }
    return { ...base, failure: asSyncError(error), connector: { label: 'the CRM' }, fetcher: { traffic } }
  }
}

/** What ended the run early; null when every stream had its turn. A lost lease is no outcome: it is thrown on. */
async function outcomeOf(run: Run): Promise<SyncError | StoppedError | null> {
  try {
    await (run.trigger === 'nudge' ? lookAtNudged(run) : syncConnection(run))
    return null
  } catch (error) {
    if (error instanceof FencedError || run.stopping.reason instanceof FencedError)
      throw new FencedError('the lease was lost')
    return error instanceof StoppedError ? error : asSyncError(error)
  }
}

function follow(progress: Progress, fact: RunEvent): void {
  if (fact.event === 'page.landed') progress.now = fact
  if (fact.event !== 'stream.finished') return
  add(progress.all, fact.counts)
  progress.now = null
}

function add(into: Counts, counts: Counts): void {
  for (const key of Object.keys(into) as (keyof Counts)[]) into[key] += counts[key]
}
