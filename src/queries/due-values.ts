import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { askOften, atMost } from '../../drizzle/ask-often.ts'
import { mostCounted, stretchesOf, type Stretch } from './due-counts.ts'
import type { DueFilters, DueScope } from './due-parts.ts'
import { fromSteps, fromTasks } from './due.ts'

/** What opportunities are worth in one currency: in its minor unit, exactly. */
export type Worth = { currency: string; amountMinor: bigint }

/**
 * What the opportunities are worth of which something is due in each of these stretches of time, per currency, in their order. An
 * opportunity with several actions in a stretch is one; those of no known value add nothing. Only for stretches that hold no more
 * than are counted: then as little is read as was for the count, however much the tenant has.
 */
export async function readDueValues(
  tx: Tx,
  scope: DueScope,
  filters: DueFilters,
  stretches: readonly Stretch[],
): Promise<Worth[][]> {
  if (stretches.length === 0) return []
  const value = sql`select o.id, o.amount_minor, coalesce(o.currency, ${scope.currency}) as currency`
  const during = (at: 'o.next_action_at' | 'a.due_at') => [
    sql`${sql.raw(at)} >= s.since and ${sql.raw(at)} < s.before`,
  ]
  const noContact = filters.terms === undefined ? sql`` : undefined
  const rows = await askOften<{ nth: string; currency: string; amount_minor: string }>(
    tx,
    sql`
    select s.nth, d.currency, sum(d.amount_minor) as amount_minor from ${stretchesOf(stretches)} as s (since, before, nth)
    cross join lateral (
      select distinct * from (
        (${value} ${fromSteps(scope, filters, during('o.next_action_at'))} ${atMost(mostCounted)})
        union all (${value} ${fromTasks(scope, filters, during('a.due_at'), noContact)} ${atMost(mostCounted)})
      ) as found where amount_minor is not null
    ) as d group by s.nth, d.currency order by s.nth, sum(d.amount_minor) desc, d.currency`,
  )
  return stretches.map((_, index) =>
    rows
      .filter(({ nth }) => Number(nth) === index + 1)
      .map(({ currency, amount_minor }) => ({ currency, amountMinor: BigInt(amount_minor) })),
  )
}
