import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { fewestStays, type StageTime } from '../domain/stage-time.ts'
import { isOpen, type DealScope } from './bridge.ts'
import { lastTouches } from './touches.ts'

/** Whose history is asked for; `touchedIn` are the connections whose notes and activities are complete. */
export type HistoryScope = { tenantId: string; touchedIn: string[]; now: Date }

/** What became of an opportunity so far, by what we learned of it. */
export type DealHistory = {
  /** Since when it stands in its stage. */
  stageSince: Date
  /** It stood there already when our copy of it began, so that it may be for longer. */
  isAtLeast: boolean
  /** How often its expected close date was moved to a later day. */
  pushed: number
  /** The last note, or the last activity that was done, with its person; null where there is none, or none can be known. */
  touchedAt: Date | null
}

/** The histories of these opportunities, by their ids. */
export async function readDealHistories(
  tx: Tx,
  { tenantId, touchedIn, now }: HistoryScope,
  ids: readonly string[],
): Promise<Map<string, DealHistory>> {
  const { rows } = await tx.execute<Stored>(sql`
    with page as (
      select * from opportunities o where o.tenant_id = ${tenantId} and o.id = any(${sql.param([...ids])}::uuid[])),
    touches as materialized (${lastTouches(now)})
    select o.id, coalesce(h.entered_at, h.known_from, o.changed_at) as stage_since,
      h.entered_at is null and coalesce(o.source_created_at < coalesce(h.known_from, o.changed_at) - interval '1 day', true) as is_at_least,
      h.pushed, case when o.connection_id = any(${sql.param(touchedIn)}::uuid[]) then greatest(tc.at, tp.at) end as touched_at
    from page o
    left join lateral (
      select max(v.valid_to) filter (where v.stage_id is distinct from o.stage_id) as entered_at, min(v.valid_from) as known_from,
        count(*) filter (where v.next_close_on > v.expected_close_on) as pushed
      from (
        select v.stage_id, v.valid_from, v.valid_to, v.expected_close_on,
          lead(v.expected_close_on, 1, o.expected_close_on) over (order by v.valid_from) as next_close_on
        from opportunity_versions v where v.tenant_id = ${tenantId} and v.opportunity_id = o.id) v) h on true
    left join touches tc on tc."of" = o.contact_id
    left join touches tp on tp."of" = o.id`)
  return new Map(rows.map((row) => [row.id, historyOf(row)]))
}

/** What is usual now is told by the opportunities of each connection that changed last, and by no more of them than this. */
const mostLookedAt = 5_000

/**
 * How long open opportunities stood in each stage that enough of them have left, the middle one of all stays that were seen from
 * their beginning: one whose opportunity was there when our copy began is left out, for nobody knows how long it was.
 */
export async function readStageTimes(tx: Tx, { tenantId, connectionIds }: DealScope): Promise<StageTime[]> {
  const { rows } = await tx.execute<{ stage_id: string; median: string }>(sql`
    with recent as materialized (
      select o.* from unnest(${sql.param(connectionIds)}::uuid[]) as c (id) cross join lateral (
        select o.id, o.status, o.deleted_at, o.stage_id, o.changed_at, o.source_created_at from opportunities o
        where o.tenant_id = ${tenantId} and o.connection_id = c.id order by o.changed_at desc limit ${mostLookedAt}) o),
    states as (
      select o.id, case when v.status = 'open' and v.deleted_at is null then v.stage_id end as stage_id, v.valid_from as at, o.source_created_at
      from recent o join opportunity_versions v on v.tenant_id = ${tenantId} and v.opportunity_id = o.id
      union all
      select o.id, case when ${isOpen()} then o.stage_id end, o.changed_at, o.source_created_at from recent o),
    steps as (
      select s.*, lag(s.stage_id) over of_deal as stage_before, row_number() over of_deal = 1 as is_first
      from states s window of_deal as (partition by s.id order by s.at)),
    stays as (
      select s.*, lead(s.at) over (partition by s.id order by s.at) as left_at
      from steps s where s.is_first or s.stage_id is distinct from s.stage_before)
    select stage_id, extract(epoch from percentile_cont(0.5) within group (order by left_at - at)) as median
    from stays
    where stage_id is not null and left_at is not null and (not is_first or source_created_at >= at - interval '1 day')
    group by stage_id having count(*) >= ${fewestStays}`)
  return rows.map(({ stage_id, median }) => ({ stageId: stage_id, medianMs: Number(median) * 1_000 }))
}

/** True of the opportunities `o` that stand in their stage since the moment that `since` names for it, or for longer. */
export function isSlow({ tenantId }: DealScope, since: ReadonlyMap<string, Date>): SQL {
  const versions = sql`select from opportunity_versions v where v.tenant_id = ${tenantId} and v.opportunity_id = o.id`
  return sql`exists (
    select from unnest(${sql.param([...since.keys()])}::uuid[], ${sql.param([...since.values()])}::timestamptz[]) as t (stage_id, at)
    where t.stage_id = o.stage_id and (o.changed_at < t.at or (
      exists (${versions} and v.valid_from < t.at) and not exists (${versions} and v.valid_to >= t.at and v.stage_id is distinct from o.stage_id))))`
}

type Stored = {
  id: string
  stage_since: string
  is_at_least: boolean
  pushed: string
  touched_at: string | null
}

function historyOf({ stage_since, is_at_least, pushed, touched_at }: Stored): DealHistory {
  return {
    stageSince: new Date(stage_since),
    isAtLeast: is_at_least,
    pushed: Number(pushed),
    touchedAt: touched_at === null ? null : new Date(touched_at),
  }
}
