import { sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import type { Database, Tx } from '../drizzle/db.ts'
import type { FieldMapping } from '../drizzle/schema/field-mappings.ts'
import { asSyncError, FatalError, type SyncError } from './errors.ts'
import { BusyError } from './hold.ts'
import { replayTenant, type ReplayReport } from './replay.ts'

/** A version of a field mapping. */
export type MappingVersion = { tenantId: string; connectionId: string; version: number }

export type MappingOptions = { database: Database; databaseUrl: string; log: Logger; stopping: AbortSignal }

/** Versions that wait to be carried out, oldest first. */
export async function waitingMappings(database: Database, most: number): Promise<MappingVersion[]> {
  const { rows } = await database.outsideTenants.query<{
    tenant_id: string
    connection_id: string
    version: number
  }>('select * from app.waiting_field_mappings($1)', [most])
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    connectionId: row.connection_id,
    version: row.version,
  }))
}

/** What fails so often is given up: the version before holds. */
const mostAttempts = 5

/**
 * Reads the stored answers of a connection again under a version, without one call to its CRM: its opportunities, its settings and
 * the version's state change in one transaction, or nothing does. False when the version waits on: the connection is being synced,
 * or the worker is to stop, or it failed and is tried again.
 */
export async function applyMapping(options: MappingOptions, which: MappingVersion): Promise<boolean> {
  const { database, databaseUrl, stopping } = options
  const mapping = await readMapping(database, which)
  if (mapping === undefined) return false
  let read: Record<string, unknown> = {}
  let laid: Record<string, unknown> = {}
  try {
    await replayTenant({
      database,
      databaseUrl,
      tenantId: which.tenantId,
      mode: 'apply',
      stopping,
      onProgress: ({ snapshots, of }) => void showProgress(database, which, snapshots, of),
      remapping: {
        connectionId: which.connectionId,
        settings: (connector, stored) => {
          if (connector.mapping === undefined)
            throw new FatalError('E_SETTINGS', `the fields of ${connector.label} cannot be mapped`)
          read = stored
          return (laid = connector.mapping.lay(stored, mapping))
        },
        settle: (tx, report) => settle(tx, which, read, laid, report),
      },
    })
    return true
  } catch (error) {
    if (stopping.aborted || error instanceof BusyError) return false
    options.log.error({ err: error, ...which }, 'mapping.failed')
    await noteFailure(database, which, asSyncError(error))
    return false
  }
}

async function readMapping(database: Database, which: MappingVersion): Promise<FieldMapping | undefined> {
  const rows = await database.asTenant(which.tenantId, (tx) =>
    tx.execute<{ mapping: FieldMapping }>(
      sql`select mapping from field_mappings where ${isThis(which)} and state = 'waiting'`,
    ),
  )
  return rows.rows[0]?.mapping
}

/** Makes the version the one that holds. Throws `BusyError` when somebody changed the connection, or the mapping, meanwhile. */
async function settle(
  tx: Tx,
  which: MappingVersion,
  read: Record<string, unknown>,
  laid: Record<string, unknown>,
  { applied, kept }: ReplayReport,
): Promise<void> {
  const changed = await tx.execute(sql`
    update connections set settings = ${JSON.stringify(laid)}::jsonb
    where tenant_id = ${which.tenantId} and id = ${which.connectionId} and settings = ${JSON.stringify(read)}::jsonb`)
  if (changed.rowCount === 0)
    throw new BusyError('the settings of the connection were changed meanwhile; it is begun again')
  const settled = await tx.execute(sql`
    update field_mappings set state = 'applied', settled_at = clock_timestamp(), rows_taken = ${applied}, rows_kept = ${kept}
    where ${isThis(which)} and state = 'waiting'`)
  if (settled.rowCount === 0) throw new BusyError('a newer version of the mapping came meanwhile')
}

/** How far it is, for people who look on; whether that can be written decides nothing. */
async function showProgress(
  database: Database,
  which: MappingVersion,
  snapshots: number,
  of: number,
): Promise<void> {
  await database
    .asTenant(which.tenantId, (tx) =>
      tx.execute(
        sql`update field_mappings set snapshots = ${snapshots}, snapshots_total = ${of} where ${isThis(which)} and state = 'waiting'`,
      ),
    )
    .catch(() => undefined)
}

async function noteFailure(database: Database, which: MappingVersion, { code }: SyncError): Promise<void> {
  const isHopeless = sql`(${code === 'E_SETTINGS'} or attempts + 1 >= ${mostAttempts})`
  await database.asTenant(which.tenantId, (tx) =>
    tx.execute(sql`
      update field_mappings set attempts = attempts + 1,
        state = case when ${isHopeless} then 'refused' else state end,
        settled_at = case when ${isHopeless} then clock_timestamp() end,
        refused_because = case when ${isHopeless} then ${code === 'E_SETTINGS' ? doesNotFit : failedOften} end
      where ${isThis(which)} and state = 'waiting'`),
  )
}

const doesNotFit = 'These fields do not fit the settings of the connection. The version before holds.'
const failedOften = `Reading the stored answers again failed ${mostAttempts} times. The version before holds.`

const isThis = ({ tenantId, connectionId, version }: MappingVersion) =>
  sql`tenant_id = ${tenantId} and connection_id = ${connectionId} and version = ${version}`
