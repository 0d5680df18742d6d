import { and, eq } from 'drizzle-orm'
import { accounts } from '../../drizzle/schema/identity.ts'
import { noteEvent, type Origin } from './events.ts'
import { isGuessable } from './guessable.ts'
import { tellOwner } from './letters.ts'
import { forgetProofs, type Person } from './people.ts'
import { orRefusal } from './refusal.ts'
import type { Identity } from './start.ts'

/** What came of a deed that asks for the present password. */
export type Confirmed<T> =
  | { kind: 'done'; answer: T }
  | { kind: 'wrong_password' }
  | { kind: 'wait'; seconds: number }
  /** The library's word for what else stood in the way. */
  | { kind: 'refused'; code: string }

/** The person, and where their request came from. */
export type By = { person: Person; origin: Origin; headers: Headers }

/** Whether somebody has a password at all; whoever comes in by a provider may have none. */
export async function hasPassword(
  { database }: Pick<Identity, 'database'>,
  userId: string,
): Promise<boolean> {
  const found = await database.db
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(eq(accounts.userId, userId), eq(accounts.providerId, 'credential')))
  return found.length > 0
}

/** Does what asks for the present password, at the pace of a sign-in: a stolen session must not get to guess faster. */
export async function confirmed<T>(
  { throttle, database }: Identity,
  { person, origin }: By,
  deed: () => Promise<T>,
): Promise<Confirmed<T>> {
  const { waitSeconds } = await throttle.enter(person.email, origin.address)
  if (waitSeconds > 0) return { kind: 'wait', seconds: waitSeconds }
  const asked = await orRefusal(deed())
  if (asked.kind === 'refused' && asked.code === 'INVALID_PASSWORD') {
    await throttle.miss(person.email, origin.address)
    await noteEvent(database, person.id, 'sign_in_failed', origin, { at: 'own settings' })
    return { kind: 'wrong_password' }
  }
  if (asked.kind === 'done') await throttle.forgive(person.email, origin.address)
  return asked
}

/** Changes a password. Every session but a new one of this browser ends, and no browser is trusted any more. */
export async function changePassword(
  identity: Identity,
  by: By,
  { present, next }: { present: string; next: string },
): Promise<Confirmed<string[]>> {
  if (await isGuessable(next, [by.person.email, by.person.name]))
    return { kind: 'refused', code: 'PASSWORD_GUESSABLE' }
  const outcome = await confirmed(identity, by, () =>
    identity.auth().api.changePassword({
      body: { currentPassword: present, newPassword: next, revokeOtherSessions: true },
      headers: by.headers,
      returnHeaders: true,
    }),
  )
  if (outcome.kind !== 'done') return outcome
  await forgetProofs(identity, by.person.id)
  await noteEvent(identity.database, by.person.id, 'password_changed', by.origin, { by: 'the present one' })
  tellOwner(identity, by.person.email, 'password_changed')
  return { kind: 'done', answer: outcome.answer.headers.getSetCookie() }
}
