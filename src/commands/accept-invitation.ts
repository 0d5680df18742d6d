import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { invitations, memberships } from '../../drizzle/schema/index.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type AcceptInvitationOutcome =
  | { kind: 'joined' }
  /** They had come in by another way meanwhile; their role stays as it is. */
  | { kind: 'already_member' }
  /** Used, withdrawn, expired, for another address, or sent by somebody who looks after the members no more. */
  | { kind: 'refused' }

/**
 * Makes the person who does it a member, in the role that the invitation names. It is theirs alone, and works once: of several
 * who send it at the same time, one finds it open.
 */
export async function acceptInvitation(
  tx: Tx,
  by: Actor & { userId: string },
  tokenHash: Buffer,
): Promise<AcceptInvitationOutcome> {
  // A membership before its invitations, as everybody locks them who changes both.
  await tx
    .select({ role: memberships.role })
    .from(memberships)
    .where(eq(memberships.userId, by.userId))
    .for('update')
  const [accepted] = await tx
    .update(invitations)
    .set({ acceptedAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(invitations.tokenHash, tokenHash),
        eq(invitations.email, by.name),
        isNull(invitations.acceptedAt),
        isNull(invitations.revokedAt),
        sql`${invitations.expiresAt} > clock_timestamp()`,
        // Withdrawn with the role of whoever sent it; asked again, because a role can end by other ways than ours.
        sql`app.may_invite(${invitations.invitedBy})`,
      ),
    )
    .returning({ role: invitations.role, invitedBy: invitations.invitedBy, inviter: invitations.inviter })
  if (!accepted) return { kind: 'refused' }
  const { role, invitedBy, inviter } = accepted
  const afresh = { role, addedBy: invitedBy, addedAt: sql`clock_timestamp()` }
  const { rowCount } = await tx
    .insert(memberships)
    .values({ tenantId: sql`app.tenant_id()`, userId: by.userId, ...afresh })
    .onConflictDoUpdate({
      target: [memberships.tenantId, memberships.userId],
      set: { ...afresh, endedAt: null },
      setWhere: isNotNull(memberships.endedAt),
    })
  if (rowCount !== 1) return { kind: 'already_member' }
  await recordDeed(tx, by, { deed: 'member_joined', target: by.name, after: { role, invited_by: inviter } })
  return { kind: 'joined' }
}
