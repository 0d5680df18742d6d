import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { buckets, dayStretch, edgesOf, movedOften, spanOf, type Bucket } from '../domain/due.ts'
import { askOften, atMost } from '../../drizzle/ask-often.ts'
import { takenBack } from '../../drizzle/rules.ts'
import { countBetween, countedTo, mostCounted, type Counted } from './due-counts.ts'
import type { DayLoad } from './due-load.ts'
import { contactOf, wantedOpportunity, type DueFilters, type DueScope } from './due-parts.ts'
import { fromSteps, steps } from './due.ts'
import { isUnplanned } from './unplanned.ts'

export type DueOption = { value: string; word: string }

/** What the filters of the list offer. */
export type DueChoices = { owners: DueOption[]; stages: DueOption[]; pipelines: DueOption[] }

export type DueSummary = DueChoices & {
  /** Of what matches, whatever bucket or day is chosen. */
  buckets: Record<Bucket, Counted>
  /** How much is due on each of the days that were asked for, and after the last of them. */
  days: DayLoad[]
  beyond: Counted
  unplanned: Counted
  /** Steps that were put off three times or more. */
  movedOften: Counted
  /** Actions that this person completed today, and did not take back. */
  doneToday: Counted
}

/** What the page says above its list, and what its filters offer. `days` follow each other. */
export async function readDueSummary(
  tx: Tx,
  scope: DueScope,
  filters: DueFilters,
  userId: string,
  days: readonly string[],
): Promise<DueSummary> {
  const edges = edgesOf(scope.now, scope.timeZone)
  const all = timeless(filters)
  const stretches = days.map((day) => dayStretch(day, scope.timeZone))
  const [within, rows] = await Promise.all([
    countBetween(tx, scope, all, [...Object.values(edges), ...stretches.flat()]),
    askOften<Stored>(tx, besides(scope, all, userId)),
  ])
  const found = (kind: string) => rows.find((row) => row.kind === kind)?.count ?? 0
  const bucket = (name: Bucket) => within(spanOf(name, edges))
  return {
    buckets: Object.fromEntries(buckets.map((name) => [name, bucket(name)])) as Record<Bucket, Counted>,
    days: days.map((day, nth) => ({ day, ...within(stretches[nth] ?? [null, null]) })),
    beyond: within([stretches.at(-1)?.[1] ?? null, null]),
    unplanned: countedTo(found('unplanned')),
    movedOften: countedTo(found('movedOften')),
    doneToday: countedTo(found('doneToday')),
    ...choicesIn(rows),
  }
}

/** The choices alone. */
export async function readDueChoices(tx: Tx): Promise<DueChoices> {
  return choicesIn(await askOften<Stored>(tx, sql`${sql.join(choices, sql` union all `)} order by word`))
}

function choicesIn(rows: readonly Stored[]): DueChoices {
  const of = (kind: string) =>
    rows
      .filter((row) => row.kind === kind)
      .map(({ value, word }) => ({ value: value ?? '', word: word ?? '' }))
  return { owners: of('owner'), stages: of('stage'), pipelines: of('pipeline') }
}

/** The same list over all times. */
export const timeless = (filters: DueFilters): DueFilters => ({
  ...filters,
  bucket: undefined,
  day: undefined,
  beyond: undefined,
})

type Stored = { kind: string; value: string | null; word: string | null; count: number }

/** Everything besides the stretches of time, in one statement. */
function besides(scope: DueScope, filters: DueFilters, userId: string): SQL {
  const unplanned = [isUnplanned, ...wantedOpportunity(scope, filters, sql`null`)]
  const parts = [
    counted('unplanned', sql`from opportunities o ${contactOf} where ${sql.join(unplanned, sql` and `)}`),
    counted('movedOften', fromSteps(scope, { ...filters, moves: movedOften }, [])),
    counted(
      'doneToday',
      sql`from next_actions n
      where n.made_at >= ${edgesOf(scope.now, scope.timeZone).today} and n.made_by = ${userId}::uuid and n.how = 'completed' and not ${takenBack(sql`n`)}`,
    ),
    ...choices,
  ]
  return sql`${sql.join(parts, sql` union all `)} order by word`
}

const counted = (kind: string, rows: SQL): SQL =>
  sql`select ${sql.raw(`'${kind}'`)} as kind, null as value, null as word, count(*)::int as count from (select ${rows} ${atMost(mostCounted + 1)}) as l`

function option(kind: string, table: 'owners' | 'stages' | 'pipelines', isOffered: SQL): SQL {
  return sql`select ${sql.raw(`'${kind}'`)} as kind, t.id::text as value, t.name as word, 0 as count from ${sql.identifier(table)} t
    where t.deleted_at is null and ${isOffered}`
}

const choices = [
  option('owner', 'owners', sql`t.is_active is not false`),
  option('stage', 'stages', sql`t.outcome = 'open' and t.is_active`),
  option('pipeline', 'pipelines', sql`true`),
]

export type NextUp = { opportunityId: string; dueAt: Date; details: string; title: string | null }

/** The first step that lies ahead. */
export async function readNextUp(tx: Tx, scope: DueScope, filters: DueFilters): Promise<NextUp | null> {
  const ahead = [scope.now.toISOString(), 'ffffffff-ffff-ffff-ffff-ffffffffffff']
  const [first] = await askOften<{ id: string; due_at: string; details: string; title: string | null }>(
    tx,
    sql`${steps(scope, timeless(filters), ahead)} ${atMost(1)}`,
  )
  return first === undefined
    ? null
    : { opportunityId: first.id, dueAt: new Date(first.due_at), details: first.details, title: first.title }
}
