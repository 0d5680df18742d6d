import { pino, type Logger } from 'pino'
import { startWorker } from '../../worker/main.ts'
import type { WorkerOptions } from '../../worker/run-now.ts'
import type { TestApp } from './app.ts'

/** The worker of an app of the tests, which reaches the simulator. Stop it before the app. */
export const startAppWorker = (
  app: Pick<TestApp, 'databaseUrl'>,
  config: Partial<WorkerOptions['config']> = {},
  log: Logger = pino({ level: 'silent' }),
): Promise<{ stop: () => Promise<void> }> =>
  startWorker({
    config: {
      DATABASE_URL: app.databaseUrl,
      TIDEMARK_SECRET: 'a secret that only the worker of this test knows',
      TIDEMARK_OLD_SECRETS: [],
      TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: true,
      SYNC_CRON: '0 * * * *',
      SYNC_CONCURRENCY: 2,
      ...config,
    },
    log,
  })
