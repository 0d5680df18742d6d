import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { isQualified } from '../../drizzle/rules.ts'
import type { FirstTouch } from '../domain/leads.ts'
import { furtherValues, type Further } from './further-fields.ts'
import { areKept, isOf, isOurs, type LeadScope } from './lead-groups.ts'
import { after, nullsLast, readPlace, writePlace, type Place, type SortKey } from './keyset.ts'
import { walk } from './walk.ts'

export type LeadFilters = {
  /** Those that came at this moment or later; null: all, also those of which the CRM does not say when. */
  from: Date | null
  /** Those that came before this moment; null: up to now. */
  to: Date | null
  /** In the CRM's words; `-` for those without. */
  source?: string | undefined
  /** The id of a stage; `-` for those without. */
  stage?: string | undefined
  owner?: string | undefined
  isQualified: boolean
  /** Those of a known date with whom nobody was in touch since, as far as complete notes and activities tell. */
  isUntouched: boolean
  terms: readonly string[]
}

export const leadSorts = ['created', 'name', 'source', 'stage', 'owner'] as const
export type LeadSort = { by: (typeof leadSorts)[number]; isDescending: boolean }

export type LeadRow = {
  id: string
  contactId: string | null
  name: string | null
  source: string | null
  stage: string | null
  isQualified: boolean
  createdAt: Date | null
  /** The first note, or the first activity that was done, from then on; null where there is none. */
  touchedAt: Date | null
  owner: string | null
  /** Of an opportunity of the same person. */
  market: string | null
  /** The further fields that were asked for, of the newest opportunity of the same person, by their names. */
  further: Record<string, unknown> | null
}

/** How soon somebody was in touch with the leads that came from `from` until `to`, by what notes and activities tell. */
export async function readFirstTouch(
  tx: Tx,
  scope: LeadScope,
  { from, to }: { from: Date; to: Date | null },
): Promise<FirstTouch> {
  const { rows } = await tx.execute<{ median: string | null; untouched: string }>(sql`
    with l as materialized (
      select l.id, l.contact_id, l.source_created_at as at from leads l
      where ${isOurs(scope)} and l.connection_id = any(${sql.param(scope.touchedIn)}::uuid[])
        and l.source_created_at >= ${from} and l.source_created_at <= ${scope.now} ${to === null ? sql`` : sql`and l.source_created_at < ${to}`}),
    touches as (
      select n.contact_id, n.noted_at as at from notes n
      where n.tenant_id = ${scope.tenantId} and n.noted_at >= ${from} and n.noted_at <= ${scope.now} and n.deleted_at is null
      union all
      select a.contact_id, coalesce(a.completed_at, a.due_at) from activities a
      where a.tenant_id = ${scope.tenantId} and a.is_done and a.deleted_at is null
        and coalesce(a.completed_at, a.due_at) >= ${from} and coalesce(a.completed_at, a.due_at) <= ${scope.now}),
    first as (
      select l.id, min(t.at) - min(l.at) as waited from l join touches t on t.contact_id = l.contact_id and t.at >= l.at group by l.id)
    select extract(epoch from (select percentile_cont(0.5) within group (order by waited) from first)) as median,
      (select count(*) from l) - (select count(*) from first) as untouched`)
  const row = rows[0]
  return {
    medianMs: row?.median == null ? null : Number(row.median) * 1_000,
    untouched: Number(row?.untouched ?? 0),
  }
}

/** How many match; of all time, what is kept of them says it as long as nothing else is asked. */
export async function countLeads(tx: Tx, scope: LeadScope, filters: LeadFilters): Promise<number> {
  const { owner, isUntouched, terms } = filters
  const areSums = areKept(filters) && owner === undefined && !isUntouched && terms.length === 0
  const { rows } = await tx.execute<{ count: string }>(sql`
    select ${areSums ? sql`coalesce(sum(l.count), 0)` : sql`count(*)`} as count from ${areSums ? sql`lead_sums` : sql`leads`} l
    ${filters.isQualified ? sql`left join stages s on s.tenant_id = l.tenant_id and s.id = l.stage_id and s.deleted_at is null` : sql``}
    where ${matches(scope, filters)} ${areSums ? sql`` : sql`and l.deleted_at is null`}`)
  return Number(rows[0]?.count)
}

/** How many of these connections' leads the CRM gives no date of; no period holds them. */
export async function countUndated(tx: Tx, scope: LeadScope): Promise<number> {
  const { rows } = await tx.execute<{ count: string }>(sql`
    select count(*) as count from leads l where ${isOurs(scope)} and l.source_created_at is null`)
  return Number(rows[0]?.count)
}

/** One page of the leads that match, in an order; `next` is where it goes on, null at its end. */
export async function readLeads(
  tx: Tx,
  scope: LeadScope,
  filters: LeadFilters,
  { sort, after: from, most }: { sort: LeadSort; after: string | null; most: number },
): Promise<{ rows: LeadRow[]; next: string | null }> {
  const place = readPlace(keysOf(sort), from)
  const { rows } = await tx.execute<Stored>(statement(scope, filters, sort, { place, most: most + 1 }))
  const page = rows.slice(0, most)
  const last = rows.length > most ? page.at(-1) : undefined
  return { rows: page.map(leadOf), next: last === undefined ? null : writePlace(last.place) }
}

/** All that match, in their order and as of one moment. */
export async function* walkLeads(
  tx: Tx,
  scope: LeadScope,
  filters: LeadFilters,
  sort: LeadSort,
  further: readonly Further[] = [],
): AsyncGenerator<LeadRow[]> {
  for await (const rows of walk<Stored>(tx, statement(scope, filters, sort, { further })))
    yield rows.map(leadOf)
}

/** What surrounds a lead is looked up for those of the page alone. */
function statement(
  scope: LeadScope,
  filters: LeadFilters,
  sort: LeadSort,
  {
    place,
    most,
    further = [],
  }: { place?: Place | undefined; most?: number; further?: readonly Further[] } = {},
): SQL {
  const keys = keysOf(sort)
  const [value, , nothing] = columns[sort.by]
  return sql`
    with page as materialized (
      select l.id, l.tenant_id, l.contact_id, l.connection_id, l.name, l.source, coalesce(s.name, l.stage_name) as stage,
        ${isQualified('l', 's')} as is_qualified, l.source_created_at as created_at, w.name as owner, ${sql.raw(value)} as sort_value
      from leads l
      left join stages s on s.tenant_id = l.tenant_id and s.id = l.stage_id and s.deleted_at is null
      left join owners w on w.tenant_id = l.tenant_id and w.id = l.owner_id and w.deleted_at is null
      where ${matches(scope, filters)} and l.deleted_at is null and ${place === undefined ? sql`true` : after(keys, place)}
      ${nullsLast(sql.raw(value), sort.isDescending)}, l.id ${most === undefined ? sql`` : sql`limit ${most}`}),
    touches as (
      select p.id, min(t.at) as at from page p join (
        select n.contact_id, n.noted_at as at from notes n
        where n.contact_id in (select contact_id from page) and n.tenant_id = ${scope.tenantId} and n.deleted_at is null
        union all
        select a.contact_id, coalesce(a.completed_at, a.due_at) from activities a
        where a.contact_id in (select contact_id from page) and a.tenant_id = ${scope.tenantId} and a.is_done and a.deleted_at is null) t
        on t.contact_id = p.contact_id and t.at >= p.created_at and t.at <= ${scope.now}
      where p.connection_id = any(${sql.param(scope.touchedIn)}::uuid[])
      group by p.id),
    markets as (
      select o.contact_id, min(o.market) as market from opportunities o
      where o.contact_id in (select contact_id from page) and o.tenant_id = ${scope.tenantId} and o.market is not null and o.deleted_at is null
      group by o.contact_id)
    select p.*, t.at as touched_at, m.market, ${furtherOfPerson(scope, further)} as further, array[(p.sort_value is null)::text, coalesce(p.sort_value, ${sql.raw(nothing)})::text, p.id::text] as place
    from page p
    left join touches t on t.id = p.id
    left join markets m on m.contact_id = p.contact_id
    order by p.sort_value is null, p.sort_value ${sort.isDescending ? sql`desc` : sql``}, p.id`
}

function furtherOfPerson({ tenantId }: LeadScope, further: readonly Further[]): SQL {
  if (further.length === 0) return sql`null::jsonb`
  return sql`(
    select ${furtherValues(further)} from opportunities o
    where o.tenant_id = ${tenantId} and o.contact_id = p.contact_id and o.deleted_at is null
    order by o.source_created_at desc nulls last, o.id limit 1)`
}

/** Whether they are removed is not asked: of sums it could not be. */
function matches(
  scope: LeadScope,
  { from, to, source, stage, owner, isQualified: onlyQualified, isUntouched, terms }: LeadFilters,
): SQL {
  const conditions = [
    isOf(scope),
    ...(from === null ? [] : [sql`l.source_created_at >= ${from}`]),
    ...(to === null ? [] : [sql`l.source_created_at < ${to}`]),
    ...(source === undefined
      ? []
      : [source === '-' ? sql`coalesce(l.source, '') = ''` : sql`l.source = ${source}`]),
    ...(stage === undefined
      ? []
      : [stage === '-' ? sql`l.stage_id is null` : sql`l.stage_id = ${stage}::uuid`]),
    ...(owner === undefined ? [] : [sql`l.owner_id = ${owner}::uuid`]),
    ...(onlyQualified ? [isQualified('l', 's')] : []),
    ...(isUntouched ? [wasNotTouched(scope)] : []),
    ...terms.map((term) => {
      const pattern = `%${term.replaceAll(/[\\%_]/g, '\\$&')}%`
      return sql`(l.name ilike ${pattern} or l.source ilike ${pattern})`
    }),
  ]
  return sql.join(conditions, sql` and `)
}

function wasNotTouched({ tenantId, touchedIn, now }: LeadScope): SQL {
  const isAfter = (at: SQL) => sql`${at} >= l.source_created_at and ${at} <= ${now}`
  return sql`l.connection_id = any(${sql.param(touchedIn)}::uuid[]) and l.source_created_at <= ${now}
    and not exists (select from notes n where n.tenant_id = ${tenantId} and n.contact_id = l.contact_id and n.deleted_at is null
      and ${isAfter(sql`n.noted_at`)})
    and not exists (select from activities a where a.tenant_id = ${tenantId} and a.contact_id = l.contact_id and a.is_done and a.deleted_at is null
      and ${isAfter(sql`coalesce(a.completed_at, a.due_at)`)})`
}

/** What is not known comes last, whichever way the rest goes. */
function keysOf({ by, isDescending }: LeadSort): SortKey[] {
  const [value, type, nothing] = columns[by]
  return [
    { value: sql.raw(`(${value} is null)`), type: 'boolean' },
    { value: sql.raw(`coalesce(${value}, ${nothing})`), type, isDescending },
    { value: sql`l.id`, type: 'uuid' },
  ]
}

const columns: Record<LeadSort['by'], [string, SortKey['type'], string]> = {
  created: ['l.source_created_at', 'timestamptz', `'epoch'`],
  name: ['lower(l.name)', 'text', `''`],
  source: ['lower(l.source)', 'text', `''`],
  stage: ['s.position', 'bigint', '0'],
  owner: ['lower(w.name)', 'text', `''`],
}

type Stored = {
  id: string
  contact_id: string | null
  name: string | null
  source: string | null
  stage: string | null
  is_qualified: boolean
  created_at: string | null
  touched_at: string | null
  owner: string | null
  market: string | null
  further: Record<string, unknown> | null
  place: Place
}

const instantOf = (text: string | null) => (text === null ? null : new Date(text))

function leadOf(row: Stored): LeadRow {
  return {
    id: row.id,
    contactId: row.contact_id,
    name: row.name,
    source: row.source,
    stage: row.stage,
    isQualified: row.is_qualified,
    createdAt: instantOf(row.created_at),
    touchedAt: instantOf(row.touched_at),
    owner: row.owner,
    market: row.market,
    further: row.further,
  }
}
