import { getTableColumns, type Column } from 'drizzle-orm'
import { toSnakeCase } from 'drizzle-orm/casing'
import type { Tx } from '../drizzle/db.ts'
import * as schema from '../drizzle/schema/index.ts'
import { arrayLiteral } from './array-literal.ts'
import type { TableName } from './connectors/connector.ts'
import type { Item, Understood } from './normalise.ts'
import type { Run, StreamPass } from './run.ts'

/** The tables that hold CRM records, by the names connectors use. */
export const recordTables = {
  pipelines: schema.pipelines,
  stages: schema.stages,
  owners: schema.owners,
  lead_sources: schema.leadSources,
  companies: schema.companies,
  contacts: schema.contacts,
  leads: schema.leads,
  opportunities: schema.opportunities,
  stage_changes: schema.stageChanges,
  notes: schema.notes,
  activities: schema.activities,
} satisfies Record<TableName, unknown>

/** Columns that are the same for a whole page, that Postgres fills, or that no CRM has a say in. */
const notPerRow = new Set<string>([
  'tenantId',
  'connectionId',
  'snapshotId',
  'changedAt',
  'deletedAt',
  ...schema.ownColumns,
])

/** Parameters before the arrays: tenant, connection, snapshot, since when states are guarded, and when we learned this (null: now). */
const firstArray = 6

type LoadStatement = { text: string; columns: { key: string; isPlain: boolean }[] }

/** Types whose text never needs quotes within an array. */
const plainTypes = /^(uuid|bigint|integer|boolean|date|numeric|timestamp)/
const statements = new Map<string, LoadStatement>()

/**
 * The one statement that writes a page of records: `unnest` of one array per column, `ON CONFLICT DO UPDATE` only where
 * something differs. A record that was written in this very pass, or in a look shortly before it, is not overwritten by an older
 * state of itself, nor brought back by the state in which the CRM said that it went: lists that lag would undo what a look found. What
 * was only missed is back as soon as it is seen.
 * Opportunities keep the state they lose in `opportunity_versions`.
 */
function loadStatement(table: TableName, keepsHistory: boolean): LoadStatement {
  const known = statements.get(`${table} ${keepsHistory}`)
  if (known !== undefined) return known
  const all = Object.entries(getTableColumns(recordTables[table])) as [string, Column][]
  const perRow = all.filter(([key]) => !notPerRow.has(key))
  const names = perRow.map(([key]) => toSnakeCase(key))
  const arrays = perRow.map(
    ([, column], at) => `$${at + firstArray}::${column.getSQLType().replace(/\(.*\)/, '')}[]`,
  )
  const updated = [...names.filter((name) => name !== 'id'), 'snapshot_id', 'changed_at', 'deleted_at']
  const differs = `(t.content_hash is distinct from i.content_hash or (t.deleted_at is null) <> (i.deleted_because is null))
      and (t.changed_at >= $4 and (i.source_updated_at < t.source_updated_at
        or (t.deleted_because <> 'absence' and i.deleted_because is null and i.source_updated_at = t.source_updated_at))) is not true`
  const text = `
    with incoming as (
      select * from unnest(${arrays.join(', ')}) as i (${names.join(', ')})
    )${keepsHistory ? `, history as (${keepHistory(differs, names.length + firstArray)})` : ''}, written as (
      insert into ${table} as t (tenant_id, connection_id, snapshot_id, changed_at, deleted_at, ${names.join(', ')})
      select $1, $2, $3, coalesce($5::timestamptz, now()), case when deleted_because is not null then coalesce($5::timestamptz, now()) end, ${names.join(', ')}
      from incoming order by id
      on conflict (tenant_id, id) do update set ${updated.map((name) => `${name} = excluded.${name}`).join(', ')}
      where ${differs.replaceAll('i.', 'excluded.')}
      returning (t.xmax = 0) as is_new
    )
    select count(*) filter (where is_new)::int as created, count(*) filter (where not is_new)::int as updated from written`
  const statement = {
    text,
    columns: perRow.map(([key, column]) => ({ key, isPlain: plainTypes.test(column.getSQLType()) })),
  }
  statements.set(`${table} ${keepsHistory}`, statement)
  return statement
}

/** The columns of an opportunity that its history keeps. */
export const versionColumns = Object.keys(getTableColumns(schema.opportunityVersions))
  .filter((key) => !['tenantId', 'opportunityId', 'validFrom', 'validTo', 'runId'].includes(key))
  .map(toSnakeCase)

function keepHistory(differs: string, runParameter: number): string {
  return `
      insert into opportunity_versions (tenant_id, opportunity_id, valid_from, valid_to, run_id, ${versionColumns.join(', ')})
      select t.tenant_id, t.id, t.changed_at, now(), $${runParameter}::uuid, ${versionColumns.map((name) => `t.${name}`).join(', ')}
      from opportunities t join incoming i on t.tenant_id = $1 and t.id = i.id
      where ${differs}`
}

/**
 * Which of these items differ from what is stored, or are not stored, or stand as a tombstone. Reads only; a page that
 * brings nothing new costs no write at all.
 */
export async function differing(run: Run, table: TableName, items: Item[]): Promise<Item[]> {
  const rows = await run.database.askTenant<{ at: number }>(run.tenantId, {
    name: `probe-${table}`,
    text: `
      select i.at::int - 1 as at from unnest($2::uuid[], $3::text[]) with ordinality as i (id, hash, at)
      where not exists (
        select from ${table} t where t.tenant_id = $1 and t.id = i.id
          and t.content_hash = decode(i.hash, 'hex') and t.deleted_at is null)`,
    values: [
      run.tenantId,
      arrayLiteral(items, ({ id }) => id, true),
      arrayLiteral(items, ({ hash }) => hash, true),
    ],
  })
  return rows.map(({ at }) => items[at]).filter((item) => item !== undefined)
}

/** Which of these items name records that are stored and are no tombstones. */
export async function standing(run: Run, table: TableName, items: Item[]): Promise<Item[]> {
  const rows = await run.database.askTenant<{ at: number }>(run.tenantId, {
    name: `standing-${table}`,
    text: `
      select i.at::int - 1 as at from unnest($2::uuid[]) with ordinality as i (id, at)
      where exists (select from ${table} t where t.tenant_id = $1 and t.id = i.id and t.deleted_at is null)`,
    values: [run.tenantId, arrayLiteral(items, ({ id }) => id, true)],
  })
  return rows.map(({ at }) => items[at]).filter((item) => item !== undefined)
}

/** Columns that are not the connector's to say. */
const engineColumns: Record<string, (record: Understood) => unknown> = {
  sourceId: ({ item }) => item.sourceId,
  contentHash: ({ item }) => `\\x${item.hash}`,
  repairs: ({ repairs }) => repairs,
  deletedBecause: ({ deletedBecause }) => deletedBecause,
}

/** What loading needs to know of a run and of a pass. */
export type LoadingRun = Pick<Run, 'tenantId' | 'connectionId' | 'id' | 'context'>
export type LoadingPass = Pick<StreamPass, 'stream' | 'guardedFrom' | 'isFirstLoad'>

/** Writes one page's records of one table. Equal rows are not written. Must run in the transaction that stores the cursor. */
export async function load(
  tx: Tx,
  run: LoadingRun,
  pass: LoadingPass,
  table: TableName,
  records: Understood[],
  snapshotId: string,
  learnedAt: string | null = null,
): Promise<{ created: number; updated: number }> {
  // On a first load there is no earlier state to keep, and looking for one in a table without statistics reads all of it.
  const keepsHistory = table === 'opportunities' && !pass.isFirstLoad
  const { text, columns } = loadStatement(table, keepsHistory)
  const [first] = pass.stream.tables
  const idIn = ({ item }: Understood) =>
    table === first ? item.id : run.context.ownId(table, item.sourceId ?? '')
  const present = records.filter(({ rows }) => rows[table] !== undefined)
  if (present.length === 0) return { created: 0, updated: 0 }
  const arrays = columns.map(({ key, isPlain }) => {
    const read =
      key === 'id'
        ? idIn
        : (engineColumns[key] ?? ((record) => (record.rows[table] as Record<string, unknown>)[key]))
    return arrayLiteral(present, read, isPlain)
  })
  const { rows } = await tx.$client.query<{ created: number; updated: number }>({
    name: `load-${table}${keepsHistory ? '-history' : ''}`,
    text,
    values: [
      run.tenantId,
      run.connectionId,
      snapshotId,
      pass.guardedFrom,
      learnedAt,
      ...arrays,
      ...(keepsHistory ? [run.id] : []),
    ],
  })
  return rows[0] ?? { created: 0, updated: 0 }
}
