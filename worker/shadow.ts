import { getTableColumns, sql } from 'drizzle-orm'
import { toSnakeCase } from 'drizzle-orm/casing'
import type { Tx } from '../drizzle/db.ts'
import type { TableName } from './connectors/connector.ts'
import { recordTables, versionColumns } from './load.ts'

/** A field, or a whole row, in which the stored copy and the one rebuilt from snapshots are not the same. */
export type Difference = { table: TableName; id: string; sourceId: string; field: string }

/** Columns that say when and from where we learned something, and tombstones, which no snapshot can show. */
const notCompared = new Set([
  'tenant_id',
  'id',
  'connection_id',
  'snapshot_id',
  'changed_at',
  'deleted_at',
  'deleted_because',
])

const columnsOf = (table: TableName) => Object.keys(getTableColumns(recordTables[table])).map(toSnakeCase)

/**
 * Makes an empty twin of every record table in the session's own temporary schema, which hides the real ones from any
 * statement that does not name their schema. They are gone when the transaction ends.
 */
export async function openShadow(tx: Tx): Promise<void> {
  for (const table of [...Object.keys(recordTables), 'opportunity_versions']) {
    await tx.execute(
      sql`create temporary table ${sql.identifier(table)} (like public.${sql.identifier(table)} including defaults including indexes) on commit drop`,
    )
  }
}

/** Names every difference between a connection's stored rows of one table and their shadow, at most `most` of them. */
export async function compareShadow(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  table: TableName,
  most: number,
): Promise<Difference[]> {
  const fields = columnsOf(table).filter((column) => !notCompared.has(column))
  const differing = fields.map(
    (field) => `case when r.${field} is distinct from s.${field} then '${field}' end`,
  )
  const { rows } = await tx.$client.query<{ id: string; source_id: string; fields: string[] }>(
    `select * from (
       select coalesce(r.id, s.id) as id, coalesce(r.source_id, s.source_id) as source_id, array_remove(
         case when r.id is null then array['(the row is missing from the copy)']
           when s.id is null then array['(no snapshot holds this row)']
           else array[${differing.join(', ')}, case when r.deleted_at < s.changed_at then 'deleted_at' end] end, null) as fields
       from (select * from public.${table} where tenant_id = $1 and connection_id = $2) r
       full join (select * from pg_temp.${table} where connection_id = $2) s using (id)
     ) as compared where cardinality(fields) > 0 order by id limit $3`,
    [tenantId, connectionId, most],
  )
  return rows.flatMap(({ id, source_id: sourceId, fields }) =>
    fields.map((field) => ({ table, id, sourceId, field })),
  )
}

/** Takes over from the shadow every row that differs. An opportunity keeps the state it loses. Returns how many rows. */
export async function applyShadow(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  table: TableName,
  runId: string,
): Promise<number> {
  const columns = columnsOf(table)
  const differs = columns
    .filter((column) => !notCompared.has(column))
    .map((column) => `r.${column} is distinct from s.${column}`)
  const hasNews = `(r.id is null or ${differs.join(' or ')} or r.deleted_at < s.changed_at)`
  if (table === 'opportunities') {
    await tx.$client.query(
      `insert into public.opportunity_versions (tenant_id, opportunity_id, valid_from, valid_to, run_id, ${versionColumns.join(', ')})
       select r.tenant_id, r.id, r.changed_at, now(), $3::uuid, ${versionColumns.map((column) => `r.${column}`).join(', ')}
       from public.opportunities r join pg_temp.opportunities s using (id)
       where r.tenant_id = $1 and r.connection_id = $2 and ${hasNews}`,
      [tenantId, connectionId, runId],
    )
  }
  const updated = columns.filter((column) => column !== 'tenant_id' && column !== 'id')
  const { rowCount } = await tx.$client.query(
    `insert into public.${table} (${columns.join(', ')})
     select ${columns.map((column) => shadowed[column] ?? `s.${column}`).join(', ')}
     from pg_temp.${table} s left join public.${table} r on r.tenant_id = $1 and r.id = s.id
     where s.connection_id = $2 and ${hasNews}
     on conflict (tenant_id, id) do update set ${updated.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    [tenantId, connectionId],
  )
  return rowCount ?? 0
}

/** A tombstone stays unless a snapshot from after it holds the record again. */
const keepTombstone = (column: string) =>
  `case when s.deleted_at is not null then s.${column} when r.deleted_at < s.changed_at then null else r.${column} end`

const shadowed: Record<string, string> = {
  changed_at: 'now()',
  deleted_at: keepTombstone('deleted_at'),
  deleted_because: keepTombstone('deleted_because'),
}
