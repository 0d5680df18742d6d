import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import type { CrmWriteState } from '../../drizzle/schema/crm-writes.ts'
import { daysLate } from '../domain/due.ts'
import { askOften, atMost } from '../../drizzle/ask-often.ts'
import { rowInForce } from '../../drizzle/rules.ts'
import {
  completedHere,
  contactOf,
  suggestionBeside,
  takenOver,
  taskDetails,
  taskOwner,
  taskWords,
  titleOf,
  wantedOpportunity,
  wantedTime,
  type DueFilters,
  type DueScope,
  dealIn,
  type DueDeal,
  type DueDealColumns,
} from './due-parts.ts'
import { orderBy, placeOf, readPlace, writePlace, type Place, type SortKey } from './keyset.ts'
import { lastTouches } from './touches.ts'
import { walk } from './walk.ts'

/** What the CRM itself has as the next step, where it differs from ours. */
export type Suggestion = {
  activityId: string
  dueAt: Date
  details: string
  kind: string
  /** The CRM has said so since our step was made. */
  isNewer: boolean
}

/** How a change stands on its way to the CRM, and what keeps it waiting or was said against it, in words. */
export type WriteNow = { state: CrmWriteState; because: string | null }

/** One thing that is due: a step of ours, or an overdue task that lives in the CRM. */
export type DueRow = DueDeal & {
  /** `step`: ours, completed here. `task`: the CRM's, done there. */
  of: 'step' | 'task'
  /** The opportunity's of a step, the activity's of a task. */
  id: string
  /** Null for a task about somebody without an open opportunity, or with several. */
  opportunityId: string | null
  /** To be given back with a completion. */
  version: number | null
  dueAt: Date
  details: string
  kind: string | null
  daysLate: number
  moves: number
  suggestion: Suggestion | null
  /** How the change that holds stands on its way to the CRM; null where it is not written there. */
  write: WriteNow | null
}

/** What is due, oldest first, our steps and the CRM's overdue tasks together; `next` is where it goes on, null at its end. */
export async function readDue(
  tx: Tx,
  scope: DueScope,
  filters: DueFilters,
  { most, from }: { most: number; from: string | null },
): Promise<{ rows: DueRow[]; next: string | null }> {
  const place = readPlace(keys, from)
  const rows = await askOften<Stored>(tx, statement(scope, filters, place, most + 1))
  const page = rows.slice(0, most)
  const last = rows.length > most ? page.at(-1) : undefined
  return {
    rows: page.map((row) => dueRow(row, scope)),
    next: last === undefined ? null : writePlace(last.place),
  }
}

/** All that is due, in the same order, as of one moment. */
export async function* walkDue(tx: Tx, scope: DueScope, filters: DueFilters): AsyncGenerator<DueRow[]> {
  for await (const rows of walk<Stored>(tx, statement(scope, filters, undefined)))
    yield rows.map((row) => dueRow(row, scope))
}

const keys: SortKey[] = [
  { value: sql`due_at`, type: 'timestamptz' },
  { value: sql`id`, type: 'uuid' },
]

type Stored = DueDealColumns &
  SuggestionColumns & {
    of: 'step' | 'task'
    id: string
    opportunity_id: string | null
    version: number | null
    due_at: string
    details: string
    kind: string | null
    moves: number
    write_state: CrmWriteState | null
    write_because: string | null
    place: Place
  }

/**
 * Each kind is read off its own index in this order, as far as a page goes; then the two are one list. What surrounds a row is
 * looked up for those of the page alone.
 */
function statement(scope: DueScope, filters: DueFilters, place: Place | undefined, most?: number): SQL {
  const upTo = most === undefined ? sql`` : atMost(most)
  return sql`
    with page as (
      select *, ${placeOf(keys)} as place from (
        (${steps(scope, filters, place)} ${upTo}) union all (${tasks(scope, filters, place)} ${upTo})) as dues
      ${orderBy(keys)} ${upTo}),
    touches as materialized (${lastTouches(scope.now, sql`opportunity_id`)})
    select p."of", p.id, p.opportunity_id, p.version, p.due_at, p.details, coalesce(p.kind, n.kind) as kind, p.title, p.amount_minor,
      coalesce(p.currency, ${scope.currency}) as currency, p.market, p.units, coalesce(s.name, p.stage_name) as stage, w.name as owner,
      greatest(tc.at, tp.at) as touched_at, coalesce(n.moves, 0) as moves, suggested.id as suggestion_id, suggested.due_at as suggestion_at,
      suggested.kind as suggestion_kind, suggested.details as suggestion, suggested.changed_at > n.made_at as is_newer,
      cw.state as write_state, coalesce(cw.refused_because, cw.waits_because) as write_because, p.place
    from page p
    left join stages s on s.id = p.stage_id and s.deleted_at is null
    left join owners w on w.id = p.owner_id and w.deleted_at is null
    left join next_actions n on p."of" = 'step' and n.opportunity_id = p.opportunity_id and n.number = p.version
    left join crm_writes cw on cw.opportunity_id = n.opportunity_id and cw.number = ${rowInForce(sql`n.opportunity_id`, sql`n.number`)}
    left join touches tc on tc."of" = p.contact_id
    left join touches tp on tp."of" = p.opportunity_id
    left join lateral (${suggestionBeside(scope, {
      opportunity: sql`p.opportunity_id`,
      contact: sql`p.contact_id`,
      dueAt: sql`p.due_at`,
      details: sql`p.details`,
      takenFrom: sql`n.suggestion_id`,
    })}) as suggested on p."of" = 'step'
    ${orderBy(keys.map((key) => ({ ...key, value: sql`p.${key.value}` })))}`
}

/** Our steps, in order. */
export const steps = (scope: DueScope, filters: DueFilters, place?: Place): SQL => sql`
  select 'step' as "of", o.id, o.id as opportunity_id, o.version, o.next_action_at as due_at, o.next_action_details as details,
    null::text as kind, ${titleOf} as title, o.amount_minor, o.currency, o.market, o.units, o.stage_id, o.stage_name, o.owner_id, o.contact_id
  ${fromSteps(
    scope,
    filters,
    [...wantedTime(scope, filters, sql`o.next_action_at`), ...beyond(place, sql`o.next_action_at, o.id`)],
    contactOf,
  )} order by o.next_action_at, o.id`

/** The rows behind them, where `also` holds. Without a contact they are counted off the index alone. */
export function fromSteps(
  scope: Pick<DueScope, 'currency'>,
  filters: DueFilters,
  also: SQL[],
  contact = filters.terms === undefined ? sql`` : contactOf,
): SQL {
  const wanted = [
    sql`o.next_action_at is not null`,
    ...wantedOpportunity(scope, filters, sql`o.next_action_details`),
    // Written out: the index of those that are put off often is used where the statement says which they are.
    ...(filters.moves === undefined
      ? []
      : [
          sql`exists (select from next_actions m where m.opportunity_id = o.id and m.number = o.version and m.moves >= ${sql.raw(String(filters.moves))})`,
        ]),
    ...also,
  ]
  return sql`from opportunities o ${contact} where ${sql.join(wanted, sql` and `)}`
}

/** The CRM's tasks that are overdue and were not taken over, in order. */
export const tasks = (scope: DueScope, filters: DueFilters, place?: Place): SQL => sql`
  select 'task' as "of", a.id, o.id as opportunity_id, o.version, a.due_at, ${taskDetails} as details, a.kind,
    ${titleOf} as title, o.amount_minor, o.currency, o.market, o.units, o.stage_id, o.stage_name, ${taskOwner} as owner_id, a.contact_id
  ${fromTasks(scope, filters, [
    ...wantedTime(scope, filters, sql`a.due_at`),
    ...beyond(place, sql`a.due_at, a.id`),
  ])} order by a.due_at, a.id`

/** The rows behind them, where `also` holds. Each join names the tenant: whoever may see several asks this of each. */
export function fromTasks(
  scope: Pick<DueScope, 'currency'> & { now: Date | SQL; taskConnectionIds: string[] | SQL },
  filters: DueFilters,
  also: SQL[],
  contact = sql`left join contacts c on c.tenant_id = a.tenant_id and c.id = a.contact_id and c.deleted_at is null`,
): SQL {
  const { now, taskConnectionIds: ids } = scope
  const wanted = [
    sql`a.connection_id = any(${Array.isArray(ids) ? sql`${sql.param(ids)}::uuid[]` : ids}) and not a.is_done and a.deleted_at is null`,
    sql`a.due_at <= ${now}`,
    sql`not ${takenOver} and not ${completedHere}`,
    sql`not exists (select from crm_writes e where e.tenant_id = a.tenant_id and e.activity_id = a.id)`,
    ...(filters.moves === undefined ? [] : [sql`false`]),
    ...wantedOpportunity(scope, filters, taskWords, taskOwner),
    ...also,
  ]
  return sql`
    from activities a
    ${contact}
    left join lateral (
      select min(m.id::text)::uuid as id from opportunities m
      where m.tenant_id = a.tenant_id and (m.id = a.opportunity_id or (a.opportunity_id is null and m.contact_id = a.contact_id)) and m.status = 'open' and m.deleted_at is null
      having count(*) = 1) as sole on true
    left join opportunities o on o.tenant_id = a.tenant_id and o.id = sole.id
    where ${sql.join(wanted, sql` and `)}`
}

/** As one comparison of the two, which an index can begin at. */
function beyond(place: Place | undefined, columns: SQL): SQL[] {
  return place === undefined ? [] : [sql`(${columns}) > (${place[0]}::timestamptz, ${place[1]}::uuid)`]
}

function dueRow(row: Stored, { now, timeZone }: DueScope): DueRow {
  const dueAt = new Date(row.due_at)
  return {
    of: row.of,
    id: row.id,
    opportunityId: row.opportunity_id,
    version: row.version,
    dueAt,
    details: row.details,
    kind: row.kind,
    ...dealIn(row),
    daysLate: daysLate(dueAt, now, timeZone),
    moves: row.moves,
    suggestion: suggestionIn(row),
    write: row.write_state === null ? null : { state: row.write_state, because: row.write_because },
  }
}

/** The columns in which a statement gives what the CRM suggests. */
export type SuggestionColumns = {
  suggestion_id: string | null
  suggestion_at: string | null
  suggestion_kind: string | null
  suggestion: string | null
  is_newer: boolean | null
}

export function suggestionIn(row: SuggestionColumns): Suggestion | null {
  if (row.suggestion_id === null || row.suggestion_at === null) return null
  return {
    activityId: row.suggestion_id,
    dueAt: new Date(row.suggestion_at),
    details: row.suggestion ?? '',
    kind: row.suggestion_kind ?? '',
    isNewer: row.is_newer ?? true,
  }
}
