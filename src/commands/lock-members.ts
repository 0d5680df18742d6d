import { and, asc, eq, inArray, isNull, or } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { memberships, users, type MemberRole } from '../../drizzle/schema/index.ts'
import { may, type Deed } from '../server/access.ts'
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
  const roleOf = await lockAdmins(tx, by.userId === null ? [userId] : [userId, by.userId])
  if (!looksAfterMembers(by, roleOf)) return { kind: 'not_allowed' }
  const role = roleOf.get(userId)
  const [person] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId))
  if (role === undefined || person === undefined) return { kind: 'not_found' }
  const others = [...roleOf].filter(([id, other]) => other === 'admin' && id !== userId)
  return { kind: 'locked', role, email: person.email, isLastAdmin: role === 'admin' && others.length === 0 }
}

/**
 * Whether whoever asks looks after the members at this moment. Until the transaction ends they do, and nobody else changes
 * anything about the members here: what was let in by the role of a moment ago must not outlive it.
 */
export async function lockAsAdmin(tx: Tx, by: Actor): Promise<boolean> {
  return looksAfterMembers(by, await lockAdmins(tx, by.userId === null ? [] : [by.userId]))
}

/** Whether a member may do this at this moment; until the transaction ends they may. Two deeds of theirs follow each other. */
export async function lockOwnRole(tx: Tx, userId: string, deed: Deed): Promise<boolean> {
  const [own] = await tx
    .select({ role: memberships.role })
    .from(memberships)
    .where(and(isNull(memberships.endedAt), eq(memberships.userId, userId)))
    .for('update')
  return own !== undefined && may(own.role, deed)
}

/** The present roles of all admins, and of these people, by their ids. */
async function lockAdmins(tx: Tx, userIds: readonly string[]): Promise<Map<string, MemberRole>> {
  // In one order for everybody, so that nobody waits in a circle.
  const locked = await tx
    .select({ userId: memberships.userId, role: memberships.role })
    .from(memberships)
    .where(
      and(
        isNull(memberships.endedAt),
        or(eq(memberships.role, 'admin'), inArray(memberships.userId, [...userIds])),
      ),
    )
    .orderBy(asc(memberships.userId))
    .for('update')
  return new Map(locked.map(({ userId, role }) => [userId, role]))
}

/** The command line does, whoever sits there. */
function looksAfterMembers({ userId }: Actor, roleOf: ReadonlyMap<string, MemberRole>): boolean {
  const own = userId === null ? 'admin' : roleOf.get(userId)
  return own !== undefined && may(own, 'manage_members')
}
