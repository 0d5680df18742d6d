import { getTableColumns, type Column } from 'drizzle-orm'
import { toSnakeCase } from 'drizzle-orm/casing'
import { ownColumns } from '../../drizzle/schema/index.ts'
import type { TableName } from '../../worker/connectors/connector.ts'
import { recordTables } from '../../worker/load.ts'
import { replayTenant, type ReplayReport } from '../../worker/replay.ts'
import type { Arrangement, Client, Stored } from './arrange.ts'

/** The tables that ClientTether fills. */
export const filledTables = [
  'owners',
  'stages',
  'lead_sources',
  'leads',
  'contacts',
  'opportunities',
  'notes',
  'activities',
] as const satisfies TableName[]

/** What a replay does not compare: where a row belongs, when and from where it was learned. */
const notCompared = [
  'tenant_id',
  'id',
  'connection_id',
  'snapshot_id',
  'changed_at',
  'deleted_at',
  'deleted_because',
]

export const comparedColumns = (table: TableName): { name: string; type: string }[] =>
  (Object.entries(getTableColumns(recordTables[table])) as [string, Column][])
    .filter(([key]) => !(ownColumns as readonly string[]).includes(key))
    .map(([key, column]) => ({ name: toSnakeCase(key), type: column.getSQLType() }))
    .filter(({ name }) => !notCompared.includes(name))

/** SQL for a value of a column that is other than the one it has. */
export function otherThan({ name, type }: { name: string; type: string }): string {
  if (type === 'text') return `coalesce(${name}, '') || ' planted'`
  if (type === 'uuid') return 'gen_random_uuid()'
  if (type === 'boolean') return `not coalesce(${name}, false)`
  if (type === 'jsonb') return `${name} || '{"planted": true}'`
  if (type === 'bytea') return `${name} || '\\x00'`
  if (type.startsWith('timestamp')) return `coalesce(${name}, '2020-01-01') + interval '1 microsecond'`
  if (type === 'date') return `coalesce(${name}, '2020-01-01') + 1`
  if (type.startsWith('numeric')) return `coalesce(${name}, 0) + 0.0001`
  return `coalesce(${name}, 0) + 1`
}

export function replay(
  all: Arrangement,
  client: Client,
  mode: 'verify' | 'apply',
  onProgress?: () => void,
): Promise<ReplayReport> {
  const { database, url: databaseUrl } = all
  return replayTenant({
    databaseUrl,
    database,
    tenantId: client.tenantId,
    mode,
    ...(onProgress && { onProgress }),
  })
}

/** Every record of a connection with all its columns but those that say when it was learned, and what was set aside. */
export async function copyOf(client: Client): Promise<Record<string, Stored[]>> {
  const copy: Record<string, Stored[]> = {}
  for (const table of [...filledTables, 'quarantine']) {
    const rows = await client.records(table)
    copy[table] = rows.map((row) => ({ ...row, changed_at: undefined, snapshot_id: undefined }))
  }
  return copy
}
