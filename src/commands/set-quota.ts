import { eq } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../../drizzle/db.ts'
import { connections } from '../../drizzle/schema/index.ts'
import { fieldsOf } from './add-tenant.ts'
import { recordDeed, type Actor } from './record-deed.ts'

const form = z.strictObject({
  /** Percent of the customer's daily limit. */
  percent: z.coerce.number('must be a number of percent').min(1, 'at least 1').max(100, 'at most 100'),
  /** The customer's daily limit; empty for what the CRM says or its connector assumes. */
  limit: z
    .union([
      z.literal('').transform(() => null),
      z.coerce.number('must be a whole number').int().min(1).max(1e9),
    ])
    .default(null),
})

/** Says how much of the customer's daily limit a connection may use. Gives what is wrong, by field; nothing when it was done. */
export async function setQuota(
  tx: Tx,
  by: Actor,
  connectionId: string,
  given: unknown,
): Promise<Record<string, string>> {
  const parsed = form.safeParse(given)
  if (!parsed.success) return fieldsOf(parsed.error)
  const { percent, limit } = parsed.data
  const [before] = await tx
    .select({ name: connections.name, share: connections.quotaShare, limit: connections.quotaLimit })
    .from(connections)
    .where(eq(connections.id, connectionId))
    .for('no key update')
  if (before === undefined) return { percent: 'the connection is gone' }
  await tx
    .update(connections)
    .set({ quotaShare: percent / 100, quotaLimit: limit })
    .where(eq(connections.id, connectionId))
  await recordDeed(tx, by, {
    deed: 'quota_changed',
    target: `connection ${before.name}`,
    before: { share: before.share, limit: before.limit },
    after: { share: percent / 100, limit },
  })
  return {}
}
