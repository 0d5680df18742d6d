import { desc, eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../../drizzle/db.ts'
import type { FieldMapping } from '../../drizzle/schema/field-mappings.ts'
import { fieldMappings } from '../../drizzle/schema/index.ts'
import type { FieldValue } from '../domain/mapping.ts'
import { instant, instantOrNull } from './decode.ts'

export type MappingRow = Awaited<ReturnType<typeof readFieldMappings>>[number]

const field = z.string().nullable().default(null)
/** Versions were written by whichever release was there then. */
const stored = z.object({
  market: field,
  units: field,
  weightedFee: field,
  likely: field,
  custom: z.record(z.string(), z.string()).default({}),
}) satisfies z.ZodType<FieldMapping>

/** Every version of a connection's field mapping, newest first. None before the first change. */
export async function readFieldMappings(tx: Tx, connectionId: string) {
  const rows = await tx
    .select({
      version: fieldMappings.version,
      mapping: fieldMappings.mapping,
      madeAt: sql`${fieldMappings.madeAt}`.mapWith(instant),
      madeBy: fieldMappings.madeBy,
      note: fieldMappings.note,
      backTo: fieldMappings.backTo,
      state: fieldMappings.state,
      settledAt: sql`${fieldMappings.settledAt}`.mapWith(instantOrNull),
      refusedBecause: fieldMappings.refusedBecause,
      snapshots: fieldMappings.snapshots,
      snapshotsTotal: fieldMappings.snapshotsTotal,
      rowsTaken: fieldMappings.rowsTaken,
      rowsKept: fieldMappings.rowsKept,
    })
    .from(fieldMappings)
    .where(eq(fieldMappings.connectionId, connectionId))
    .orderBy(desc(fieldMappings.version))
  return rows.map((row) => ({ ...row, mapping: stored.parse(row.mapping) }))
}

/** A field that stored deals of a connection have: the CRM's name for it, how many have it filled, and a value. */
export type CrmField = { name: string; filled: number; example: string }

/** What fields of the CRM there are, as far as deals are stored, most filled first; those that we named ourselves left out. */
export async function readCrmFields(
  tx: Tx,
  connectionId: string,
  ownNames: readonly string[],
): Promise<{ deals: number; fields: CrmField[] }> {
  const { rows } = await tx.execute<{ deals: number; fields: CrmField[] }>(sql`
    with deals as materialized (
      select custom from opportunities where connection_id = ${connectionId} and deleted_at is null)
    select (select count(*)::int from deals) as deals, coalesce((
      select json_agg(f order by f.filled desc, f.name) from (
        select e.key as name, count(*)::int as filled, min(left(e.value #>> '{}', 60)) as example
        from deals cross join lateral jsonb_each(deals.custom) e
        where e.value not in ('null', '""', '[]', '{}') and not e.key = any(${sql.param(ownNames)}::text[])
        group by e.key order by filled desc, e.key limit 500) f), '[]') as fields`)
  return rows[0] ?? { deals: 0, fields: [] }
}

/** The values that stored deals have in a field of the CRM, most frequent first. */
export async function readFieldValues(
  tx: Tx,
  connectionId: string,
  name: string,
  currency: string,
): Promise<FieldValue[]> {
  const { rows } = await tx.execute<FieldValue>(sql`
    select custom -> ${name}::text as value, coalesce(currency, ${currency}) as currency, count(*)::int as count
    from opportunities
    where connection_id = ${connectionId} and deleted_at is null and coalesce(custom -> ${name}::text, 'null') not in ('null', '""', '[]', '{}')
    group by 1, 2 order by 3 desc, 1`)
  return rows
}
