import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { IdentityDatabase } from '../../drizzle/identity.ts'
import { gather } from './gather.ts'

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
  const counts = gather<undefined, number>(async (who, takers) => {
    const counted = await limiter.consume(who, takers.length).catch((refused: unknown) => {
      if (refused instanceof RateLimiterRes) return refused
      throw refused
    })
    // A count of 0 is that of somebody who was over the limit already.
    const before = counted.consumedPoints === 0 ? points : counted.consumedPoints - takers.length
    const wait = Math.max(1, Math.ceil(counted.msBeforeNext / 1_000))
    return takers.map((_, nth) => (before + nth < points ? 0 : wait))
  })
  return { take: (who) => counts.ask(who, undefined) }
}
