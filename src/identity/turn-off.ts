import { eq } from 'drizzle-orm'
import { twoFactors, users } from '../../drizzle/schema/identity.ts'
import { noteEvent } from './events.ts'
import { tellOwner } from './letters.ts'
import { endSessions, forgetProofs, type Person } from './people.ts'
import type { Identity } from './start.ts'

/** Turns codes off for somebody who has lost both phone and recovery codes, and ends every session of theirs. `by` is who did it. */
export async function turnOffFor(identity: Identity, person: Person, by: string): Promise<void> {
  const { db } = identity.database
  await db.transaction(async (tx) => {
    await tx.update(users).set({ twoFactorEnabled: false }).where(eq(users.id, person.id))
    await tx.delete(twoFactors).where(eq(twoFactors.userId, person.id))
  })
  await endSessions(identity, person.id)
  await forgetProofs(identity, person.id)
  await noteEvent(identity.database, person.id, 'second_factor_off', {}, { by })
  if (identity.sendsMail) tellOwner(identity, person.email, 'second_factor_off')
}
