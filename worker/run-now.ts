import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Config } from '../drizzle/config.ts'
import { appsOf, type AppConfig } from '../drizzle/consent-apps.ts'
import { connect, type Database } from '../drizzle/db.ts'
import { openKeyring } from '../drizzle/seal.ts'
import { connectors } from './connectors/registry.ts'
import { executeRun, type ExecuteOptions, type QueuedRun } from './execute.ts'
import type { Tell } from './events.ts'
import type { LeaseTimes } from './lease.ts'
import type { Connectors } from './open.ts'
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
  connectors?: Connectors
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
