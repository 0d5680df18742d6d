import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { invitations, memberships } from '../../drizzle/schema/index.ts'
import { endKeys, lockMember } from './lock-members.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type RemoveMemberOutcome =
  | { kind: 'removed'; email: string }
  /** Nobody would be left who may look after the members. */
  | { kind: 'last_admin' }
  | { kind: 'not_allowed' }
  | { kind: 'not_found' }

/** Ends a membership and the API keys that go with it. The row stays: what somebody did is still theirs. */
export async function removeMember(tx: Tx, by: Actor, userId: string): Promise<RemoveMemberOutcome> {
  const member = await lockMember(tx, by, userId)
  if (member.kind !== 'locked') return member
  if (member.isLastAdmin) return { kind: 'last_admin' }
  await tx
    .update(memberships)
    .set({ endedAt: sql`clock_timestamp()` })
    .where(eq(memberships.userId, userId))
  const keys = await endKeys(tx, userId)
  // A link that was sent to them before they came in by another way would let them in again.
  await tx
    .update(invitations)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(
      and(eq(invitations.email, member.email), isNull(invitations.acceptedAt), isNull(invitations.revokedAt)),
    )
  await recordDeed(tx, by, {
    deed: 'member_removed',
    target: member.email,
    before: { role: member.role, ...(keys > 0 && { keys_ended: keys }) },
  })
  return { kind: 'removed', email: member.email }
}
