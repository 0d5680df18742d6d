import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { wonTargets } from '../../drizzle/schema/index.ts'

/** What is to be won in a month, in one currency. */
export type WonTarget = { currency: string; amountMinor: bigint; setAt: Date }

/** The targets of the month that it is where the workspace is, by currency. */
export async function readTargets(tx: Tx, { timeZone }: { timeZone: string }): Promise<WonTarget[]> {
  const { rows } = await tx.execute<{ currency: string; amount: string; set_at: string }>(sql`
    select t.currency, t.amount_minor as amount, t.set_at from (
      select distinct on (currency) currency, amount_minor, set_at from ${wonTargets}
      where from_month <= (now() at time zone ${timeZone})::date order by currency, from_month desc) t
    where t.amount_minor is not null order by t.currency`)
  return rows.map(({ currency, amount, set_at }) => ({
    currency,
    amountMinor: BigInt(amount),
    setAt: new Date(set_at),
  }))
}
