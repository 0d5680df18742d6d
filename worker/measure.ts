import { sql } from 'drizzle-orm'
import type { Tx } from '../drizzle/db.ts'
import { isQualified, likelihoodOf } from '../drizzle/rules.ts'
import type { Run } from './run.ts'

/**
 * Appends what the leads and the pipeline of a connection look like now, counted from the records themselves.
 * Part of the transaction that ends the run, so that no run is a success with old totals. Where nothing is left, one row
 * says so with a count of 0: otherwise the last totals would stay the newest ones.
 */
export async function measure(tx: Tx, run: Measured): Promise<void> {
  const leads = await tx.execute(sql`
    insert into lead_metrics (tenant_id, id, connection_id, run_id, as_of, source, stage_id, stage_name, is_qualified, is_prospect, count)
    select l.tenant_id, app.uuid_v7(), l.connection_id, ${run.id}::uuid, now(), coalesce(l.source, ''), l.stage_id, coalesce(l.stage_name, ''),
      ${isQualified('l', 's')}, l.is_prospect, count(*)
    from leads l left join stages s on s.tenant_id = l.tenant_id and s.id = l.stage_id and s.deleted_at is null
    where l.tenant_id = ${run.tenantId} and l.connection_id = ${run.connectionId} and l.deleted_at is null
    group by l.tenant_id, l.connection_id, coalesce(l.source, ''), l.stage_id, coalesce(l.stage_name, ''), l.is_prospect, ${isQualified('l', 's')}`)
  if (leads.rowCount === 0) await measureNoLeads(tx, run)
  const opportunities = await tx.execute(sql`
    insert into pipeline_stage_counts (tenant_id, id, connection_id, run_id, as_of, stage_id, stage_name, status, currency, count, amount_minor, weighted_minor)
    select o.tenant_id, app.uuid_v7(), o.connection_id, ${run.id}::uuid, now(), o.stage_id, coalesce(o.stage_name, ''), o.status, o.currency,
      count(*), coalesce(sum(o.amount_minor), 0), coalesce(sum(o.amount_minor * ${likelihoodOf('o', 's')}), 0)
    from opportunities o left join stages s on s.tenant_id = o.tenant_id and s.id = o.stage_id and s.deleted_at is null
    where o.tenant_id = ${run.tenantId} and o.connection_id = ${run.connectionId} and o.deleted_at is null
    group by o.tenant_id, o.connection_id, o.stage_id, coalesce(o.stage_name, ''), o.status, o.currency`)
  if (opportunities.rowCount === 0) await measureNoOpportunities(tx, run)
}

type Measured = Pick<Run, 'tenantId' | 'connectionId' | 'id'>

async function measureNoLeads(tx: Tx, run: Measured): Promise<void> {
  await tx.execute(sql`
    insert into lead_metrics (tenant_id, id, connection_id, run_id, as_of, source, stage_name, is_qualified, is_prospect, count)
    values (${run.tenantId}, app.uuid_v7(), ${run.connectionId}, ${run.id}, now(), '', '', false, false, 0)`)
}

async function measureNoOpportunities(tx: Tx, run: Measured): Promise<void> {
  await tx.execute(sql`
    insert into pipeline_stage_counts (tenant_id, id, connection_id, run_id, as_of, stage_name, status, count, amount_minor, weighted_minor)
    values (${run.tenantId}, app.uuid_v7(), ${run.connectionId}, ${run.id}, now(), '', 'open', 0, 0, 0)`)
}
