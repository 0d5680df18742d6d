import { sql, type SQL } from 'drizzle-orm'
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

/** Conditions on an opportunity `o` with its contact `c`; `words` is the text of what is due. */
export function wantedOpportunity(scope: Pick<DueScope, 'currency'>, filters: DueFilters, words: SQL): SQL[] {
  const { owners, stage, pipeline, terms = [], least } = filters
  return [
    ...(owners === undefined ? [] : [sql`o.owner_id = any(${sql.param([...owners])}::uuid[])`]),
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
export function suggestionOf({ taskConnectionIds }: DueScope, row: { opportunity: SQL; contact: SQL }): SQL {
  return sql`
    select a.id, a.due_at, a.kind, left(${taskWords}, ${longestDetails}) as details, a.changed_at
    from activities a
    where (a.opportunity_id = ${row.opportunity} or (a.opportunity_id is null and a.contact_id = ${row.contact}))
      and a.connection_id = any(${sql.param(taskConnectionIds)}::uuid[]) and not a.is_done and a.deleted_at is null and a.due_at is not null
      and not exists (
        select from crm_writes e where e.activity_id = a.id and (e.seen_hash is null or e.seen_hash = a.content_hash))
      and not ${completedHere(row.opportunity)}
    order by a.due_at, a.id limit 1`
}

/** A task `a` of the CRM was taken over for this opportunity and completed here, and the CRM has said nothing new about it since. */
export const completedHere = (opportunity: SQL): SQL => sql`exists (
  select from next_actions m join next_actions d on d.tenant_id = m.tenant_id and d.opportunity_id = m.opportunity_id
    and d.number = m.number + 1 and d.how = 'completed' and d.made_at >= a.changed_at
  where m.tenant_id = a.tenant_id and m.opportunity_id = ${opportunity} and m.suggestion_id = a.id)`

/** What a task `a` of the CRM is about, in its own words. */
export const taskWords = sql`coalesce(nullif(a.subject, ''), nullif(a.details, ''), a.kind)`
