import { sql } from 'drizzle-orm'
import type { Tx } from '../drizzle/db.ts'
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
      l.is_prospect and coalesce(s.is_active, true), l.is_prospect, count(*)
    from leads l left join stages s on s.tenant_id = l.tenant_id and s.id = l.stage_id and s.deleted_at is null
    where l.tenant_id = ${run.tenantId} and l.connection_id = ${run.connectionId} and l.deleted_at is null
    group by l.tenant_id, l.connection_id, coalesce(l.source, ''), l.stage_id, coalesce(l.stage_name, ''), l.is_prospect, coalesce(s.is_active, true)`)
  if (leads.rowCount === 0) await measureNoLeads(tx, run)
  const opportunities = await tx.execute(sql`
    insert into pipeline_stage_counts (tenant_id, id, connection_id, run_id, as_of, stage_id, stage_name, status, currency, count, amount_minor)
    select tenant_id, app.uuid_v7(), connection_id, ${run.id}::uuid, now(), stage_id, coalesce(stage_name, ''), status, currency,
      count(*), coalesce(sum(amount_minor), 0)
    from opportunities
    where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and deleted_at is null
    group by tenant_id, connection_id, stage_id, coalesce(stage_name, ''), status, currency`)
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
    insert into pipeline_stage_counts (tenant_id, id, connection_id, run_id, as_of, stage_name, status, count, amount_minor)
    values (${run.tenantId}, app.uuid_v7(), ${run.connectionId}, ${run.id}, now(), '', 'open', 0, 0)`)
}
