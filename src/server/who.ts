import type { KeyScope } from '../../drizzle/schema/access.ts'
import type { Identity } from '../identity/start.ts'
import type { Person } from '../identity/people.ts'
import { askerOfBearer } from './bearer.ts'

/** Whoever sent a request, once they have shown who they are. */
export type Asker =
  | { road: 'session'; person: Person; session: AskersSession }
  /** A program that acts for a person, in one workspace. */
  | {
      road: 'api_key' | 'token'
      person: Person
      keyId: string
      tenantId: string
      scopes: readonly KeyScope[]
    }

export type AskersSession = {
  /** Of the session, also where a token was shown that has been replaced. */
  id: string
  /** When its token was made. */
  renewedAt: Date
  isRenewalDue: boolean
  /** The token that was shown has been replaced and is in its last minute. */
  isReplaced: boolean
}

/**
 * Who sent this request. A request with an Authorization header is a program's and its cookies count for nothing;
 * `refused` when what it shows is not, or no longer, good.
 */
export async function whoAsks(
  locals: Pick<App.Locals, 'identity' | 'database' | 'tokens' | 'now'>,
  headers: Headers,
): Promise<Asker | undefined | 'refused'> {
  const authorization = headers.get('authorization')
  if (authorization !== null) return askerOfBearer(locals, authorization)
  return headers.has('cookie') ? askerOfCookie(locals.identity, headers) : undefined
}

async function askerOfCookie(identity: Identity, headers: Headers): Promise<Asker | undefined> {
  const found = await identity
    .auth()
    .api.getSession({ headers })
    .catch(async (error: unknown) => {
      // The library says nothing of why it failed. When the database is away, this fails with that reason.
      await identity.database.reach()
      throw error
    })
  if (found === null) return undefined
  const { user, session } = found
  return {
    road: 'session',
    person: {
      id: user.id,
      name: user.name,
      email: user.email,
      hasSecondFactor: user.twoFactorEnabled ?? false,
    },
    session: {
      id: session.renewedInto ?? session.id,
      renewedAt: session.renewedAt ?? session.createdAt,
      isRenewalDue: session.renewalDue ?? false,
      isReplaced: session.renewedInto != null,
    },
  }
}
