import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { buckets, edgesOf, movedOften, type Bucket } from '../domain/due.ts'
import { steps, tasks } from './due.ts'
import { contactOf, wantedOpportunity, type DueFilters, type DueScope } from './due-parts.ts'
import { isUnplanned } from './unplanned.ts'

/** Counting ends here: whether 400 or 4,000 are overdue helps nobody, and reading them all on every look would keep everybody waiting. */
export const mostCounted = 200

/** `isMore`: there are more than were counted. */
export type Counted = { count: number; isMore: boolean }

export type DueOption = { value: string; word: string }

export type DueSummary = {
  /** Of what matches, whatever bucket or day is chosen. */
  buckets: Record<Bucket, Counted>
  unplanned: Counted
  /** Steps that were put off three times or more. */
  movedOften: Counted
  /** Actions that this person completed today. */
  doneToday: number
  /** The first step that lies ahead. */
  nextUp: { opportunityId: string; dueAt: Date; details: string; title: string | null } | null
  owners: DueOption[]
  stages: DueOption[]
  pipelines: DueOption[]
}

/** What the page says above its list, and what its filters offer. */
export async function readDueSummary(
  tx: Tx,
  scope: DueScope,
  filters: DueFilters,
  userId: string,
): Promise<DueSummary> {
  const { now, timeZone } = scope
  const all = { ...filters, bucket: undefined, day: undefined }
  const unplanned = [isUnplanned, ...wantedOpportunity(scope, filters, sql`null`)]
  const counts = [
    ...buckets.map((bucket) => counted(bucket, both(scope, { ...all, bucket }))),
    counted(
      'unplanned',
      sql`select from opportunities o ${contactOf} where ${sql.join(unplanned, sql` and `)}`,
    ),
    counted('movedOften', steps(scope, { ...all, moves: movedOften })),
    sql`select 'doneToday' as kind, null as value, null as word, count(*)::int as count from next_actions n
      where n.made_at >= ${edgesOf(now, timeZone).today} and n.made_by = ${userId}::uuid and n.how = 'completed'`,
    option('owner', 'owners', sql`t.is_active is not false`),
    option('stage', 'stages', sql`t.outcome = 'open' and t.is_active`),
    option('pipeline', 'pipelines', sql`true`),
  ]
  const { rows } = await tx.execute<Stored>(sql`${sql.join(counts, sql` union all `)} order by word`)
  const of = (kind: string) => rows.filter((row) => row.kind === kind)
  const options = (kind: string) =>
    of(kind).map(({ value, word }) => ({ value: value ?? '', word: word ?? '' }))
  const count = (kind: string): Counted => {
    const found = of(kind)[0]?.count ?? 0
    return { count: Math.min(found, mostCounted), isMore: found > mostCounted }
  }
  return {
    buckets: { overdue: count('overdue'), today: count('today'), week: count('week'), later: count('later') },
    unplanned: count('unplanned'),
    movedOften: count('movedOften'),
    doneToday: of('doneToday')[0]?.count ?? 0,
    nextUp: await readNextUp(tx, scope, all),
    owners: options('owner'),
    stages: options('stage'),
    pipelines: options('pipeline'),
  }
}

type Stored = { kind: string; value: string | null; word: string | null; count: number }

const both = (scope: DueScope, filters: DueFilters): SQL =>
  sql`(${steps(scope, filters)}) union all (${tasks(scope, filters)})`

function counted(kind: string, rows: SQL): SQL {
  return sql`select ${kind} as kind, null as value, null as word, count(*)::int as count from (select from (${rows}) as r limit ${mostCounted + 1}) as l`
}

function option(kind: string, table: 'owners' | 'stages' | 'pipelines', isOffered: SQL): SQL {
  return sql`select ${kind} as kind, t.id::text as value, t.name as word, 0 as count from ${sql.identifier(table)} t
    where t.deleted_at is null and ${isOffered}`
}

async function readNextUp(tx: Tx, scope: DueScope, filters: DueFilters): Promise<DueSummary['nextUp']> {
  const ahead = [scope.now.toISOString(), 'ffffffff-ffff-ffff-ffff-ffffffffffff']
  const { rows } = await tx.execute<{ id: string; due_at: string; details: string; title: string | null }>(
    sql`${steps(scope, filters, ahead)} limit 1`,
  )
  const [first] = rows
  return first === undefined
    ? null
    : { opportunityId: first.id, dueAt: new Date(first.due_at), details: first.details, title: first.title }
}
