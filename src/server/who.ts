import type { KeyScope } from '../../drizzle/schema/access.ts'
import type { Person } from '../identity/people.ts'
import type { Access } from '../queries/access.ts'
import { findSession, type AskersSession } from '../queries/session.ts'
import { askerOfBearer } from './bearer.ts'

/** Whoever sent a request, once they have shown who they are. */
export type Asker = {
  person: Person
  /**
   * What they may enter: of a session the workspace that the request names, or without a name the first two there are; of a key its
   * own, whatever is named.
   */
  access: readonly Access[]
} & (
  | { road: 'session'; session: AskersSession }
  /** A program that acts for a person, in one workspace. */
  | { road: 'api_key' | 'token'; keyId: string; tenantId: string; scopes: readonly KeyScope[] }
)

/**
 * Who sent this request, which means this workspace. A request with an Authorization header is a program's and its cookies count
 * for nothing; `refused` when what it shows is not, or no longer, good.
 */
export async function whoAsks(
  locals: Pick<App.Locals, 'identity' | 'database' | 'tokens' | 'now'>,
  headers: Headers,
  workspace: string | null,
): Promise<Asker | undefined | 'refused'> {
  const authorization = headers.get('authorization')
  if (authorization !== null) return askerOfBearer(locals, authorization)
  const token = locals.identity.cookie.tokenIn(headers)
  const found = token === undefined ? undefined : await findSession(locals.database, token, workspace)
  return found && { road: 'session', ...found }
}
