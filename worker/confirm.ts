import { sql } from 'drizzle-orm'
import type { Tx } from '../drizzle/db.ts'
import type { AnyConnector } from './connectors/connector.ts'

/**
 * So many passes over the records in which a write should have been seen, and was not: then it is not there. A pass that was read to its
 * end counts although other records of it are set aside.
 */
const passesWithout = 3

type EndingRun = {
  tenantId: string
  connectionId: string
  connector: { label: string; writing?: Pick<NonNullable<AnyConnector['writing']>, 'keeps'> }
}

/**
 * Looks in what this run has read for what was written before: what is there is confirmed. What three passes have not shown is said to
 * be missing, although the CRM had accepted it; what is set aside itself is there.
 */
export async function confirmWrites(tx: Tx, { tenantId, connectionId, connector }: EndingRun): Promise<void> {
  const { label, writing } = connector
  if (writing === undefined) return
  const at = sql`(w.payload->>'next_action_at')::timestamptz`
  const isThen =
    writing.keeps === 'day'
      ? sql`a.due_at <= ${at} and a.due_at > ${at} - interval '25 hours'`
      : sql`date_trunc('second', a.due_at) = date_trunc('second', ${at})`
  await tx.execute(sql`
    with sent as materialized (
      select w.*, case when w.payload ? 'outcome' then 'opportunities' else 'activities' end as stream from crm_writes w
      where w.tenant_id = ${tenantId} and w.connection_id = ${connectionId} and w.state = 'sent'),
    seen as (
      select w.id, a.content_hash from sent w
      left join activities a on a.tenant_id = w.tenant_id and a.id = w.activity_id and a.deleted_at is null
      left join opportunities o on o.tenant_id = w.tenant_id and o.id = w.opportunity_id
      where case when w.payload ? 'outcome'
        then o.status = case w.payload->>'outcome' when 'won' then 'won' else 'lost' end
        else a.changed_at > w.sent_at or (${isThen}) end),
    missing as (
      select w.id from sent w
      where w.id not in (select id from seen)
        and not exists (
          select from quarantine q left join opportunities o on o.tenant_id = w.tenant_id and o.id = w.opportunity_id
          where q.tenant_id = w.tenant_id and q.connection_id = w.connection_id and q.stream = w.stream and q.resolved_at is null
            and q.source_id = case when w.stream = 'opportunities' then o.source_id else w.task_id end)
        and ${passesWithout} <= (
        select count(*) from sync_run_streams s
        join sync_runs r on r.tenant_id = s.tenant_id and r.id = s.run_id and r.trigger <> 'nudge'
        where s.tenant_id = w.tenant_id and s.connection_id = w.connection_id and s.started_at > w.sent_at
          and s.stream = w.stream and (s.status = 'success' or s.status = 'partial' and s.is_complete))),
    confirmed as (
      update crm_writes w set state = 'confirmed', settled_at = clock_timestamp(), seen_hash = seen.content_hash
      from seen where w.tenant_id = ${tenantId} and w.id = seen.id)
    update crm_writes w set state = 'refused', settled_at = clock_timestamp(),
      refused_because = ${`${label} accepted it, but ${passesWithout} syncs later it is not there`}
    from missing where w.tenant_id = ${tenantId} and w.id = missing.id`)
}
