import { and, asc, eq, ne } from 'drizzle-orm'
import { sessions, users, verifications } from '../../drizzle/schema/identity.ts'
import type { Identity } from './start.ts'

export type Person = { id: string; name: string; email: string; hasSecondFactor: boolean }

type People = Pick<Identity, 'auth' | 'database'>

/** The one spelling under which an address is kept. No address has control characters, and one of them Postgres would not read. */
export const emailOf = (given: string): string =>
  given
    .replace(/\p{Cc}/gu, '')
    .trim()
    .toLowerCase()

export async function findPerson(
  { database }: Pick<People, 'database'>,
  email: string,
): Promise<Person | undefined> {
  const [found] = await database.db
    .select(personColumns)
    .from(users)
    .where(eq(users.email, emailOf(email)))
  return found
}

export async function findPersonById(
  { database }: Pick<People, 'database'>,
  id: string,
): Promise<Person | undefined> {
  const [found] = await database.db.select(personColumns).from(users).where(eq(users.id, id))
  return found
}

/** Everybody, by address. */
export async function listPeople({ database }: Pick<People, 'database'>): Promise<Person[]> {
  return database.db.select(personColumns).from(users).orderBy(asc(users.email))
}

const personColumns = {
  id: users.id,
  name: users.name,
  email: users.email,
  hasSecondFactor: users.twoFactorEnabled,
}

/**
 * Makes a person known. Their address counts as proven: they are only ever made by whoever followed a link that was sent
 * there, or on the command line. Without a password they can come in by a provider only.
 */
export async function addPerson(
  { auth }: People,
  { name, email, password }: { name: string; email: string; password?: string | undefined },
): Promise<Person> {
  const { internalAdapter, password: passwords } = await auth().$context
  const user = await internalAdapter.createUser(
    { name, email: emailOf(email), emailVerified: true },
    { method: 'email-password' },
  )
  if (password !== undefined) {
    await internalAdapter.linkAccount({
      userId: user.id,
      providerId: 'credential',
      accountId: user.id,
      password: await passwords.hash(password),
    })
  }
  return { id: user.id, name, email: user.email, hasSecondFactor: false }
}

/** Ends every session of a person, or every one but the one they are using. Their next request is one of a stranger. */
export async function endSessions(
  { database }: Pick<People, 'database'>,
  userId: string,
  exceptToken?: string,
): Promise<void> {
  const others = exceptToken === undefined ? undefined : ne(sessions.token, exceptToken)
  await database.db.delete(sessions).where(and(eq(sessions.userId, userId), others))
}

/** Makes every proof of a person worthless that is still about: links to a new password, half sign-ins, trusted browsers. */
export async function forgetProofs({ database }: Pick<People, 'database'>, userId: string): Promise<void> {
  await database.db.delete(verifications).where(eq(verifications.value, userId))
}
