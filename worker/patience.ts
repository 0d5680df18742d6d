import pRetry from 'p-retry'
import type { Database } from '../drizzle/db.ts'

/** Waits between tries: a database that restarts is back within half a minute, or the lease is lost anyway. */
const waitsMs = [250, 1_000, 2_000, 4_000, 8_000, 10_000]

const passingCodes = ['40001', '40P01', '55P03', '53300', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']
const passingMessages =
  /connection terminated|connection ended|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error/i

/** True for trouble with the database that ends by itself: a restart, a deadlock, a lock held too long. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code = '' } = error as NodeJS.ErrnoException
  const isServerGone = code.startsWith('08') || code.startsWith('57P')
  return (
    isServerGone ||
    passingCodes.includes(code) ||
    passingMessages.test(error.message) ||
    isPassing(error.cause)
  )
}

/** Does `work`, which must be safe to do twice, again while the database is in passing trouble. */
export function patiently<T>(work: () => Promise<T>): Promise<T> {
  return pRetry(work, {
    retries: waitsMs.length,
    minTimeout: 0,
    maxTimeout: 0,
    shouldRetry: ({ error }) => isPassing(error),
    onFailedAttempt: ({ error, attemptNumber }) =>
      isPassing(error)
        ? new Promise((resolve) => void setTimeout(resolve, waitsMs[attemptNumber - 1] ?? 0))
        : undefined,
  })
}

/**
 * A database whose transactions are done again while it is in passing trouble. What is done in them must be safe to do
 * twice: a COMMIT whose answer was lost may have happened.
 */
export const patient = (database: Database): Database => ({
  ...database,
  asTenant: (tenantId, work, sight) => patiently(() => database.asTenant(tenantId, work, sight)),
  askTenant: (tenantId, question) => patiently(() => database.askTenant(tenantId, question)),
})
