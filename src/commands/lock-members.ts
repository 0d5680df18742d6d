import { and, asc, eq, inArray, isNull, or, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { apiKeys, memberships, users, type MemberRole } from '../../drizzle/schema/index.ts'
import { may } from '../server/access.ts'
import type { Actor } from './record-deed.ts'

export type LockedMember =
  | { kind: 'locked'; role: MemberRole; email: string; isLastAdmin: boolean }
  /** Whoever asks is no admin, or no admin any more: somebody else was faster. */
  | { kind: 'not_allowed' }
  | { kind: 'not_found' }

/**
 * Looks at a member whom somebody wants to change. Until the transaction ends nobody else changes this member, whoever asks, or
 * any admin: of two who take away each other's rights, or the last two admins', the second sees what the first has done.
 */
export async function lockMember(tx: Tx, by: Actor, userId: string): Promise<LockedMember> {
  const meant = by.userId === null ? [userId] : [userId, by.userId]
  // In one order for everybody, so that nobody waits in a circle.
  const locked = await tx
    .select({ userId: memberships.userId, role: memberships.role })
    .from(memberships)
    .where(
      and(isNull(memberships.endedAt), or(eq(memberships.role, 'admin'), inArray(memberships.userId, meant))),
    )
    .orderBy(asc(memberships.userId))
    .for('update')
  const roleOf = (id: string) => locked.find((one) => one.userId === id)?.role
  const own = by.userId === null ? 'admin' : roleOf(by.userId)
  if (own === undefined || !may(own, 'manage_members')) return { kind: 'not_allowed' }
  const role = roleOf(userId)
  const [person] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId))
  if (role === undefined || person === undefined) return { kind: 'not_found' }
  const others = locked.filter((one) => one.role === 'admin' && one.userId !== userId)
  return { kind: 'locked', role, email: person.email, isLastAdmin: role === 'admin' && others.length === 0 }
}

/** Ends the API keys of a person in this tenant, for good: they do not come back with a new role or membership. */
export async function endKeys(tx: Tx, userId: string): Promise<number> {
  const ended = await tx
    .update(apiKeys)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id })
  return ended.length
}
