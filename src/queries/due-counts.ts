import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { askOften, atMost } from '../../drizzle/ask-often.ts'
import { edgesOf } from '../domain/due.ts'
import type { DueFilters, DueScope } from './due-parts.ts'
import { fromSteps, fromTasks } from './due.ts'

/** Counting ends here: whether 400 or 4,000 are overdue helps nobody, and reading them all on every look would keep everybody waiting. */
export const mostCounted = 200

/** `isMore`: there are more than were counted. */
export type Counted = { count: number; isMore: boolean }

/** From when on, and until before when; null where it has no end. */
export type Stretch = readonly [from: Date | null, before: Date | null]

/**
 * How much of what matches is due in each of these stretches of time, our steps and the CRM's overdue tasks, in their order: one
 * look at the index for each, whichever bucket or day the filters name.
 */
export async function countStretches(
  tx: Tx,
  scope: DueScope,
  filters: DueFilters,
  stretches: readonly Stretch[],
  most = mostCounted,
): Promise<Counted[]> {
  const during = (at: 'o.next_action_at' | 'a.due_at') => [
    sql`${sql.raw(at)} >= s.since and ${sql.raw(at)} < s.before`,
  ]
  const rows = await askOften<{ count: number }>(
    tx,
    sql`
    select l.count from ${stretchesOf(stretches)} as s (since, before, nth)
    cross join lateral (
      select count(*)::int as count from (
        (select ${fromSteps(scope, filters, during('o.next_action_at'))} ${atMost(most + 1)})
        union all (select ${fromTasks(scope, filters, during('a.due_at'), filters.terms === undefined ? sql`` : undefined)} ${atMost(most + 1)})
      ) as found
    ) as l order by s.nth`,
  )
  return rows.map(({ count }) => countedTo(count, most))
}

/** The stretches as rows of a statement, numbered from 1. */
export const stretchesOf = (stretches: readonly Stretch[]): SQL =>
  sql`unnest(${sql.param(stretches.map(([from]) => from?.toISOString() ?? '-infinity'))}::timestamptz[],
      ${sql.param(stretches.map(([, before]) => before?.toISOString() ?? 'infinity'))}::timestamptz[]) with ordinality`

/** Whoever asks how much is late is told to the last of so many. */
export const mostOverdue = 999

/**
 * How much was due before today: the one meaning that "overdue" has on every page. Our steps, and of the CRM's tasks those of which
 * no step was made here.
 */
export async function countOverdue(tx: Tx, scope: DueScope): Promise<Counted> {
  const { today } = edgesOf(scope.now, scope.timeZone)
  const [found] = await countStretches(tx, scope, {}, [[null, today]], mostOverdue)
  return found ?? { count: 0, isMore: false }
}

/** What was found, of which no more than `most` are counted. */
export const countedTo = (found: number, most = mostCounted): Counted => ({
  count: Math.min(found, most),
  isMore: found > most,
})

/** Several stretches as one: exact as long as each of them is. */
export function together(counts: readonly Counted[], most = mostCounted): Counted {
  const found = counts.reduce((sum, { count }) => sum + count, 0)
  return { count: Math.min(found, most), isMore: found > most || counts.some(({ isMore }) => isMore) }
}

/** Counts between all of these instants; what lies between two of them is given from there. */
export async function countBetween(
  tx: Tx,
  scope: DueScope,
  filters: DueFilters,
  instants: readonly Date[],
): Promise<(stretch: Stretch) => Counted> {
  const edges = [...new Set(instants.map((at) => at.getTime()))].toSorted((a, b) => a - b)
  const pieces = [...edges, Infinity].map((before, nth) => ({ from: edges[nth - 1] ?? -Infinity, before }))
  const dateOf = (at: number) => (Number.isFinite(at) ? new Date(at) : null)
  const counts = await countStretches(
    tx,
    scope,
    filters,
    pieces.map(({ from, before }) => [dateOf(from), dateOf(before)] as const),
  )
  return ([from, before]) => {
    const [first, end] = [from?.getTime() ?? -Infinity, before?.getTime() ?? Infinity]
    return together(
      counts.filter((_, nth) => {
        const piece = pieces[nth]
        return piece !== undefined && piece.from >= first && piece.before <= end
      }),
    )
  }
}
