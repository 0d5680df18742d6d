import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { invitations } from '../../drizzle/schema/index.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type RevokeInvitationOutcome = { kind: 'revoked'; email: string } | { kind: 'not_found' }

/** Withdraws an invitation that nobody has accepted; its link is worth nothing from then on. */
export async function revokeInvitation(
  tx: Tx,
  by: Actor,
  invitationId: string,
): Promise<RevokeInvitationOutcome> {
  const [revoked] = await tx
    .update(invitations)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(
      and(eq(invitations.id, invitationId), isNull(invitations.acceptedAt), isNull(invitations.revokedAt)),
    )
    .returning({ email: invitations.email, role: invitations.role })
  if (!revoked) return { kind: 'not_found' }
  const { email, role } = revoked
  await recordDeed(tx, by, { deed: 'invitation_revoked', target: email, before: { role } })
  return { kind: 'revoked', email }
}
