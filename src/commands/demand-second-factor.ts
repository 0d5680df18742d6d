import { ne } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { tenants } from '../../drizzle/schema/index.ts'
import { lockAsAdmin } from './lock-members.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type DemandSecondFactorOutcome =
  | { kind: 'changed' }
  | { kind: 'unchanged' }
  /** Whoever asks looks after the members no more. */
  | { kind: 'not_allowed' }

/** Says whether this workspace opens only to those who have set up a second factor. It holds from the next request on. */
export async function demandSecondFactor(
  tx: Tx,
  by: Actor,
  isDemanded: boolean,
): Promise<DemandSecondFactorOutcome> {
  if (!(await lockAsAdmin(tx, by))) return { kind: 'not_allowed' }
  const [changed] = await tx
    .update(tenants)
    .set({ requiresSecondFactor: isDemanded })
    .where(ne(tenants.requiresSecondFactor, isDemanded))
    .returning({ name: tenants.name })
  if (!changed) return { kind: 'unchanged' }
  const deed = isDemanded ? 'second_factor_demanded' : 'second_factor_no_longer_demanded'
  await recordDeed(tx, by, { deed, target: `everybody in ${changed.name}` })
  return { kind: 'changed' }
}
