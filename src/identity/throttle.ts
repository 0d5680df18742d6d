import { hash } from 'node:crypto'
import { RateLimiterPostgres } from 'rate-limiter-flexible'
import type { IdentityDatabase } from '../../drizzle/identity.ts'

/** Misses that cost nothing; a person mistypes. */
const freeMisses = 5
const firstWaitSeconds = 15
const longestWaitSeconds = 15 * 60
/** Misses of one account within the hour, wherever they come from, after which it rests. */
const accountMisses = 10

export type Throttle = {
  /** Seconds until this account may be tried again from this address; 0 when it may. */
  waitSeconds: (account: string, address: string) => Promise<number>
  /** Notes a miss. True when the account has been locked by it, which its owner should hear of. */
  miss: (account: string, address: string) => Promise<boolean>
  /** Forgets the misses after a success. */
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
  const missesOfAccount = counter('acct', accountMisses, 3_600)
  const rest = counter('rest', 1, longestWaitSeconds)

  return {
    waitSeconds: async (account, address) => {
      const found = await Promise.all([wait.get(pair(account, address)), rest.get(alone(account))])
      return Math.max(0, ...found.map((one) => Math.ceil((one?.msBeforeNext ?? 0) / 1_000)))
    },
    miss: async (account, address) => {
      const here = pair(account, address)
      const { consumedPoints } = await misses.penalty(here)
      if (consumedPoints >= freeMisses) {
        const seconds = firstWaitSeconds * 2 ** (consumedPoints - freeMisses)
        await wait.block(here, Math.min(longestWaitSeconds, seconds))
      }
      const everywhere = await missesOfAccount.penalty(alone(account))
      if (everywhere.consumedPoints < accountMisses) return false
      await rest.block(alone(account), longestWaitSeconds)
      return everywhere.consumedPoints === accountMisses
    },
    forgive: async (account, address) => {
      await Promise.all([misses.delete(pair(account, address)), missesOfAccount.delete(alone(account))])
    },
  }
}

/** Keys are digests: what people type into the wrong field must not stand in a table. */
const alone = (account: string) => hash('sha256', account, 'base64url')
const pair = (account: string, address: string) => hash('sha256', `${address} ${account}`, 'base64url')
