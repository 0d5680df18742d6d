import { sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../../drizzle/db.ts'
import { wonTargets } from '../../drizzle/schema/index.ts'
import { isCurrency, minorUnitsOf, type NumberSigns } from '../domain/amount.ts'
import { fieldsOf } from './add-tenant.ts'
import { recordDeed, type Actor } from './record-deed.ts'

const currency = z
  .string()
  .trim()
  .toUpperCase()
  .refine(isCurrency, 'Give the three letters of a currency, such as USD.')

/** What is asked of somebody who sets a target. An empty amount takes it away. */
const target = (signs: NumberSigns) =>
  z.strictObject({ currency, amount: z.string().trim().max(40) }).transform((given, context) => {
    const amountMinor = given.amount === '' ? null : minorUnitsOf(given.amount, given.currency, signs)
    if (amountMinor === null || (amountMinor !== undefined && amountMinor > 0n))
      return { currency: given.currency, amountMinor }
    const message = `Give an amount above nothing in ${given.currency}, such as 500${signs.group}000.`
    context.addIssue({ code: 'custom', path: ['amount'], message })
    return z.NEVER
  })

export type SetTargetOutcome =
  | { kind: 'set'; currency: string; amountMinor: bigint | null }
  | { kind: 'unchanged' }
  /** By the name of the field, what is wrong with it. */
  | { kind: 'invalid'; fields: Record<string, string> }

/** Says what is to be won each month in a currency, from this month on; months that have passed keep what was said for them. */
export async function setTarget(
  tx: Tx,
  by: Actor,
  { timeZone, signs }: { timeZone: string; signs: NumberSigns },
  given: unknown,
): Promise<SetTargetOutcome> {
  const parsed = target(signs).safeParse(given)
  if (!parsed.success) return { kind: 'invalid', fields: fieldsOf(parsed.error) }
  const { currency: of, amountMinor } = parsed.data
  const month = sql`date_trunc('month', now() at time zone ${timeZone})::date`
  const { rows } = await tx.execute<{ amount: string | null }>(sql`
    select amount_minor as amount from ${wonTargets}
    where currency = ${of} and from_month <= ${month} order by from_month desc limit 1`)
  const before = rows[0]?.amount ?? null
  if (before === (amountMinor?.toString() ?? null)) return { kind: 'unchanged' }
  await tx
    .insert(wonTargets)
    .values({ tenantId: sql`app.tenant_id()`, currency: of, fromMonth: month, amountMinor })
    .onConflictDoUpdate({
      target: [wonTargets.tenantId, wonTargets.currency, wonTargets.fromMonth],
      set: { amountMinor, setAt: sql`clock_timestamp()` },
    })
  const minor = (amount: string | null) => ({ amount_minor: amount, currency: of })
  await recordDeed(tx, by, {
    deed: 'target_set',
    target: `monthly target in ${of}`,
    before: minor(before),
    after: minor(amountMinor?.toString() ?? null),
  })
  return { kind: 'set', currency: of, amountMinor }
}
