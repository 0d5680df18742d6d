import { and, desc, eq, gt, isNull } from 'drizzle-orm'
import { z } from 'zod'
import { sessions } from '../../drizzle/schema/identity.ts'
import { noteEvent, type Origin } from './events.ts'
import type { Identity } from './start.ts'

export type OwnSession = { id: string; browser: string; address: string; since: Date }

/** Where a person is signed in, latest first. */
export async function listSessions({ database }: Pick<Identity, 'database'>, userId: string) {
  const rows = await database.db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, userId), isNull(sessions.renewedInto), gt(sessions.expiresAt, new Date())))
    .orderBy(desc(sessions.createdAt))
  return rows.map(({ id, userAgent, ipAddress, createdAt }): OwnSession => ({
    id,
    browser: browserOf(userAgent ?? ''),
    address: ipAddress || 'unknown',
    since: createdAt,
  }))
}

/** Ends one session of this person. One of somebody else is left alone. */
export async function endSession(
  { database }: Pick<Identity, 'database'>,
  userId: string,
  id: string,
  origin: Origin,
): Promise<void> {
  const known = z.uuid().safeParse(id).data
  if (known === undefined) return
  const { rowCount } = await database.db
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), eq(sessions.id, known)))
  if (rowCount) await noteEvent(database, userId, 'sessions_ended', origin, { which: 'one' })
}

/** Signs out the browser that asks. Gives the cookies that say so. */
export async function signOut(
  identity: Identity,
  headers: Headers,
  by?: { userId: string; sessionId: string; origin: Origin },
): Promise<string[]> {
  const answer = await identity.auth().api.signOut({ headers, returnHeaders: true })
  if (by !== undefined) {
    // The library ends the token that was shown. Should it have been replaced a moment ago, its session would go on.
    await identity.database.db.delete(sessions).where(eq(sessions.id, by.sessionId))
    await noteEvent(identity.database, by.userId, 'signed_out', by.origin)
  }
  return answer.headers.getSetCookie()
}

/** A browser in words people know, such as "Firefox on Windows"; browsers name each other in this line, so order counts. */
export function browserOf(userAgent: string): string {
  const name = browsers.find(([mark]) => userAgent.includes(mark))?.[1]
  const system = systems.find(([mark]) => userAgent.includes(mark))?.[1]
  if (name === undefined) return userAgent.slice(0, 40) || 'unknown'
  return system === undefined ? name : `${name} on ${system}`
}

const browsers = [
  ['Edg', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['CriOS/', 'Chrome'],
  ['FxiOS/', 'Firefox'],
  ['Safari/', 'Safari'],
] as const
const systems = [
  ['Windows', 'Windows'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Mac OS', 'macOS'],
  ['Android', 'Android'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const
