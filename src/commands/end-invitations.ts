import { and, isNull, sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { invitations } from '../../drizzle/schema/index.ts'
import { recordDeed, type Actor } from './record-deed.ts'

/** Withdraws those open invitations that `which` names, each with a line of its own; `because` says in words what ended it. */
export async function endInvitations(tx: Tx, by: Actor, which: SQL, because: string): Promise<void> {
  const ended = await tx
    .update(invitations)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(which, isNull(invitations.acceptedAt), isNull(invitations.revokedAt)))
    .returning({ email: invitations.email, role: invitations.role })
  for (const { email, role } of ended)
    await recordDeed(tx, by, {
      deed: 'invitation_revoked',
      target: email,
      before: { role },
      after: { because },
    })
}
