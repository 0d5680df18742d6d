import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { Database } from '../drizzle/db.ts'

export type RateLimit = { requestsPerSecond: number; burst: number }

/** Seconds' worth of calls reserved at once, so that a fast API does not cost a statement per request. */
const reservedSeconds = 0.25

/**
 * The token bucket of one connection, kept in one Postgres row, so that all workers together stay polite.
 * `turn` resolves when a call of that cost may go out; it never rejects a caller, it only makes them wait.
 */
export function createRateLimit(
  database: Database,
  tenantId: string,
  connectionId: string,
  limit: RateLimit,
  stopping: AbortSignal,
) {
  const block = Math.max(1, Math.floor(limit.requestsPerSecond * reservedSeconds))
  let inHand = 0
  let reserving: Promise<void> | undefined

  /** Takes a block of tokens, waiting until the bucket has them and any silence the CRM asked for is over. */
  const reserve = async () => {
    const waitSeconds = await database.asTenant(tenantId, async (tx) => {
      const { rows } = await tx.execute<{ wait: number }>(sql`
        insert into rate_buckets as b (tenant_id, connection_id, tokens, refilled_at)
        values (${tenantId}, ${connectionId}, ${limit.burst - block}, clock_timestamp())
        on conflict (tenant_id, connection_id) do update set
          tokens = least(${limit.burst}, b.tokens
            + extract(epoch from clock_timestamp() - b.refilled_at) * ${limit.requestsPerSecond}) - ${block},
          refilled_at = clock_timestamp()
        returning greatest(0, -b.tokens / ${limit.requestsPerSecond},
          coalesce(extract(epoch from b.quiet_until - clock_timestamp()), 0))::float8 as wait`)
      return rows[0]?.wait ?? 0
    })
    if (waitSeconds > 0) await sleep(waitSeconds * 1_000, undefined, { signal: stopping })
    inHand += block
  }

  return {
    turn: async (cost = 1): Promise<void> => {
      // Several callers may wait for one reservation and find its tokens gone; they reserve again.
      for (;;) {
        if (inHand >= cost) break
        reserving ??= reserve().finally(() => {
          reserving = undefined
        })
        await reserving
      }
      inHand -= cost
    },
    /** Keeps every worker from calling this CRM for `ms`. */
    quiet: (ms: number): Promise<void> =>
      database.asTenant(tenantId, async (tx) => {
        inHand = 0
        await tx.execute(sql`update rate_buckets set quiet_until = clock_timestamp() + ${`${ms} ms`}::interval
          where tenant_id = ${tenantId} and connection_id = ${connectionId}`)
      }),
  }
}
