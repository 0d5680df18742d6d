import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Config } from '../drizzle/config.ts'
import { appsOf, publishApps, type AppConfig } from '../drizzle/consent-apps.ts'
import { connect, type Database } from '../drizzle/db.ts'
import { openKeyring } from '../drizzle/seal.ts'
import { publishSealingKey } from '../drizzle/sealing-keys.ts'
import type { AnyConnector } from './connectors/connector.ts'
import { connectors } from './connectors/registry.ts'
import { executeRun, type ExecuteOptions, type QueuedRun } from './execute.ts'
import type { Tell } from './events.ts'
import { showAlive, showGone } from './heartbeat.ts'
import type { LeaseTimes } from './lease.ts'
import { startQueue, type Queue } from './queue.ts'
import { claimDueSlots, queuedRuns, reapDeadRuns, startSchedule } from './schedule.ts'
import { forgetOldTests } from './connection-test.ts'
import { forgetAnswers, forgetNudges } from './forget.ts'
import { claimNudged } from './nudge.ts'
import { openMappingDesk } from './mapping-desk.ts'
import { openOutbox } from './outbox.ts'
import { openTestDesk } from './test-desk.ts'
import { makePartitions } from './snapshot.ts'
import type { Verdict } from './verdict.ts'
import type { WriteTimes } from './write.ts'

export type WorkerOptions = {
  config: Pick<Config, 'SYNC_CRON' | 'SYNC_CONCURRENCY' | 'TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS'> & {
    DATABASE_URL: string
    TIDEMARK_SECRET: string
    TIDEMARK_OLD_SECRETS?: Config['TIDEMARK_OLD_SECRETS']
  } & AppConfig
  /** The secrets that there are by now; asked when a credential was sealed with one that this worker was not started with. */
  rereadSecrets?: () => Promise<readonly string[]>
  log: Logger
  /** For tests that must not wait: shorter leases and shorter pauses between tries. */
  times?: LeaseTimes & { silenceSeconds: number }
  retryWaitsMs?: readonly number[]
  timeoutMs?: number
  writeTimes?: WriteTimes
  /** For tests that bring a CRM of their own; default the registry. */
  connectors?: ReadonlyMap<string, AnyConnector>
}

/** A worker's own database, as the role that may write records. */
export function connectWorker({ config, log }: WorkerOptions): Database {
  return connect({
    url: config.DATABASE_URL,
    role: 'tidemark_worker',
    max: config.SYNC_CONCURRENCY * 2 + 2,
    statementTimeoutMs: 60_000,
    sendsAhead: true,
    onError: (error) => log.warn({ err: error }, 'database.connection_lost'),
  })
}

/** Everything that carrying out a run needs. */
export async function executionOf(
  options: WorkerOptions,
  database: Database,
  stopping: AbortSignal,
  hear?: Tell,
): Promise<ExecuteOptions> {
  const { config, log, times, retryWaitsMs, timeoutMs } = options
  return {
    database,
    databaseUrl: config.DATABASE_URL,
    log,
    connectors: options.connectors ?? connectors,
    keyring: await openKeyring(
      [config.TIDEMARK_SECRET, ...(config.TIDEMARK_OLD_SECRETS ?? [])],
      options.rereadSecrets,
    ),
    apps: appsOf(config),
    allowPrivateHosts: config.TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS,
    worker: `${hostname()}:${process.pid}`,
    stopping,
    times,
    retryWaitsMs,
    timeoutMs,
    hear,
  }
}

/** Carries out one queued run in this process, without schedule or queue. Null when somebody else is serving the connection. */
export async function runNow(
  options: WorkerOptions,
  database: Database,
  run: QueuedRun,
  stopping: AbortSignal,
  hear?: Tell,
): Promise<Verdict | null> {
  return executeRun(await executionOf(options, database, stopping, hear), run)
}

/**
 * Starts a worker: it claims due slots, serves queued runs, several connections at once, and buries the runs of workers that
 * died. `stop` lets the page in flight land, says "cancelled" over open runs, and returns within seconds.
 */
export async function startWorker(options: WorkerOptions): Promise<{ stop: () => Promise<void> }> {
  const { config, log } = options
  const database = connectWorker(options)
  const stopping = new AbortController()
  const underWay = new Set<Promise<unknown>>()
  const execution = { ...(await executionOf(options, database, stopping.signal)), underWay }
  const startedAt = new Date()
  await makePartitions(database)
  await publishKey(database, execution, log)
  await publishApps(database, appsOf(config))
  const queue = await startQueue({
    databaseUrl: config.DATABASE_URL,
    concurrency: config.SYNC_CONCURRENCY,
    log,
    handle: async (run) => void (await executeRun(execution, run)),
  })
  const testDesk = openTestDesk(execution)
  const mappingDesk = openMappingDesk(execution)
  const outbox = openOutbox({ ...execution, writeTimes: options.writeTimes })
  const schedule = startSchedule({
    cron: config.SYNC_CRON,
    log,
    look: async () => {
      testDesk.look()
      mappingDesk.look()
      outbox.look()
      await look(options, database, queue, execution.worker, startedAt)
    },
  })
  // Somebody asked for a run or a test: no need to wait for the next look.
  const stopListening = await database.listen('tidemark_requests', () => {
    testDesk.look()
    mappingDesk.look()
    schedule.ring()
  })
  log.info(
    { worker: execution.worker, cron: config.SYNC_CRON, concurrency: config.SYNC_CONCURRENCY },
    'worker.started',
  )
  return {
    stop: async () => {
      stopping.abort()
      await stopListening()
      await schedule.stop()
      await queue.stop()
      await testDesk.closed()
      await mappingDesk.closed()
      await outbox.closed()
      await Promise.allSettled(underWay)
      await showGone(database, execution.worker).catch(() => undefined)
      await database.close()
      log.info({ worker: execution.worker }, 'worker.stopped')
    },
  }
}

/** Lets the web seal for this worker; says so when the web seals for others that hold a key unknown here. */
async function publishKey(database: Database, { keyring }: ExecuteOptions, log: Logger): Promise<void> {
  const { keyId } = await publishSealingKey(database, keyring)
  if (keyId === keyring.current.keyId) return
  log.warn(
    { key: keyring.current.keyId, published: keyId },
    'this worker was started with a former TIDEMARK_SECRET, or with a wrong one; new credentials are sealed with the key published last',
  )
}

const mostSkewMs = 5_000

/** One look around: bury the dead, claim what is due, hand out what waits. */
async function look(
  options: WorkerOptions,
  database: Database,
  queue: Queue,
  worker: string,
  startedAt: Date,
): Promise<void> {
  const { config, log } = options
  const skewMs = await showAlive(database, worker, startedAt)
  if (Math.abs(skewMs) > mostSkewMs) log.warn({ skewMs }, 'worker.clock_skew')
  const dead = await reapDeadRuns(database, options.times?.silenceSeconds)
  for (const run of dead) log.warn({ ...run }, 'run.abandoned')
  const claimed = await claimDueSlots(database, config.SYNC_CRON)
  for (const run of claimed) log.info({ ...run }, 'slot.claimed')
  // Once an hour is often enough for what is needed once a month, and needs no clock of its own.
  if (claimed.length > 0) {
    await makePartitions(database)
    await forgetOldTests(database)
    await forgetAnswers(database)
    await forgetNudges(database)
  }
  for (const run of await claimNudged(database)) log.debug({ ...run }, 'nudges.claimed')
  for (const run of await queuedRuns(database, 1_000)) await queue.send(run)
}
