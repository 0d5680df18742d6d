import { and, asc, eq, ne } from 'drizzle-orm'
import { z } from 'zod'
import { accounts } from '../../drizzle/schema/identity.ts'
import { noteEvent } from './events.ts'
import { tellOwner } from './letters.ts'
import { confirmed, hasPassword, type By, type Confirmed } from './own-password.ts'
import { endSessions } from './people.ts'
import type { Identity } from './start.ts'

/** An account elsewhere that lets its owner in here. */
export type LinkedAccount = { id: string; label: string; since: Date }

/** The providers that let somebody in, oldest first; also one that is configured no more. */
export async function listLinkedAccounts(
  { database, providers }: Pick<Identity, 'database' | 'providers'>,
  userId: string,
): Promise<LinkedAccount[]> {
  const rows = await database.db
    .select({ id: accounts.id, providerId: accounts.providerId, since: accounts.createdAt })
    .from(accounts)
    .where(isLinked(userId))
    .orderBy(asc(accounts.createdAt))
  return rows.map(({ id, providerId, since }) => ({
    id,
    label: providers.find((provider) => provider.id === providerId)?.label ?? providerId,
    since,
  }))
}

/**
 * Takes one of them away, by the present password, and ends every other session: it may have begun there. Whoever has no password
 * chooses one first, so that it is never the last way in.
 */
export async function unlinkAccount(
  identity: Identity,
  by: By,
  { account, password }: { account: string; password: string },
): Promise<Confirmed<void>> {
  const { database, cookie } = identity
  const { person, headers } = by
  if (!(await hasPassword(identity, person.id)))
    return { kind: 'refused', code: 'CREDENTIAL_ACCOUNT_NOT_FOUND' }
  const outcome = await confirmed(identity, by, () =>
    identity.auth().api.verifyPassword({ body: { password }, headers }),
  )
  if (outcome.kind !== 'done') return outcome
  const id = z.uuid().safeParse(account).data
  const [gone] =
    id === undefined
      ? []
      : await database.db
          .delete(accounts)
          .where(and(isLinked(person.id), eq(accounts.id, id)))
          .returning({ provider: accounts.providerId })
  if (gone === undefined) return { kind: 'refused', code: 'ACCOUNT_NOT_FOUND' }
  await endSessions(identity, person.id, cookie.tokenIn(headers))
  await noteEvent(database, person.id, 'account_unlinked', by.origin, { provider: gone.provider })
  tellOwner(identity, person.email, 'account_unlinked')
  return { kind: 'done', answer: undefined }
}

const isLinked = (userId: string) => and(eq(accounts.userId, userId), ne(accounts.providerId, 'credential'))
