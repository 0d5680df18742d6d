import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { IdentityDatabase } from '../../drizzle/identity.ts'

/** Requests that one identity may send within a minute. */
export const requestsPerMinute = 100

export type Limits = {
  /** Counts one request of `who`. Seconds to wait before the next one is answered; 0 when this one may be. */
  take: (who: string) => Promise<number>
}

/** Counts requests in Postgres, so that all web processes share one count; in memory while the database is away. */
export function createLimits({ pool }: Pick<IdentityDatabase, 'pool'>, points = requestsPerMinute): Limits {
  const duration = 60
  const limiter = new RateLimiterPostgres({
    storeClient: pool,
    schemaName: 'auth',
    tableName: 'rate_limits',
    tableCreated: true,
    // Everything that has ended is forgotten in one place: src/identity/housekeeping.ts.
    clearExpiredByTimeout: false,
    keyPrefix: 'req',
    points,
    duration,
    // Whoever is over the limit is turned away without asking the database again.
    inMemoryBlockOnConsumed: points + 1,
    insuranceLimiter: new RateLimiterMemory({ points, duration }),
  })
  return {
    take: (who) =>
      limiter.consume(who).then(
        () => 0,
        (refused: unknown) => {
          if (refused instanceof RateLimiterRes) return Math.max(1, Math.ceil(refused.msBeforeNext / 1_000))
          throw refused
        },
      ),
  }
}
