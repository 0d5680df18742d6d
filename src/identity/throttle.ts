import { hash } from 'node:crypto'
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { IdentityDatabase } from '../../drizzle/identity.ts'
import { networkOf } from '../server/address.ts'

/** Misses that cost nothing; a person mistypes. */
const freeMisses = 5
const firstWaitSeconds = 15
const longestWaitSeconds = 15 * 60
/** Tries of one account within the hour without a success, wherever they come from, after which it rests. */
const accountTries = 10

export type Try = {
  /** Seconds until this account may be tried again from this address; 0 when it may be tried now. */
  waitSeconds: number
  /** With a miss, this try locks the account, which its owner should hear of. */
  isLast: boolean
}

export type Throttle = {
  /** Counts a try before it is made, so that a hundred at the same moment are no more than one after the other. */
  enter: (account: string, address: string) => Promise<Try>
  /** Notes that the try was a miss. */
  miss: (account: string, address: string) => Promise<void>
  /** Forgets tries and misses after a success. */
  forgive: (account: string, address: string) => Promise<void>
}

/**
 * Slows down whoever guesses: per account and address with a wait that doubles, and per account over all addresses. It asks
 * nobody whether the account exists, so an unknown one rests exactly as a known one does. Kept in Postgres for all web processes.
 */
export function createThrottle({ pool }: Pick<IdentityDatabase, 'pool'>): Throttle {
  const counter = (keyPrefix: string, points: number, duration: number) =>
    new RateLimiterPostgres({
      storeClient: pool,
      schemaName: 'auth',
      tableName: 'rate_limits',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix,
      points,
      duration,
    })
  const misses = counter('miss', freeMisses, 86_400)
  const wait = counter('wait', 1, longestWaitSeconds)
  const triesOfAccount = counter('acct', accountTries, 3_600)
  const rest = counter('rest', 1, longestWaitSeconds)
  const locks = counter('lock', 1, 3_600)

  return {
    enter: async (account, address) => {
      const found = await Promise.all([wait.get(pair(account, address)), rest.get(alone(account))])
      const waitSeconds = Math.max(...found.map(secondsOf))
      if (waitSeconds > 0) return { waitSeconds, isLast: false }
      const { consumedPoints } = await triesOfAccount.penalty(alone(account))
      if (consumedPoints < accountTries) return { waitSeconds: 0, isLast: false }
      // From here on a try is allowed once per rest, to the first who takes it.
      const taken = await rest.consume(alone(account)).catch((refused: unknown) => {
        if (refused instanceof RateLimiterRes) return refused
        throw refused
      })
      if (taken.consumedPoints > 1) return { waitSeconds: secondsOf(taken), isLast: false }
      // Of many tries at the same moment, the one that is let through need not be the one that was counted as the tenth.
      const lock = await locks.penalty(alone(account))
      return { waitSeconds: 0, isLast: lock.consumedPoints === 1 }
    },
    miss: async (account, address) => {
      const here = pair(account, address)
      const { consumedPoints } = await misses.penalty(here)
      if (consumedPoints < freeMisses) return
      const seconds = firstWaitSeconds * 2 ** (consumedPoints - freeMisses)
      await wait.block(here, Math.min(longestWaitSeconds, seconds))
    },
    forgive: async (account, address) => {
      const all = alone(account)
      await Promise.all([
        misses.delete(pair(account, address)),
        ...[triesOfAccount, rest, locks].map((count) => count.delete(all)),
      ])
    },
  }
}

const secondsOf = (found: RateLimiterRes | null) => Math.ceil((found?.msBeforeNext ?? 0) / 1_000)

/** Keys are digests: what people type into the wrong field must not stand in a table. */
const alone = (account: string) => hash('sha256', account, 'base64url')
const pair = (account: string, address: string) =>
  hash('sha256', `${networkOf(address)} ${account}`, 'base64url')
