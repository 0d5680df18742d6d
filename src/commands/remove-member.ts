import { eq, or, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { invitations, memberships } from '../../drizzle/schema/index.ts'
import { endInvitations } from './end-invitations.ts'
import { endKeys } from './end-keys.ts'
import { lockMember } from './lock-members.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type RemoveMemberOutcome =
  | { kind: 'removed'; email: string }
  /** Nobody would be left who may look after the members. */
  | { kind: 'last_admin' }
  | { kind: 'not_allowed' }
  | { kind: 'not_found' }

/**
 * Ends a membership, the API keys that go with it and the invitations that this member has sent. The row stays: what somebody
 * did is still theirs.
 */
export async function removeMember(tx: Tx, by: Actor, userId: string): Promise<RemoveMemberOutcome> {
  const member = await lockMember(tx, by, userId)
  if (member.kind !== 'locked') return member
  if (member.isLastAdmin) return { kind: 'last_admin' }
  await tx
    .update(memberships)
    .set({ endedAt: sql`clock_timestamp()` })
    .where(eq(memberships.userId, userId))
  await recordDeed(tx, by, {
    deed: 'member_removed',
    target: member.email,
    before: { role: member.role },
  })
  const because = `${member.email} was removed`
  await endKeys(tx, by, userId, because)
  // A link that was sent to them before they came in by another way would let them in again.
  const theirs = or(eq(invitations.email, member.email), eq(invitations.invitedBy, userId))
  await endInvitations(tx, by, theirs ?? sql`false`, because)
  return { kind: 'removed', email: member.email }
}
