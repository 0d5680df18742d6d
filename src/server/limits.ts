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
  /** Those who came while the count of the same identity was under way: they are counted together, next. */
  const waiting = new Map<string, Taker[]>()

  async function count(who: string, takers: Taker[]): Promise<void> {
    try {
      const counted = await limiter.consume(who, takers.length).catch((refused: unknown) => {
        if (refused instanceof RateLimiterRes) return refused
        throw refused
      })
      // A count of 0 is that of somebody who was over the limit already.
      const before = counted.consumedPoints === 0 ? points : counted.consumedPoints - takers.length
      const wait = Math.max(1, Math.ceil(counted.msBeforeNext / 1_000))
      for (const [nth, { resolve }] of takers.entries()) resolve(before + nth < points ? 0 : wait)
    } catch (error) {
      for (const { reject } of takers) reject(error)
    }
    const next = waiting.get(who) ?? []
    if (next.length === 0) {
      waiting.delete(who)
      return
    }
    waiting.set(who, [])
    await count(who, next)
  }

  return {
    take: (who) => {
      const taker = Promise.withResolvers<number>()
      const queue = waiting.get(who)
      if (queue !== undefined) queue.push(taker)
      else {
        waiting.set(who, [])
        void count(who, [taker])
      }
      return taker.promise
    },
  }
}

type Taker = PromiseWithResolvers<number>
