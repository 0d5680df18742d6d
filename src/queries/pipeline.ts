import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { likelihoodOf } from '../../drizzle/rules.ts'
import { weightedMinorOf, type ListedStage, type StageSum } from '../domain/pipeline.ts'
import { countedAlike, isOurs, stageSumOf, stageSums, type DealScope, type StoredSum } from './bridge.ts'
import { matches, type DealFilters } from './deal-match.ts'
import { furtherValues, type Further } from './further-fields.ts'
import { after, nullsLast, readPlace, writePlace, type Place, type SortKey } from './keyset.ts'
import { walk } from './walk.ts'

export const dealSorts = ['value', 'name', 'stage', 'owner', 'likely', 'close', 'market'] as const
export type DealSort = { by: (typeof dealSorts)[number]; isDescending: boolean }

export type DealRow = {
  id: string
  name: string | null
  market: string | null
  units: number | null
  owner: string | null
  stageKey: string
  stage: string | null
  status: 'open' | 'won' | 'lost'
  isRemoved: boolean
  amountMinor: bigint | null
  currency: string
  /** 0 to 1: the record's own, or its stage's. */
  likely: number | null
  /** The amount times that; null where one of them is missing. */
  weightedMinor: bigint | null
  /** `2026-12-01` */
  closeOn: string | null
  /** The open next step; null where none is planned. */
  step: { at: Date; details: string } | null
  /** How it ended as a person here said, while the CRM still calls it open. */
  ownOutcome: string | null
  /** The further fields that were asked for, by their names. */
  further: Record<string, unknown> | null
}

/** One page of the opportunities that match, in an order; `next` is where it goes on, null at its end. */
export async function readDeals(
  tx: Tx,
  scope: DealScope,
  filters: DealFilters,
  { sort, after: from, most }: { sort: DealSort; after: string | null; most: number },
): Promise<{ rows: DealRow[]; next: string | null }> {
  const place = readPlace(keysOf(sort), from)
  const { rows } = await tx.execute<Stored>(inOrder(scope, filters, sort, { place, most: most + 1 }))
  const page = rows.slice(0, most)
  const last = rows.length > most ? page.at(-1) : undefined
  return { rows: page.map(dealOf), next: last === undefined ? null : writePlace(last.place) }
}

/** All that match, in their order and as of one moment. */
export async function* walkDeals(
  tx: Tx,
  scope: DealScope,
  filters: DealFilters,
  sort: DealSort,
  further: readonly Further[] = [],
): AsyncGenerator<DealRow[]> {
  for await (const rows of walk<Stored>(tx, inOrder(scope, filters, sort, { further })))
    yield rows.map(dealOf)
}

/**
 * The first of each of these stages: those whose next step is overdue or due before `tomorrow`, then those without one, then the
 * others by date, and equal ones by value. So many, and of the stage `more` as many as one page can bear.
 */
export async function readBoard(
  tx: Tx,
  scope: DealScope,
  filters: DealFilters,
  {
    stages,
    most,
    more,
    mostMore,
    tomorrow,
  }: { stages: readonly string[]; most: number; more: string | undefined; mostMore: number; tomorrow: Date },
): Promise<Map<string, DealRow[]>> {
  const wanted = stages.map((key) => ({ key, most: key === more ? mostMore : most }))
  const order = sql`next_action_at, amount_minor desc nulls last, id`
  // Each part is the beginning of a stretch of an index; all of a stage in this order is not.
  const part = (condition: SQL, limit: SQL) => sql`
    (select o.* from opportunities o where ${condition} and ${matches(scope, filters)} order by ${order} limit ${limit})`
  const first = (condition: SQL, limit: SQL) => sql`
    select o.* from (
      ${part(sql`${condition} and o.next_action_at < ${tomorrow}`, limit)} union all
      ${part(sql`${condition} and o.next_action_at is null`, limit)} union all
      ${part(sql`${condition} and o.next_action_at >= ${tomorrow}`, limit)}) o
    order by ${rankOfStep(sql`o.next_action_at`, tomorrow)}, ${order} limit ${limit}`
  const listed = wanted.filter(({ key }) => key !== '-')
  const none = wanted.find(({ key }) => key === '-')
  const picked = sql`
    select o.* from unnest(${sql.param(listed.map(({ key }) => key))}::uuid[], ${sql.param(listed.map(({ most: of }) => of))}::int[]) as w (stage_id, most)
    cross join lateral (${first(sql`o.stage_id = w.stage_id`, sql`w.most`)}) as o
    ${none === undefined ? sql`` : sql`union all (${first(sql`o.stage_id is null`, sql`${none.most}`)})`}`
  const { rows } = await tx.execute<Stored>(sql`
    select d.* from (${deals(picked, scope)}) d
    order by ${rankOfStep(sql`d.next_action_at`, tomorrow)}, d.next_action_at, d.amount desc nulls last, d.id`)
  return Map.groupBy(rows.map(dealOf), ({ stageKey }) => stageKey)
}

const rankOfStep = (at: SQL, tomorrow: Date) =>
  sql`case when ${at} is null then 1 when ${at} < ${tomorrow} then 0 else 2 end`

/** What matches comes to, per stage. */
export async function readDealSums(tx: Tx, scope: DealScope, filters: DealFilters): Promise<StageSum[]> {
  const { rows } = await tx.execute<StoredSum>(stageSums(scope, countedAlike(scope, matches(scope, filters))))
  return rows.map(stageSumOf)
}

/** The stages that the CRMs list, in their order. */
export async function readStages(tx: Tx, scope: DealScope): Promise<ListedStage[]> {
  const { rows } = await tx.execute<ListedStage>(sql`
    select o.id::text as key, o.name, p.name as pipeline
    from stages o
    left join pipelines p on p.tenant_id = o.tenant_id and p.id = o.pipeline_id and p.deleted_at is null
    where ${isOurs(scope)} and o.deleted_at is null
    order by p.position nulls last, p.name nulls last, o.position nulls last, o.name, o.id`)
  return rows
}

/** Whose opportunities there can be, by name. */
export async function readOwners(tx: Tx, scope: DealScope): Promise<{ value: string; word: string }[]> {
  const { rows } = await tx.execute<{ value: string; word: string }>(sql`
    select o.id::text as value, o.name as word from owners o where ${isOurs(scope)} and o.deleted_at is null order by lower(o.name), o.id limit 500`)
  return rows
}

/** Those that match, in an order: found and ordered by as little as that needs, and then shown with what surrounds them. */
function inOrder(
  scope: DealScope,
  filters: DealFilters,
  sort: DealSort,
  {
    place,
    most,
    further = [],
  }: { place?: Place | undefined; most?: number; further?: readonly Further[] } = {},
): SQL {
  const keys = keysOf(sort)
  const beside = {
    stage: sql`left join stages s on s.tenant_id = o.tenant_id and s.id = o.stage_id and s.deleted_at is null`,
    likely: sql`left join stages s on s.tenant_id = o.tenant_id and s.id = o.stage_id and s.deleted_at is null`,
    owner: sql`left join owners w on w.tenant_id = o.tenant_id and w.id = o.owner_id and w.deleted_at is null`,
    name: sql`left join contacts c on c.tenant_id = o.tenant_id and c.id = o.contact_id and c.deleted_at is null and coalesce(o.title, '') = ''`,
  }
  const [value, type, nothing] = columns[sort.by]
  const found = sql`
    select o.tenant_id, o.id, ${value} as sort_value
    from opportunities o ${sort.by in beside ? beside[sort.by as keyof typeof beside] : sql``}
    where ${matches(scope, filters)} and ${place === undefined ? sql`true` : after(keys, place)}
    ${nullsLast(value, sort.isDescending)}, o.id ${most === undefined ? sql`` : sql`limit ${most}`}`
  // The rows themselves, and where the list goes on, are read for the page alone: most orders are found in an index.
  const picked = sql`
    select o.*, array[(k.sort_value is null)::text, coalesce(k.sort_value, ${nothing})::text, o.id::text] as place
    from (${found}) k join opportunities o on o.tenant_id = k.tenant_id and o.id = k.id`
  return sql`
    select d.* from (${deals(picked, scope, sql`o.place`, further)}) d
    order by d.place[1]::boolean, d.place[2]::${sql.raw(type)} ${sort.isDescending ? sql`desc` : sql``}, d.id`
}

/** These opportunities with what is shown of them. */
function deals(
  opportunities: SQL,
  scope: DealScope,
  place: SQL = sql`null::text[]`,
  further: readonly Further[] = [],
): SQL {
  return sql`
    select o.id, ${nameOf} as name, o.market, o.units, w.name as owner,
      coalesce(o.stage_id::text, '-') as stage_key, coalesce(s.name, o.stage_name) as stage, s.position, o.status, o.deleted_at is not null as is_removed,
      o.amount_minor as amount, coalesce(o.currency, ${scope.currency}) as currency, ${likelihoodOf('o', 's')} as likely,
      o.expected_close_on as close_on, o.next_action_at, o.next_action_details, o.own_outcome, ${furtherValues(further)} as further, ${place} as place
    from (${opportunities}) o
    left join stages s on s.tenant_id = o.tenant_id and s.id = o.stage_id and s.deleted_at is null
    left join owners w on w.tenant_id = o.tenant_id and w.id = o.owner_id and w.deleted_at is null
    left join contacts c on c.tenant_id = o.tenant_id and c.id = o.contact_id and c.deleted_at is null and coalesce(o.title, '') = ''`
}

/** What is not known comes last, whichever way the rest goes. */
function keysOf({ by, isDescending }: DealSort): SortKey[] {
  const [value, type, nothing] = columns[by]
  return [
    { value: sql`(${value} is null)`, type: 'boolean' },
    { value: sql`coalesce(${value}, ${nothing})`, type, isDescending },
    { value: sql`o.id`, type: 'uuid' },
  ]
}

const nameOf = sql`coalesce(nullif(o.title, ''), nullif(concat_ws(' ', c.first_name, c.last_name), ''))`

const columns: Record<DealSort['by'], [value: SQL, type: SortKey['type'], nothing: SQL]> = {
  value: [sql`o.amount_minor`, 'bigint', sql`0`],
  likely: [likelihoodOf('o', 's'), 'numeric', sql`0`],
  close: [sql`o.expected_close_on`, 'date', sql`'epoch'`],
  stage: [sql`s.position`, 'bigint', sql`0`],
  market: [sql`lower(o.market)`, 'text', sql`''`],
  owner: [sql`lower(w.name)`, 'text', sql`''`],
  name: [sql`lower(${nameOf})`, 'text', sql`''`],
}

type Stored = {
  id: string
  name: string | null
  market: string | null
  units: number | null
  owner: string | null
  stage_key: string
  stage: string | null
  status: DealRow['status']
  is_removed: boolean
  amount: string | null
  currency: string
  likely: string | null
  close_on: string | null
  next_action_at: string | null
  next_action_details: string | null
  own_outcome: string | null
  further: Record<string, unknown> | null
  place: Place
}

function dealOf(row: Stored): DealRow {
  const amountMinor = row.amount === null ? null : BigInt(row.amount)
  const likely = row.likely === null ? null : Number(row.likely)
  return {
    id: row.id,
    name: row.name,
    market: row.market,
    units: row.units,
    owner: row.owner,
    stageKey: row.stage_key,
    stage: row.stage,
    status: row.status,
    isRemoved: row.is_removed,
    amountMinor,
    currency: row.currency,
    likely,
    weightedMinor: weightedMinorOf({ amountMinor, likely }),
    closeOn: row.close_on,
    step:
      row.next_action_at === null
        ? null
        : { at: new Date(row.next_action_at), details: row.next_action_details ?? '' },
    ownOutcome: row.own_outcome,
    further: row.further,
  }
}
