import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { invitations } from '../../drizzle/schema/index.ts'
import { lockAsAdmin } from './lock-members.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type RevokeInvitationOutcome =
  | { kind: 'revoked'; email: string }
  /** Whoever asks looks after the members no more. */
  | { kind: 'not_allowed' }
  | { kind: 'not_found' }

/** Withdraws an invitation that nobody has accepted; its link is worth nothing from then on. */
export async function revokeInvitation(
  tx: Tx,
  by: Actor,
  invitationId: string,
): Promise<RevokeInvitationOutcome> {
  if (!(await lockAsAdmin(tx, by))) return { kind: 'not_allowed' }
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
