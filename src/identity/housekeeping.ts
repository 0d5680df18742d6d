import { and, isNotNull, lt } from 'drizzle-orm'
import type { Logger } from 'pino'
import type { IdentityDatabase } from '../../drizzle/identity.ts'
import { rateLimits, sessions, spentCodes, verifications } from '../../drizzle/schema/identity.ts'
import { rememberedMs } from './spent-codes.ts'

const everyMs = 3_600_000

/**
 * Forgets what has ended and proves nothing any more: sessions, links and half sign-ins, codes that no authenticator shows again,
 * counts of requests and tries. Gives how many rows there were. Any number of processes may do it at any time.
 */
export async function forgetEnded(
  { db }: Pick<IdentityDatabase, 'db'>,
  now: Date,
): Promise<Record<'sessions' | 'verifications' | 'codes' | 'counts', number>> {
  const ended = await db.delete(sessions).where(lt(sessions.expiresAt, now))
  const over = await db.delete(verifications).where(lt(verifications.expiresAt, now))
  const spent = await db
    .delete(spentCodes)
    .where(lt(spentCodes.spentAt, new Date(now.getTime() - rememberedMs)))
  const counted = await db
    .delete(rateLimits)
    .where(and(isNotNull(rateLimits.expire), lt(rateLimits.expire, now.getTime())))
  return {
    sessions: ended.rowCount ?? 0,
    verifications: over.rowCount ?? 0,
    codes: spent.rowCount ?? 0,
    counts: counted.rowCount ?? 0,
  }
}

/** Does so at the start, and once an hour. A database that is away is asked again the next time. */
export function keepHouse(
  database: Pick<IdentityDatabase, 'db'>,
  log: Logger,
): { stop: () => Promise<void> } {
  const tidy = () =>
    forgetEnded(database, new Date()).then(
      (rows) => log.info(rows, 'sign-in.forgotten'),
      (error: unknown) => log.warn({ err: error }, 'sign-in.not_tidied'),
    )
  let tidying = tidy()
  const timer = setInterval(() => {
    tidying = tidy()
  }, everyMs)
  return {
    stop: async () => {
      clearInterval(timer)
      await tidying
    },
  }
}
