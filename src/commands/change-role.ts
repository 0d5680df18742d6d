import { eq } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { invitations, memberships, type MemberRole } from '../../drizzle/schema/index.ts'
import { may } from '../server/access.ts'
import { endInvitations } from './end-invitations.ts'
import { endKeys } from './end-keys.ts'
import { lockMember } from './lock-members.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type ChangeRoleOutcome =
  | { kind: 'changed'; email: string }
  /** They have this role already. */
  | { kind: 'unchanged' }
  /** Nobody would be left who may look after the members. */
  | { kind: 'last_admin' }
  | { kind: 'not_allowed' }
  | { kind: 'not_found' }

/**
 * Gives a member another role. The keys of somebody whose new role has none end with it, and so do the invitations of somebody
 * who looks after the members no more.
 */
export async function changeRole(
  tx: Tx,
  by: Actor,
  userId: string,
  role: MemberRole,
): Promise<ChangeRoleOutcome> {
  const member = await lockMember(tx, by, userId)
  if (member.kind !== 'locked') return member
  if (member.role === role) return { kind: 'unchanged' }
  // Whoever is the last admin becomes something less, whatever it is.
  if (member.isLastAdmin) return { kind: 'last_admin' }
  await tx.update(memberships).set({ role }).where(eq(memberships.userId, userId))
  const after = { role }
  await recordDeed(tx, by, {
    deed: 'role_changed',
    target: member.email,
    before: { role: member.role },
    after,
  })
  const because = `${member.email} is ${role} now`
  if (!may(role, 'use_api')) await endKeys(tx, by, userId, because)
  if (!may(role, 'manage_members')) await endInvitations(tx, by, eq(invitations.invitedBy, userId), because)
  return { kind: 'changed', email: member.email }
}
