import { PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import { queueSchema, syncQueue } from '../drizzle/migrate.ts'
import type { QueuedRun } from './execute.ts'

export type Queue = {
  /** Hands a run to some worker. False when the connection's job is already queued or active: nothing is lost, the run waits. */
  send: (run: QueuedRun) => Promise<boolean>
  stop: () => Promise<void>
}

/**
 * The transport between the schedule and the workers. It may lose, repeat or overlap jobs and nothing goes wrong: the lease
 * on the connection is the lock, and a queued run without a job is sent again. A handler that returns has dealt with its run.
 */
export async function startQueue(options: {
  databaseUrl: string
  concurrency: number
  log: Logger
  handle: (run: QueuedRun) => Promise<void>
}): Promise<Queue> {
  const boss = new PgBoss({
    connectionString: options.databaseUrl,
    options: '-c role=tidemark_queue',
    application_name: 'tidemark queue',
    schema: queueSchema,
    max: 3,
    migrate: false,
    createSchema: false,
    schedule: false,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    useListenNotify: true,
    reindex: false,
  })
  // Unheard, an error of its background connection would end the process.
  boss.on('error', (error) => options.log.warn({ err: error }, 'queue.error'))
  await boss.start()
  await boss.work<QueuedRun>(
    syncQueue,
    {
      batchSize: 1,
      localConcurrency: options.concurrency,
      pollingIntervalSeconds: 2,
      notifyPollingIntervalSeconds: 5,
    },
    async ([job]) => {
      if (job !== undefined) await options.handle(job.data)
    },
  )
  return {
    send: async (run) => (await boss.send(syncQueue, run, { singletonKey: run.connectionId })) !== null,
    stop: () => boss.stop({ graceful: true, timeout: 10_000 }),
  }
}
