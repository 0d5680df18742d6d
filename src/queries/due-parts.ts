import { sql, type SQL } from 'drizzle-orm'
import { takenBack } from '../../drizzle/rules.ts'
import { dayStretch, edgesOf, longestDetails, spanOf, type Bucket } from '../domain/due.ts'

/**
 * What the page stands on: the database's clock, where the workspace's days begin, the currency of amounts that name none, and the
 * connections whose activities are complete (overdue tasks come from no other). Our own steps wait for nothing.
 */
export type DueScope = { now: Date; timeZone: string; currency: string; taskConnectionIds: string[] }

/** An opportunity as these lists show it. */
export type DueDeal = {
  title: string | null
  valueMinor: bigint | null
  currency: string
  market: string | null
  units: number | null
  stage: string | null
  owner: string | null
  /** The last real contact: a note, or an activity that was done. */
  touchedAt: Date | null
}

export type DueDealColumns = {
  title: string | null
  amount_minor: string | null
  currency: string
  market: string | null
  units: number | null
  stage: string | null
  owner: string | null
  touched_at: string | null
}

/** The opportunity of a row; text of bigint and timestamptz columns read exactly. */
export function dealIn(row: DueDealColumns): DueDeal {
  return {
    title: row.title,
    valueMinor: row.amount_minor === null ? null : BigInt(row.amount_minor),
    currency: row.currency,
    market: row.market,
    units: row.units,
    stage: row.stage,
    owner: row.owner,
    touchedAt: row.touched_at === null ? null : new Date(row.touched_at),
  }
}

export type DueFilters = {
  /** Ids of owners in the CRM; one person may be several of them. */
  owners?: readonly string[] | undefined
  stage?: string | undefined
  pipeline?: string | undefined
  bucket?: Bucket | undefined
  /** `2026-11-24`, of the workspace's calendar. */
  day?: string | undefined
  /** A day of the workspace's calendar; what is due after it. */
  beyond?: string | undefined
  /** Every one of these words stands in the title, the contact's name, or the step. */
  terms?: string[] | undefined
  /** Amount in the workspace's own currency, minor units, from which on. */
  least?: bigint | undefined
  /** Put off so often, at least. */
  moves?: number | undefined
}

/** Conditions on an opportunity `o` with its contact `c`; `words` is the text of what is due, `owner` whose it is. */
export function wantedOpportunity(
  scope: Pick<DueScope, 'currency'>,
  filters: DueFilters,
  words: SQL,
  owner = sql`o.owner_id`,
): SQL[] {
  const { owners, stage, pipeline, terms = [], least } = filters
  return [
    ...(owners === undefined ? [] : [sql`${owner} = any(${sql.param([...owners])}::uuid[])`]),
    ...(stage === undefined ? [] : [sql`o.stage_id = ${stage}::uuid`]),
    ...(pipeline === undefined ? [] : [sql`o.pipeline_id = ${pipeline}::uuid`]),
    ...(least === undefined
      ? []
      : [sql`o.amount_minor >= ${least} and coalesce(o.currency, ${scope.currency}) = ${scope.currency}`]),
    ...terms.map(
      (term) =>
        sql`concat_ws(' ', o.title, c.first_name, c.last_name, ${words}) ilike ${`%${term.replaceAll(/[\\%_]/g, '\\$&')}%`}`,
    ),
  ]
}

/** When something is due that a filter asks for. */
export function wantedTime({ now, timeZone }: DueScope, { bucket, day, beyond }: DueFilters, at: SQL): SQL[] {
  const [from, before] = bucket === undefined ? [null, null] : spanOf(bucket, edgesOf(now, timeZone))
  const startOf = (of: string) => dayStretch(of, timeZone)[0]
  const endOf = (of: string) => dayStretch(of, timeZone)[1]
  return [
    ...(from === null ? [] : [sql`${at} >= ${from}`]),
    ...(before === null ? [] : [sql`${at} < ${before}`]),
    ...(day === undefined ? [] : [sql`${at} >= ${startOf(day)} and ${at} < ${endOf(day)}`]),
    ...(beyond === undefined ? [] : [sql`${at} >= ${endOf(beyond)}`]),
  ]
}

/** The name people know an opportunity `o` by: its title, else its contact's. */
export const titleOf = sql`coalesce(o.title, nullif(concat_ws(' ', c.first_name, c.last_name), ''))`

/** The contact of an opportunity `o`. */
export const contactOf = sql`left join contacts c on c.tenant_id = o.tenant_id and c.id = o.contact_id and c.deleted_at is null`

/**
 * The CRM's own next step about the opportunity in row `row`: its first activity that is not done, by the opportunity or else by
 * its contact. A task that we made there ourselves is our own step come back, and one that was completed here is done: no plan of the
 * CRM's until somebody changes it there.
 */
export function suggestionOf(
  { taskConnectionIds }: DueScope,
  row: { opportunity: SQL; contact: SQL },
  also: SQL[] = [],
): SQL {
  const wanted = [
    sql`(a.opportunity_id = ${row.opportunity} or (a.opportunity_id is null and a.contact_id = ${row.contact}))`,
    sql`a.connection_id = any(${sql.param(taskConnectionIds)}::uuid[]) and not a.is_done and a.deleted_at is null and a.due_at is not null`,
    sql`not exists (
      select from crm_writes e where e.activity_id = a.id and (e.seen_hash is null or e.seen_hash = a.content_hash))`,
    sql`not ${completedHere}`,
    ...also,
  ]
  return sql`
    select a.id, a.due_at, a.kind, ${taskDetails} as details, a.changed_at
    from activities a where ${sql.join(wanted, sql` and `)} order by a.due_at, a.id limit 1`
}

/** A step of ours about an opportunity and its contact; `takenFrom` is the activity that it was taken from. */
type StepRow = Record<'opportunity' | 'contact' | 'dueAt' | 'details' | 'takenFrom', SQL>

/**
 * The same beside a step of ours: the first that says something else. What the step was taken from says something else once its time or
 * its words are others than when it was taken over last, wherever ours was moved meanwhile.
 */
export const suggestionBeside = (scope: DueScope, step: StepRow): SQL =>
  suggestionOf(scope, step, [
    sql`(a.due_at, ${taskDetails}) is distinct from (${step.dueAt}, ${step.details})`,
    sql`(a.id is distinct from ${step.takenFrom} or ((a.due_at, ${taskDetails}) = (
      select m.due_at, m.details from next_actions m
      where m.tenant_id = a.tenant_id and m.opportunity_id = ${step.opportunity} and m.suggestion_id = a.id
        and m.how in ('suggested', 'merged') and not ${takenBack(sql`m`)}
      order by m.number desc limit 1)) is not true)`,
  ])

/** A task `a` of the CRM was taken over and is the step that is open now; about which opportunity, does not matter. */
export const takenOver = sql`exists (
  select from next_actions m
  join opportunities t on t.tenant_id = m.tenant_id and t.id = m.opportunity_id and t.version = m.number
  where m.tenant_id = a.tenant_id and m.suggestion_id = a.id)`

/** A task `a` of the CRM was taken over and completed here, and the CRM has said nothing new about it since. */
export const completedHere = sql`exists (
  select from next_actions m join next_actions d on d.tenant_id = m.tenant_id and d.opportunity_id = m.opportunity_id
    and d.number = m.number + 1 and d.how = 'completed' and d.made_at >= a.changed_at
  where m.tenant_id = a.tenant_id and m.suggestion_id = a.id)`

/** Whose a task `a` of the CRM is: its opportunity's owner's, else, also where it belongs to no single one, its own. */
export const taskOwner = sql`coalesce(o.owner_id, a.owner_id)`

/** What a task `a` of the CRM is about, in its own words. */
export const taskWords = sql`coalesce(nullif(a.subject, ''), nullif(a.details, ''), a.kind)`

/** The same, as long as what is due may be. */
export const taskDetails = sql`left(${taskWords}, ${longestDetails})`
