import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { likelihoodOf } from '../../drizzle/rules.ts'
import type { Changes, Sign, Standing } from '../domain/bridge.ts'
import type { StageFlow, StageSum } from '../domain/pipeline.ts'

/** Whose opportunities are asked about; the currency of amounts that name none. */
export type DealScope = { tenantId: string; connectionIds: string[]; currency: string }

export type Standings = {
  /** Open opportunities now, per stage and currency. */
  now: StageSum[]
  /** Open opportunities as they stood at `since`, per stage and currency. */
  before: StageSum[]
  /** What came into each stage since then and what went out of it, per stage and currency. */
  flows: StageFlow[]
  changes: Changes[]
}

/**
 * How the open opportunities stand, how they stood at `since`, and what became of those that changed: all of one moment, in one
 * statement. What we knew then is what counts: a row's `changed_at`, a version's `valid_from` and `valid_to`. Only those that changed
 * are read: how all stand now is kept (`opportunity_sums`), and how they stood is that without what those are, with what they were.
 */
export async function readStandings(tx: Tx, scope: DealScope, since: Date): Promise<Standings> {
  const { rows } = await tx.execute<Stored>(sql`
    with open_now as (${stageSums(scope, keptOpen(scope))}),
    changed as materialized (
      select standing_before, standing_after, stage_before, stage_after, currency_before, currency_after, amount_sign, stage_sign, close_sign,
        likely_before, likely_after, any_value(stage_name_before) as stage_name_before, count(*) as count,
        count(amount_before) as amounts_before, coalesce(sum(amount_before), 0) as amount_before,
        count(amount_after) as amounts_after, coalesce(sum(amount_after), 0) as amount_after
      from (${changedSince(scope, since)}) c group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    open_before as (
      select stage_key, currency, min(stage_name) as stage_name, sum(count) as count, sum(amounts) as amounts, sum(unlikely) as unlikely,
        sum(amount) as amount, sum(weighted) as weighted
      from (
        select * from open_now
        union all
        select coalesce(stage_after::text, '-'), currency_after, null, -count, -amounts_after,
          case when likely_after is null then -amounts_after else 0 end, -amount_after, -amount_after * coalesce(likely_after, 0)
        from changed where standing_after = 'open'
        union all
        select coalesce(stage_before::text, '-'), currency_before, stage_name_before, count, amounts_before,
          case when likely_before is null then amounts_before else 0 end, amount_before, amount_before * coalesce(likely_before, 0)
        from changed where standing_before = 'open') d
      group by 1, 2 having sum(count) <> 0)
    select 'now' as kind, n.*, null as change, null::text as currency_before, null::text as amount_before from open_now n
    union all
    select 'before', b.*, null, null, null from open_before b
    union all
    select 'entered', coalesce(stage_after::text, '-'), currency_after, null, sum(count), 0, 0, 0, 0, null, null, null
    from changed where standing_after = 'open' and not ${stood} group by stage_after, currency_after
    union all
    select 'left', coalesce(stage_before::text, '-'), currency_before, null, sum(count), 0, 0, 0, 0, null, null, null
    from changed where standing_before = 'open' and not ${stood} group by stage_before, currency_before
    union all
    select 'change', null, currency_after, null, sum(count), 0, 0, sum(amount_after), 0, ${writtenChange} as change, currency_before, sum(amount_before)::text
    from changed group by change, currency_before, currency_after`)
  const of = (kind: Stored['kind']) => rows.filter((row) => row.kind === kind)
  return {
    now: of('now').map(stageSumOf),
    before: of('before').map(stageSumOf),
    flows: [
      ...of('entered').map((row) => flowOf(row, 'entered')),
      ...of('left').map((row) => flowOf(row, 'left')),
    ],
    changes: of('change').map(changesOf),
  }
}

/** Open in the same column then and now, whatever else of it changed. */
const stood = sql`(standing_before = 'open' and standing_after = 'open' and stage_before is not distinct from stage_after and currency_before = currency_after)`

/** Since when the opportunities of these connections are known in full: the latest of their first complete passes. */
export async function readKnownSince(tx: Tx, { tenantId, connectionIds }: DealScope): Promise<Date | null> {
  const { rows } = await tx.execute<{ at: Date | null }>(sql`
    select max(first.at) as at
    from unnest(${sql.param(connectionIds)}::uuid[]) as c (id)
    join lateral (
      select p.finished_at as at from sync_run_streams p
      where p.tenant_id = ${tenantId} and p.connection_id = c.id and p.stream = 'opportunities' and p.status in ('success', 'partial', 'suspect')
        and p.finished_at is not null
      order by p.started_at limit 1) as first on true`)
  const at = rows[0]?.at ?? null
  return at === null ? null : new Date(at)
}

/** Open is what the CRM calls so and has not removed. */
export function isOpen(): SQL {
  return sql`o.status = 'open' and o.deleted_at is null`
}

/** The opportunities that the connections of the scope speak for; removed ones among them. */
export function isOurs({ tenantId, connectionIds }: DealScope): SQL {
  return sql`o.tenant_id = ${tenantId} and o.connection_id = any(${sql.param(connectionIds)}::uuid[])`
}

/** The open opportunities of the scope in groups that are alike, as the database keeps them. */
function keptOpen(scope: DealScope): SQL {
  return sql`
    select o.stage_id, o.currency, o.probability, o.count, o.amounts, o.amount_minor as amount
    from opportunity_sums o where ${isOurs(scope)} and o.status = 'open' and o.count <> 0`
}

/** The opportunities of the scope that are so, counted, in the same groups; found in an index alone where they are open (`opportunities_open`). */
export function countedAlike(scope: DealScope, areSo: SQL): SQL {
  return sql`
    select o.stage_id, o.currency, o.probability, count(*) as count, count(o.amount_minor) as amounts, sum(o.amount_minor) as amount
    from opportunities o where ${isOurs(scope)} and ${areSo} group by 1, 2, 3`
}

/**
 * Groups of opportunities that are alike, per stage and currency, multiplied by a likelihood once for each group and not for each
 * row. What a stage was called that is not listed any more, one of its opportunities is asked.
 */
export function stageSums(scope: DealScope, alike: SQL): SQL {
  const nameIn = (stage: SQL) =>
    sql`(select x.stage_name from opportunities x where x.tenant_id = ${scope.tenantId} and x.stage_id ${stage} limit 1)`
  const lostName = sql`case when g.stage_id is null then ${nameIn(sql`is null`)} else ${nameIn(sql`= g.stage_id`)} end`
  return sql`
    select coalesce(g.stage_id::text, '-') as stage_key, coalesce(g.currency, ${scope.currency}) as currency,
      min(coalesce(s.name, ${lostName})) as stage_name, sum(g.count) as count, sum(g.amounts) as amounts,
      coalesce(sum(g.amounts) filter (where ${likelihoodOf('g', 's')} is null), 0) as unlikely,
      coalesce(sum(g.amount), 0) as amount, coalesce(sum(g.amount * ${likelihoodOf('g', 's')}), 0) as weighted
    from (${alike}) g
    left join stages s on s.tenant_id = ${scope.tenantId} and s.id = g.stage_id and s.deleted_at is null
    group by 1, 2`
}

/** The comparison of a row of `changedSince` as the text that `changeText` writes. */
export const writtenChange = sql`concat_ws(' ', standing_before, standing_after, (currency_before <> currency_after)::int, amount_sign, stage_sign, close_sign)`

/**
 * One row for each opportunity that we learned something of since then: what it was (`…_before`), what it is (`…_after`), and how
 * the two compare (`…_sign`). Stages and likelihoods of stages are today's.
 */
export function changedSince(scope: DealScope, since: Date): SQL {
  const standing = (of: string) =>
    sql.raw(
      `case when ${of}.status is null then 'absent' when ${of}.deleted_at is not null then 'deleted' else ${of}.status end`,
    )
  return sql`
    select o.id, ${standing('b')} as standing_before, ${standing('o')} as standing_after,
      b.stage_id as stage_before, o.stage_id as stage_after, coalesce(sb.name, b.stage_name) as stage_name_before,
      case when b.status is null then coalesce(o.currency, ${scope.currency}) else coalesce(b.currency, ${scope.currency}) end as currency_before,
      coalesce(o.currency, ${scope.currency}) as currency_after,
      b.amount_minor as amount_before, o.amount_minor as amount_after, ${likelihoodOf('b', 'sb')} as likely_before, ${likelihoodOf('o', 'sa')} as likely_after,
      sign(coalesce(o.amount_minor, 0) - coalesce(b.amount_minor, 0)) as amount_sign,
      case when sa.pipeline_id is distinct from sb.pipeline_id then 0 else coalesce(sign(sa.position - sb.position), 0) end as stage_sign,
      coalesce(sign(o.expected_close_on - b.expected_close_on), 0) as close_sign
    from opportunities o
    left join opportunity_versions b on b.tenant_id = o.tenant_id and b.opportunity_id = o.id and b.valid_from <= ${since} and b.valid_to > ${since}
    left join stages sb on sb.tenant_id = o.tenant_id and sb.id = b.stage_id and sb.deleted_at is null
    left join stages sa on sa.tenant_id = o.tenant_id and sa.id = o.stage_id and sa.deleted_at is null
    where ${isOurs(scope)} and o.changed_at > ${since}`
}

/** The sums of one stage in one currency, as the database writes them. */
export type StoredSum = {
  stage_key: string | null
  currency: string
  stage_name: string | null
  count: string
  amounts: string
  unlikely: string
  amount: string
  weighted: string
}

type Stored = StoredSum & {
  kind: 'now' | 'before' | 'entered' | 'left' | 'change'
  change: string | null
  currency_before: string | null
  amount_before: string | null
}

export function stageSumOf(row: StoredSum): StageSum {
  return {
    stageKey: row.stage_key ?? '-',
    stageName: row.stage_name,
    currency: row.currency,
    count: Number(row.count),
    withAmount: Number(row.amounts),
    withoutLikelihood: Number(row.unlikely),
    amountMinor: BigInt(row.amount),
    weighted: tenThousandths(row.weighted),
  }
}

function flowOf({ stage_key, currency, count }: Stored, way: 'entered' | 'left'): StageFlow {
  return { stageKey: stage_key ?? '-', currency, entered: 0, left: 0, [way]: Number(count) }
}

/** A likelihood has four decimals, and so has an amount times a likelihood. */
function tenThousandths(decimal: string): bigint {
  const [whole = '0', places = ''] = decimal.split('.')
  return BigInt(whole + places.slice(0, 4).padEnd(4, '0'))
}

function changesOf(row: Stored): Changes {
  const [before, after, isOther, amount, stage, close] = (row.change ?? '').split(' ')
  return {
    before: before as Standing,
    after: after as Standing,
    isOtherCurrency: isOther === '1',
    amount: Number(amount) as Sign,
    stage: Number(stage) as Sign,
    close: Number(close) as Sign,
    count: Number(row.count),
    currencyBefore: row.currency_before ?? row.currency,
    currencyAfter: row.currency,
    beforeMinor: BigInt(row.amount_before ?? 0),
    afterMinor: BigInt(row.amount),
  }
}

/** A change as the database writes it, so that rows can be chosen by it. */
export function changeText({
  before,
  after,
  isOtherCurrency,
  amount,
  stage,
  close,
}: Omit<Changes, 'count'>): string {
  return [before, after, isOtherCurrency ? 1 : 0, amount, stage, close].join(' ')
}
