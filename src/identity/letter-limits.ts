import { hash } from 'node:crypto'
import { RateLimiterPostgres } from 'rate-limiter-flexible'
import type { IdentityDatabase } from '../../drizzle/identity.ts'
import { networkOf } from '../server/address.ts'

const hourSeconds = 3_600
/** Links that one address of the network may ask for within an hour: for one account, and for all of them. */
const perPair = 3
const perAddress = 20
/** Links that go to one account within an hour, whoever asks for them. */
const perAccount = 6
/** Invitations that go to one address within an hour, from whatever workspaces. */
const perInvited = 6

export type LetterLimits = {
  /**
   * Counts one wish for a link. `waitSeconds` for whoever asks too often; `isEnough` when the account has been sent enough
   * of them by the wishes of others, which nobody is told.
   */
  take: (account: string, address: string) => Promise<{ waitSeconds: number; isEnough: boolean }>
  /** Counts one invitation to an address, apart from links: an invitation must not keep anybody from a new password. */
  isEnoughInvited: (account: string) => Promise<boolean>
}

/** Keeps strangers from flooding a mailbox. It counts unknown accounts as it counts known ones. */
export function createLetterLimits({ pool }: Pick<IdentityDatabase, 'pool'>): LetterLimits {
  const counter = (keyPrefix: string) =>
    new RateLimiterPostgres({
      storeClient: pool,
      schemaName: 'auth',
      tableName: 'rate_limits',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix,
      points: perAddress,
      duration: hourSeconds,
    })
  const [ofPair, ofAddress, ofAccount] = [counter('mail-pair'), counter('mail-addr'), counter('mail-acct')]
  const ofInvited = counter('mail-invite')
  return {
    take: async (account, address) => {
      const network = networkOf(address)
      const here = await Promise.all([
        ofPair.penalty(digest(`${network} ${account}`)),
        ofAddress.penalty(digest(network)),
      ])
      const waits = here.map(({ consumedPoints, msBeforeNext }, index) =>
        consumedPoints > (index === 0 ? perPair : perAddress) ? Math.ceil(msBeforeNext / 1_000) : 0,
      )
      const waitSeconds = Math.max(...waits)
      if (waitSeconds > 0) return { waitSeconds, isEnough: false }
      const { consumedPoints } = await ofAccount.penalty(digest(account))
      return { waitSeconds, isEnough: consumedPoints > perAccount }
    },
    isEnoughInvited: async (account) =>
      (await ofInvited.penalty(digest(account))).consumedPoints > perInvited,
  }
}

const digest = (text: string) => hash('sha256', text, 'base64url')
