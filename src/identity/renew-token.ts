import { randomUUID } from 'node:crypto'
import { generateRandomString } from 'better-auth/crypto'
import { and, eq, isNull } from 'drizzle-orm'
import type { IdentityDatabase } from '../../drizzle/identity.ts'
import { sessions } from '../../drizzle/schema/identity.ts'

/** A session that is not renewed for so long has ended. */
export const sessionDays = 7
/** Requests that were under way with the old token may still arrive. */
const graceMs = 60_000

type Seen = { ipAddress: string | null; userAgent: string | null }

/**
 * Replaces the token of a session, which keeps its id. Undefined where another request was faster, or where this is itself a
 * token that was replaced: the row of the session is locked until both tokens stand there, so one request wins.
 */
export async function renewToken(
  { db }: Pick<IdentityDatabase, 'db'>,
  token: string,
  seen: Seen,
): Promise<{ token: string; expiresAt: Date } | undefined> {
  const now = Date.now()
  const renewed = {
    token: generateRandomString(32, 'a-z', 'A-Z', '0-9'),
    expiresAt: new Date(now + sessionDays * 86_400_000),
  }
  return db.transaction(async (tx) => {
    const [session] = await tx
      .update(sessions)
      .set({ ...renewed, ...seen, renewedAt: new Date(now), renewalDue: false })
      .where(and(eq(sessions.token, token), isNull(sessions.renewedInto)))
      .returning()
    if (session === undefined) return undefined
    const { id: renewedInto, userId, createdAt } = session
    const expiresAt = new Date(now + graceMs)
    await tx
      .insert(sessions)
      .values({ id: randomUUID(), userId, token, expiresAt, renewedInto, createdAt, ...seen })
    return renewed
  })
}

/** Makes every session of a person get a new token with its next page. Nobody is signed out by it. */
export async function renewSessions({ db }: Pick<IdentityDatabase, 'db'>, userId: string): Promise<void> {
  await db
    .update(sessions)
    .set({ renewalDue: true })
    .where(and(eq(sessions.userId, userId), isNull(sessions.renewedInto)))
}
