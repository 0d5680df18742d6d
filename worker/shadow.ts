import { getTableColumns, sql } from 'drizzle-orm'
import { toSnakeCase } from 'drizzle-orm/casing'
import type { Tx } from '../drizzle/db.ts'
import { ownColumns } from '../drizzle/schema/index.ts'
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

/** A tombstone from before the record was seen again, or none although the record came marked as deleted. */
const isWrongTombstone = '(r.deleted_at < s.changed_at or r.deleted_at is null and s.deleted_at is not null)'

/** Our own columns are in no snapshot: they stay as they are. */
const own = new Set<string>(ownColumns)
const columnsOf = (table: TableName) =>
  Object.keys(getTableColumns(recordTables[table]))
    .filter((key) => !own.has(key))
    .map(toSnakeCase)

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

/** Brings the real tables to light again, for the rest of the transaction. */
export async function closeShadow(tx: Tx): Promise<void> {
  await tx.execute(sql`set local search_path = public, pg_temp`)
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
           else array[${differing.join(', ')}, case when ${isWrongTombstone} then 'deleted_at' end] end, null) as fields
       from (select * from public.${table} where tenant_id = $1 and connection_id = $2) r
       full join (select * from pg_temp.${table} where connection_id = $2) s using (id)
       where s.id is not null or r.deleted_at is null
     ) as compared where cardinality(fields) > 0 order by id limit $3`,
    [tenantId, connectionId, most],
  )
  return rows.flatMap(({ id, source_id: sourceId, fields }) =>
    fields.map((field) => ({ table, id, sourceId, field })),
  )
}

/**
 * Takes over from the shadow every row that differs, and makes tombstones of rows that their own page does not hold. An
 * opportunity keeps the state it loses. Returns how many rows. `unreadable` are records that pages hold but nobody can read.
 */
export async function applyShadow(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  table: TableName,
  runId: string,
  unreadable: string[] = [],
): Promise<number> {
  const columns = columnsOf(table)
  const differs = columns
    .filter((column) => !notCompared.has(column))
    .map((column) => `r.${column} is distinct from s.${column}`)
  const hasNews = `(r.id is null or r.connection_id <> s.connection_id or ${differs.join(' or ')} or ${isWrongTombstone})`
  // A row of which the page is no longer kept may well have been on it: nothing is concluded then.
  const unheld = `r.connection_id = $2 and r.deleted_at is null and not r.id = any($3::uuid[])
    and not exists (select from pg_temp.${table} s where s.id = r.id)
    and exists (select from public.raw_snapshots p where p.tenant_id = $1 and p.id = r.snapshot_id and p.connection_id = $2)`
  if (table === 'opportunities') {
    const keep = `insert into public.opportunity_versions (tenant_id, opportunity_id, valid_from, valid_to, run_id, ${versionColumns.join(', ')})
      select r.tenant_id, r.id, r.changed_at, now(), $4::uuid, ${versionColumns.map((column) => `r.${column}`).join(', ')}
      from public.opportunities r left join pg_temp.opportunities s on s.id = r.id
      where r.tenant_id = $1 and (s.connection_id = $2 and ${hasNews} or ${unheld})`
    await tx.$client.query(keep, [tenantId, connectionId, unreadable, runId])
  }
  const updated = columns.filter((column) => column !== 'tenant_id' && column !== 'id')
  const taken = await tx.$client.query(
    `insert into public.${table} (${columns.join(', ')})
     select ${columns.map((column) => shadowed(table)[column] ?? `s.${column}`).join(', ')}
     from pg_temp.${table} s left join public.${table} r on r.tenant_id = $1 and r.id = s.id
     where s.connection_id = $2 and ${hasNews}
     on conflict (tenant_id, id) do update set ${updated.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    [tenantId, connectionId],
  )
  const retired = await tx.$client.query(
    `update public.${table} r set deleted_at = now(), deleted_because = 'absence', changed_at = now() where r.tenant_id = $1 and ${unheld}`,
    [tenantId, connectionId, unreadable],
  )
  if (table === 'opportunities') await restoreSteps(tx, tenantId, connectionId)
  return (taken.rowCount ?? 0) + (retired.rowCount ?? 0)
}

/** How many rows of a connection that are no tombstones have no stored page: nothing is known of how they would be read. */
export async function countUntold(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  table: TableName,
): Promise<number> {
  const { rows } = await tx.$client.query<{ count: number }>(
    `select count(*)::int as count from public.${table} r
     where r.tenant_id = $1 and r.connection_id = $2 and r.deleted_at is null and not exists (select from pg_temp.${table} s where s.id = r.id)`,
    [tenantId, connectionId],
  )
  return rows[0]?.count ?? 0
}

/** An opportunity that is put back has the next step again that it had. */
async function restoreSteps(tx: Tx, tenantId: string, connectionId: string): Promise<void> {
  await tx.$client.query(
    `update public.opportunities o set next_action_at = n.due_at, next_action_details = n.details, version = n.number,
       own_outcome = case when n.outcome in ('won', 'lost', 'disqualified') then n.outcome end
     from (select distinct on (opportunity_id) * from public.next_actions where tenant_id = $1 order by opportunity_id, number desc) n
     where o.tenant_id = $1 and o.connection_id = $2 and o.id = n.opportunity_id and o.version < n.number`,
    [tenantId, connectionId],
  )
}

/** A tombstone stays unless a snapshot from after it holds the record again. */
const keepTombstone = (column: string) =>
  `case when s.deleted_at is not null then s.${column} when r.deleted_at < s.changed_at then null else r.${column} end`

/** An opportunity that is put back goes on where its history ends. */
const endOfHistory =
  '(select max(v.valid_to) from public.opportunity_versions v where r.id is null and v.tenant_id = $1 and v.opportunity_id = s.id)'

const shadowed = (table: TableName): Record<string, string> => ({
  changed_at: table === 'opportunities' ? `coalesce(${endOfHistory}, now())` : 'now()',
  deleted_at: keepTombstone('deleted_at'),
  deleted_because: keepTombstone('deleted_because'),
})
