import { eq } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { memberships, type MemberRole } from '../../drizzle/schema/index.ts'
import { may } from '../server/access.ts'
import { endKeys, lockMember } from './lock-members.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type ChangeRoleOutcome =
  | { kind: 'changed'; email: string }
  /** They have this role already. */
  | { kind: 'unchanged' }
  /** Nobody would be left who may look after the members. */
  | { kind: 'last_admin' }
  | { kind: 'not_allowed' }
  | { kind: 'not_found' }

/** Gives a member another role. The keys of somebody whose new role has none end with it. */
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
  const keys = may(role, 'use_api') ? 0 : await endKeys(tx, userId)
  const after = { role, ...(keys > 0 && { keys_ended: keys }) }
  await recordDeed(tx, by, {
    deed: 'role_changed',
    target: member.email,
    before: { role: member.role },
    after,
  })
  return { kind: 'changed', email: member.email }
}
