import { sql, type Tx } from '../../drizzle/db.ts'
import { likelihoodOf } from '../../drizzle/rules.ts'

/** What an opportunity was from an instant on; null stands for the stage of new leads. */
export type PastState = { sourceId: string; at: Date; stage: string | null; amountMinor: number | null }

export type Past = {
  connectionId: string
  /** The stage that null stands for. */
  newStage: string
  /** When the copy would have been made anew, oldest first; the first is when it would have begun. */
  runsAt: readonly Date[]
  states: readonly PastState[]
}

/**
 * Gives the copy of an invented company a past: runs, earlier states of its opportunities and measures, as they would be had the
 * copy been there all along. For the worker's role, right after the first run. Answers false, and writes nothing, where the copy
 * has a past already. An opportunity that changed since its first copy keeps the history it has.
 */
export async function givePast(tx: Tx, { connectionId, newStage, runsAt, states }: Past): Promise<boolean> {
  const [began] = runsAt
  if (began === undefined || (await hasPast(tx, connectionId, began))) return false
  const list = (values: readonly unknown[], type: string) => sql`${sql.param(values)}::${sql.raw(type)}[]`
  await tx.execute(sql`
    create temporary table past on commit drop as
    select o.id, s.at, lead(s.at) over (partition by o.id order by s.at) as until, g.id as stage_id, g.name as stage_name, g.outcome as status,
      s.amount::bigint as amount_minor
    from unnest(${list(
      states.map(({ sourceId }) => sourceId),
      'text',
    )}, ${list(
      states.map(({ at }) => at.toISOString()),
      'timestamptz',
    )}, ${list(
      states.map(({ stage }) => stage ?? newStage),
      'text',
    )}, ${list(
      states.map(({ amountMinor }) => amountMinor),
      'bigint',
    )}) as s (source_id, at, stage, amount)
    join opportunities o on o.connection_id = ${connectionId} and o.source_id = s.source_id
    join stages g on g.connection_id = ${connectionId} and g.name = s.stage
    where not exists (select from opportunity_versions v where v.tenant_id = o.tenant_id and v.opportunity_id = o.id)`)
  await insertRuns(
    tx,
    connectionId,
    list(
      runsAt.map((at) => at.toISOString()),
      'timestamptz',
    ),
  )
  await tx.execute(sql`
    insert into opportunity_versions (tenant_id, opportunity_id, valid_from, valid_to, run_id, snapshot_id, source_updated_at, title, owner_id,
      stage_id, stage_name, status, amount_minor, currency, units)
    select o.tenant_id, o.id, p.at, p.until, r.id, o.snapshot_id, p.at, o.title, o.owner_id,
      p.stage_id, p.stage_name, p.status, p.amount_minor, case when p.amount_minor is not null then o.currency end, o.units
    from past p join opportunities o using (id)
    join lateral (
      select r.id from sync_runs r where r.tenant_id = o.tenant_id and r.connection_id = o.connection_id and r.queued_at >= p.until
      order by r.queued_at limit 1) r on true
    where p.until is not null`)
  await tx.execute(sql`
    update opportunities o set changed_at = p.at from past p where p.id = o.id and p.until is null and p.at < o.changed_at`)
  await insertMeasures(tx, connectionId)
  return true
}

async function hasPast(tx: Tx, connectionId: string, began: Date): Promise<boolean> {
  const { rows } = await tx.execute(sql`
    select from sync_runs where connection_id = ${connectionId} and queued_at <= ${began}::timestamptz limit 1`)
  return rows.length > 0
}

/**
 * Each with the passes of the first real run; opportunities are counted as they came and went on, everything else as unchanged.
 * Runs are listed by their ids, so these begin with the time of theirs (RFC 9562 §5.7).
 */
async function insertRuns(tx: Tx, connectionId: string, runsAt: ReturnType<typeof sql>): Promise<void> {
  await tx.execute(sql`
    create temporary table past_runs on commit drop as
    select (left(hex, 8) || '-' || right(hex, 4) || substr(app.uuid_v7()::text, 14))::uuid as id, at, lag(at, 1, '-infinity') over (order by at) as before
    from unnest(${runsAt}) as at cross join lateral lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') as hex`)
  await tx.execute(sql`
    with first as (
      select r.tenant_id, r.id, r.worker from sync_runs r where r.connection_id = ${connectionId} and r.status = 'success' order by r.queued_at limit 1),
    counted as (
      select r.id, r.at, count(p.id) filter (where p.at = (select min(q.at) from past q where q.id = p.id)) as created, count(p.id) as fetched
      from past_runs r left join past p on p.at > r.before and p.at <= r.at group by r.id, r.at),
    runs as (
      insert into sync_runs (tenant_id, id, connection_id, trigger, slot_at, status, verdict, worker, queued_at, started_at, heartbeat_at, finished_at,
        pages, fetched, created, updated, requests)
      select f.tenant_id, c.id, ${connectionId}, 'schedule', c.at, 'success',
        case when c.fetched = 0 then 'All that the CRM announces is current; nothing had changed.' when c.fetched = 1 then 'All that the CRM announces is current; 1 change came in.' else format('All that the CRM announces is current; %s changes came in.', c.fetched) end,
        f.worker, c.at, c.at + interval '1 s', c.at + interval '4 s', c.at + interval '4 s', s.passes, c.fetched, c.created, c.fetched - c.created, s.passes
      from first f, counted c, (select count(*) as passes from sync_run_streams p join first f on f.tenant_id = p.tenant_id and f.id = p.run_id) s
      returning tenant_id, id, queued_at)
    insert into sync_run_streams (tenant_id, run_id, stream, connection_id, status, pages, fetched, created, updated, is_complete, started_at, finished_at)
    select r.tenant_id, r.id, s.stream, ${connectionId}, 'success', 1,
      case when s.stream = 'opportunities' then c.fetched else 0 end, case when s.stream = 'opportunities' then c.created else 0 end,
      case when s.stream = 'opportunities' then c.fetched - c.created else 0 end, true, r.queued_at + interval '1 s', r.queued_at + interval '4 s'
    from runs r join counted c on c.id = r.id, first f join sync_run_streams s on s.tenant_id = f.tenant_id and s.run_id = f.id`)
}

/** As `measure` in the worker appends them, at the end of each run of the past. How likely a deal itself was is known of its present state alone. */
async function insertMeasures(tx: Tx, connectionId: string): Promise<void> {
  await tx.execute(sql`
    insert into pipeline_stage_counts (tenant_id, id, connection_id, run_id, as_of, stage_id, stage_name, status, currency, count, amount_minor, weighted_minor)
    select o.tenant_id, app.uuid_v7(), ${connectionId}, r.id, r.at, p.stage_id, p.stage_name, p.status, case when p.amount_minor is not null then o.currency end,
      count(*), coalesce(sum(p.amount_minor), 0),
      coalesce(sum(p.amount_minor * case when p.until is null then ${likelihoodOf('o', 'g')} else g.probability end), 0)
    from past_runs r join past p on p.at <= r.at and (p.until is null or p.until > r.at) join opportunities o on o.id = p.id
    join stages g on g.tenant_id = o.tenant_id and g.id = p.stage_id
    group by 1, r.id, r.at, p.stage_id, p.stage_name, p.status, 9`)
}
