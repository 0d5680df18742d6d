import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { steps } from './due.ts'
import { mostCounted, type Counted } from './due-summary.ts'
import type { DueFilters, DueScope } from './due-parts.ts'

export type DayLoad = Counted & { day: string }

/** How many steps that match are due on each of these days of the calendar, and how many after the last of them. */
export async function readDueLoad(
  tx: Tx,
  scope: DueScope,
  filters: DueFilters,
  days: readonly string[],
): Promise<{ days: DayLoad[]; beyond: Counted }> {
  const all = { ...filters, bucket: undefined, day: undefined, beyond: undefined }
  const counts = [
    ...days.map((day) => counted(day, steps(scope, { ...all, day }))),
    counted('beyond', steps(scope, { ...all, beyond: days.at(-1) })),
  ]
  const { rows } = await tx.execute<{ day: string; count: number }>(sql.join(counts, sql` union all `))
  const of = new Map(rows.map(({ day, count }) => [day, count]))
  const countOf = (day: string): Counted => {
    const found = of.get(day) ?? 0
    return { count: Math.min(found, mostCounted), isMore: found > mostCounted }
  }
  return { days: days.map((day) => ({ day, ...countOf(day) })), beyond: countOf('beyond') }
}

function counted(day: string, rows: SQL): SQL {
  return sql`select ${day} as day, count(*)::int as count from (select from (${rows}) as r limit ${mostCounted + 1}) as l`
}
