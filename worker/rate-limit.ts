import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import type { Database } from '../drizzle/db.ts'
import { quotaDay } from '../drizzle/quota.ts'

export type RateLimit = { requestsPerSecond: number; burst: number }

/** Seconds' worth of calls reserved at once, so that a fast API does not cost a statement per request. */
const reservedSeconds = 0.25

/** How the day's use is counted: in which zone a day begins, and what hears how much is used by now, others' included. */
export type DayCount = { zone: string; used: number; hear: (used: number) => void }

/**
 * The token bucket of one connection, kept in one Postgres row, so that all workers together stay polite.
 * `turn` resolves when a call of that cost may go out; it never rejects a caller, it only makes them wait. With the same statement
 * the day's use is counted, whoever asks: a sync, a look, a test, a write.
 */
export function createRateLimit(
  database: Database,
  tenantId: string,
  connectionId: string,
  limit: RateLimit,
  stopping: AbortSignal,
  day: DayCount,
) {
  const block = Math.max(1, Math.floor(limit.requestsPerSecond * reservedSeconds))
  let inHand = 0
  /** What went out, or is about to, and is not counted yet. */
  let owed = 0
  let told: number | null = null
  let { used } = day
  let reserving: Promise<void> | undefined

  const count = (units: number) => sql`
    insert into quota_days as q (tenant_id, connection_id, day, used, told_limit)
    values (${tenantId}, ${connectionId}, ${quotaDay(sql`${day.zone}`)}, ${units}, ${told}::bigint)
    on conflict (tenant_id, connection_id, day) do update set used = q.used + excluded.used,
      told_limit = coalesce(excluded.told_limit, q.told_limit), updated_at = clock_timestamp()
    returning used`

  /** Takes a block of tokens, waiting until the bucket has them and any silence the CRM asked for is over. */
  const reserve = async () => {
    const counting = owed
    const waitSeconds = await database.asTenant(tenantId, async (tx) => {
      const { rows } = await tx.execute<{ wait: number; used: string }>(sql`
        with counted as (${count(counting)})
        insert into rate_buckets as b (tenant_id, connection_id, tokens, refilled_at)
        values (${tenantId}, ${connectionId}, ${limit.burst - block}, clock_timestamp())
        on conflict (tenant_id, connection_id) do update set
          tokens = least(${limit.burst}, b.tokens
            + extract(epoch from clock_timestamp() - b.refilled_at) * ${limit.requestsPerSecond}) - ${block},
          refilled_at = clock_timestamp()
        returning greatest(0, -b.tokens / ${limit.requestsPerSecond},
          coalesce(extract(epoch from b.quiet_until - clock_timestamp()), 0))::float8 as wait,
          (select used from counted) as used`)
      used = Number(rows[0]?.used ?? 0)
      return rows[0]?.wait ?? 0
    })
    owed -= counting
    used += owed
    day.hear(used)
    if (waitSeconds > 0) await sleep(waitSeconds * 1_000, undefined, { signal: stopping })
    inHand += block
  }

  return {
    turn: async (cost = 1, units = 1): Promise<void> => {
      owed += units
      used += units
      day.hear(used)
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
    /** The day's limit, as the CRM told it. */
    tell: (limit: number): void => {
      told = limit
    },
    /** Counts what is not counted yet; to be called when no more goes out. */
    settle: async (): Promise<void> => {
      const counting = owed
      owed = 0
      if (counting > 0) await database.asTenant(tenantId, (tx) => tx.execute(count(counting)))
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
