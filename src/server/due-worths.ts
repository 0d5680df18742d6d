import type { Tx } from '../../drizzle/db.ts'
import { buckets, edgesOf, spanOf, type Bucket } from '../domain/due.ts'
import { countedWords, money } from '../format.ts'
import { mostCounted, together, type Counted, type Stretch } from '../queries/due-counts.ts'
import type { DueFilters, DueScope } from '../queries/due-parts.ts'
import { timeless, type DueSummary } from '../queries/due-summary.ts'
import { readDueValues, type Worth } from '../queries/due-values.ts'

/** What is due in each bucket is worth, and what is due now; null where there is more than is counted. */
export type DueWorths = Record<Bucket | 'now', Worth[] | null>

/** Adds up the buckets that were counted to their end, whatever bucket or day the filters name. */
export async function readWorths(
  tx: Tx,
  scope: DueScope,
  filters: DueFilters,
  { buckets: counted }: Pick<DueSummary, 'buckets'>,
): Promise<DueWorths> {
  const edges = edgesOf(scope.now, scope.timeZone)
  const asked: [name: Bucket | 'now', Counted, Stretch][] = [
    ...buckets.map((name): [Bucket, Counted, Stretch] => [name, counted[name], spanOf(name, edges)]),
    ['now', together([counted.overdue, counted.today], mostCounted), [null, edges.tomorrow]],
  ]
  const added = asked.filter(([, { count, isMore }]) => count > 0 && !isMore)
  const worths = await readDueValues(
    tx,
    scope,
    timeless(filters),
    added.map(([, , stretch]) => stretch),
  )
  const of = ([name, { isMore }]: (typeof asked)[number]) => {
    const nth = added.findIndex(([one]) => one === name)
    return [name, isMore ? null : (worths[nth] ?? [])] as const
  }
  return Object.fromEntries(asked.map(of)) as DueWorths
}

/** "$755,820 and CA$12,000": never one sum of several currencies. */
export const worthWords = (worth: readonly Worth[]): string =>
  inAList.format(worth.map(({ amountMinor, currency }) => money(amountMinor, currency)))

const inAList = new Intl.ListFormat('en-US')

/** How many there are in a bucket and what they are worth, in words. */
export function totalWords(
  counted: Counted,
  worth: readonly Worth[] | null,
): { count: string; worth: string } {
  return {
    count: countedWords(counted),
    worth:
      worth === null
        ? `More than ${mostCounted} are not added up`
        : worth.length === 0
          ? 'No value'
          : worthWords(worth),
  }
}
