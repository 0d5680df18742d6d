import type { Logger } from 'pino'
import { appsOf, publishApps } from '../drizzle/consent-apps.ts'
import type { Database } from '../drizzle/db.ts'
import { publishSealingKey } from '../drizzle/sealing-keys.ts'
import { executeRun, type ExecuteOptions } from './execute.ts'
import { showAlive, showGone } from './heartbeat.ts'
import { startQueue, type Queue } from './queue.ts'
import { connectWorker, executionOf, type WorkerOptions } from './run-now.ts'
import { claimDueSlots, queuedRuns, reapDeadRuns, startSchedule } from './schedule.ts'
import { forgetOldTests } from './connection-test.ts'
import { forgetAnswers, forgetNudges } from './forget.ts'
import { claimNudged } from './nudge.ts'
import { openMappingDesk } from './mapping-desk.ts'
import { openOutbox } from './outbox.ts'
import { openTestDesk } from './test-desk.ts'
import { makePartitions } from './snapshot.ts'

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
