import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { daysLater, startOfDay } from '../domain/days.ts'
import { assumedMinutes } from '../domain/schedule.ts'
import { after, orderBy, placeOf, readPlace, writePlace, type Place, type SortKey } from './keyset.ts'
import { walk } from './walk.ts'

/** What the agenda stands on: the connections that can answer, where the workspace's days begin, the database's clock. */
export type ScheduleScope = { connectionIds: string[]; timeZone: string; now: Date }

export type ScheduleFilters = {
  owner?: string | undefined
  kind?: string | undefined
  /** `2026-11-24`, of the workspace's calendar. */
  day?: string | undefined
}

export type Appointment = {
  id: string
  opportunityId: string | null
  contactId: string | null
  at: Date
  endsAt: Date | null
  kind: string
  contact: string | null
  subject: string | null
  /** As the CRM sent it. */
  details: string | null
  owner: string | null
  /** The connection it came from. */
  source: string
  /** Its owner has something else at the same time. */
  overlaps: boolean
}

/** What lies ahead and is not done, in order of time; `next` is where it goes on, null at its end. */
export async function readSchedule(
  tx: Tx,
  scope: ScheduleScope,
  filters: ScheduleFilters,
  { most, from }: { most: number; from: string | null },
): Promise<{ rows: Appointment[]; next: string | null }> {
  const place = readPlace(keys, from)
  const { rows } = await tx.execute<Stored>(statement(scope, filters, { place, most: most + 1 }))
  const page = rows.slice(0, most)
  const last = rows.length > most ? page.at(-1) : undefined
  return { rows: page.map(appointment), next: last === undefined ? null : writePlace(last.place) }
}

/** All that lies ahead, as of one moment. */
export async function* walkSchedule(
  tx: Tx,
  scope: ScheduleScope,
  filters: ScheduleFilters,
): AsyncGenerator<Appointment[]> {
  for await (const rows of walk<Stored>(tx, statement(scope, filters))) yield rows.map(appointment)
}

export type ScheduleOption = { value: string; word: string; count: number }

export type ScheduleSummary = {
  /** All that match. */
  count: number
  /** How many begin on each day of the strip, whatever day is chosen. */
  days: Map<string, number>
  owners: ScheduleOption[]
  kinds: ScheduleOption[]
}

/** How much lies ahead, per day, and what the filters offer. */
export async function readScheduleSummary(
  tx: Tx,
  scope: ScheduleScope,
  filters: ScheduleFilters,
  { today, stripDays }: { today: string; stripDays: number },
): Promise<ScheduleSummary> {
  const stripEnd = startOfDay(daysLater(today, stripDays), scope.timeZone)
  const { rows } = await tx.execute<{ kind: string; value: string; word: string; count: string }>(sql`
    with ahead as materialized (
      select a.tenant_id, a.due_at, a.owner_id, a.kind from activities a where ${open(scope)} and a.due_at > ${scope.now})
    select 'count' as kind, '' as value, '' as word, count(*) as count from ahead a where ${wanted(scope, filters)}
    union all select 'day', (a.due_at at time zone ${scope.timeZone})::date::text, '', count(*) from ahead a
      where ${wanted(scope, { ...filters, day: undefined })} and a.due_at < ${stripEnd} group by 2
    union all select 'owner', w.id::text, w.name, count(*) from ahead a
      join owners w on w.tenant_id = a.tenant_id and w.id = a.owner_id and w.deleted_at is null group by w.id, w.name
    union all select 'kind', a.kind, a.kind, count(*) from ahead a group by a.kind
    order by word`)
  const of = (kind: string) => rows.filter((row) => row.kind === kind)
  const options = (kind: string) =>
    of(kind).map(({ value, word, count }) => ({ value, word, count: Number(count) }))
  return {
    count: Number(of('count')[0]?.count),
    days: new Map(of('day').map(({ value, count }) => [value, Number(count)])),
    owners: options('owner'),
    kinds: options('kind'),
  }
}

/** The owners in the CRM who have this e-mail address. */
export async function findOwners(
  tx: Tx,
  { connectionIds }: Pick<ScheduleScope, 'connectionIds'>,
  email: string,
): Promise<string[]> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    select id from owners where connection_id = any(${sql.param(connectionIds)}::uuid[]) and deleted_at is null and lower(email) = lower(${email})`)
  return rows.map(({ id }) => id)
}

type Stored = {
  id: string
  opportunity_id: string | null
  contact_id: string | null
  due_at: string
  ends_at: string | null
  kind: string
  contact: string | null
  subject: string | null
  details: string | null
  owner: string | null
  source: string
  overlaps: boolean
  place: Place
}

const keys: SortKey[] = [
  { value: sql`a.due_at`, type: 'timestamptz' },
  { value: sql`a.id`, type: 'uuid' },
]

function open({ connectionIds }: ScheduleScope): SQL {
  return sql`a.connection_id = any(${sql.param(connectionIds)}::uuid[]) and a.deleted_at is null and not a.is_done`
}

function wanted({ timeZone }: ScheduleScope, { owner, kind, day }: ScheduleFilters): SQL {
  return sql.join(
    [
      sql`true`,
      ...(owner === undefined ? [] : [sql`a.owner_id = ${owner}::uuid`]),
      ...(kind === undefined ? [] : [sql`a.kind = ${kind}`]),
      ...(day === undefined
        ? []
        : [
            sql`a.due_at >= ${startOfDay(day, timeZone)} and a.due_at < ${startOfDay(daysLater(day, 1), timeZone)}`,
          ]),
    ],
    sql` and `,
  )
}

/**
 * Overlaps are found among everything that is open, from a day ago on, so that neither a filter nor the end of a page hides one:
 * an activity overlaps when an earlier one of its owner ends after it begins, or the next one begins before it ends.
 */
function statement(
  scope: ScheduleScope,
  filters: ScheduleFilters,
  { place, most }: { place?: Place | undefined; most?: number } = {},
): SQL {
  return sql`
    with timed as (
      select a.*, greatest(a.ends_at, a.due_at + make_interval(mins => ${assumedMinutes}::int)) as over_at from activities a
      where ${open(scope)} and a.due_at > ${scope.now}::timestamptz - interval '1 day'),
    ahead as (
      select a.*, a.owner_id is not null and (
        coalesce(max(a.over_at) over (partition by a.owner_id order by a.due_at, a.id rows between unbounded preceding and 1 preceding) > a.due_at, false)
        or coalesce(lead(a.due_at) over (partition by a.owner_id order by a.due_at, a.id) < a.over_at, false)) as overlaps
      from timed a),
    page as (
      select a.*, ${placeOf(keys)} as place from ahead a
      where a.due_at > ${scope.now} and ${wanted(scope, filters)} and ${place === undefined ? sql`true` : after(keys, place)}
      ${orderBy(keys)} ${most === undefined ? sql`` : sql`limit ${most}`})
    select a.id, a.opportunity_id, a.contact_id, a.due_at, a.ends_at, a.kind, nullif(concat_ws(' ', c.first_name, c.last_name), '') as contact, a.subject, a.details,
      w.name as owner, k.name as source, a.overlaps, a.place
    from page a
    join connections k on k.tenant_id = a.tenant_id and k.id = a.connection_id
    left join contacts c on c.tenant_id = a.tenant_id and c.id = a.contact_id and c.deleted_at is null
    left join owners w on w.tenant_id = a.tenant_id and w.id = a.owner_id and w.deleted_at is null
    ${orderBy(keys)}`
}

function appointment(row: Stored): Appointment {
  const { id, kind, contact, subject, details, owner, source, overlaps } = row
  return {
    id,
    opportunityId: row.opportunity_id,
    contactId: row.contact_id,
    at: new Date(row.due_at),
    endsAt: row.ends_at === null ? null : new Date(row.ends_at),
    kind,
    contact,
    subject,
    details,
    owner,
    source,
    overlaps,
  }
}
