import { sql, type SQL } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { isQualified } from '../../drizzle/rules.ts'
import type { LeadGroup } from '../domain/leads.ts'

/** Whose leads are asked about; `touchedIn` are the connections whose notes and activities are complete too. */
export type LeadScope = { tenantId: string; connectionIds: string[]; touchedIn: string[]; now: Date }

type Stretches = { from: Date | null; to: Date | null; before: Date | null }

/** The leads from `before` until `to` in groups; those before `from` are marked. */
export async function readLeadGroups(tx: Tx, scope: LeadScope, period: Stretches): Promise<LeadGroup[]> {
  const groups = areKept(period) && period.before === null ? keptGroups(scope) : countedGroups(scope, period)
  const { rows } = await tx.execute<StoredGroup>(sql`
    with ${groups}
    select g.source, coalesce(g.stage_id::text, '-') as stage_key, min(coalesce(s.name, g.stage_name)) as stage,
      ${isQualified('g', 's')} as is_qualified, g.is_before, sum(g.count) as count
    from g left join stages s on s.tenant_id = ${scope.tenantId} and s.id = g.stage_id and s.deleted_at is null
    group by 1, 2, 4, 5`)
  return rows.map((row) => ({
    source: row.source,
    stageKey: row.stage_key,
    stage: row.stage,
    isQualified: row.is_qualified,
    isBefore: row.is_before,
    count: Number(row.count),
  }))
}

/** How many there are of all time is kept where leads change (`lead_sums`); what a clock moves in and out is counted. */
export const areKept = ({ from, to }: Pick<Stretches, 'from' | 'to'>): boolean => from === null && to === null

const keptGroups = (scope: LeadScope): SQL => sql`
  g as (
    select nullif(l.source, '') as source, l.stage_id, l.stage_name, l.is_prospect, false as is_before, l.count
    from lead_sums l where ${isOf(scope)} and l.count <> 0)`

/**
 * Counted off an index alone, which takes no words of any length: those with longer ones are counted apart. Each by itself, so that
 * several processes of Postgres can share the counting of many.
 */
function countedGroups(scope: LeadScope, { from, to, before }: Stretches): SQL {
  const alike = (areSo: SQL) => sql`
    select nullif(l.source, '') as source, l.stage_id, any_value(l.stage_name) as stage_name, l.is_prospect,
      ${from === null ? sql`false` : sql`l.source_created_at < ${from}`} as is_before, count(*) as count
    from leads l
    where ${isOurs(scope)} and ${areSo} ${before === null ? sql`` : sql`and l.source_created_at >= ${before}`}
      ${to === null ? sql`` : sql`and l.source_created_at < ${to}`}
    group by 1, 2, 4, 5`
  return sql`
    short as materialized (${alike(sql`${lengthOfWords} <= 800`)}), long as materialized (${alike(sql`${lengthOfWords} > 800`)}),
    g as (select * from short union all select * from long)`
}

/** Rows of `leads` or of `lead_sums`, whichever stands as `l`. */
export const isOf = ({ tenantId, connectionIds }: LeadScope): SQL =>
  sql`l.tenant_id = ${tenantId} and l.connection_id = any(${sql.param(connectionIds)}::uuid[])`

export const isOurs = (scope: LeadScope): SQL => sql`${isOf(scope)} and l.deleted_at is null`

/** As the indexes `leads_grouped` and `leads_long` have it. */
const lengthOfWords = sql`coalesce(octet_length(l.source), 0) + coalesce(octet_length(l.stage_name), 0)`

type StoredGroup = {
  source: string | null
  stage_key: string
  stage: string | null
  is_qualified: boolean
  is_before: boolean
  count: string
}
