import { asc, eq, or, sql } from 'drizzle-orm'
import type { Database } from '../../drizzle/db.ts'
import { tenants } from '../../drizzle/schema/index.ts'
import { readSyncStatus, type ConnectionStatus } from './sync-status.ts'

/** A tenant, as the pages know it. */
export type Workspace = { id: string; slug: string; name: string; timeZone: string; currency: string }

const columns = {
  id: tenants.id,
  slug: tenants.slug,
  name: tenants.name,
  timeZone: tenants.timeZone,
  currency: tenants.currency,
}

/** Slugs and ids; anything else names no workspace, and some of it (NUL) Postgres would not even read. */
const nameForm = /^[a-z0-9-]{1,63}$/

/** The workspace that an address or a header names, by its slug or its id; undefined when there is none. */
export async function findWorkspace(database: Database, name: string): Promise<Workspace | undefined> {
  if (!nameForm.test(name)) return undefined
  const matches = or(eq(tenants.slug, name), eq(sql`${tenants.id}::text`, name))
  const [found] = await database.asOperator((tx) => tx.select(columns).from(tenants).where(matches).limit(1))
  return found
}

/** Every workspace with the state of its connections, by name. */
export async function listWorkspaces(
  database: Database,
): Promise<{ now: Date; workspaces: (Workspace & { connections: ConnectionStatus[] })[] }> {
  return database.asOperator(async (tx) => {
    const { now, connections } = await readSyncStatus(tx)
    const ofTenant = Map.groupBy(connections, ({ tenantId }) => tenantId)
    const rows = await tx.select(columns).from(tenants).orderBy(asc(tenants.name))
    return { now, workspaces: rows.map((row) => ({ ...row, connections: ofTenant.get(row.id) ?? [] })) }
  })
}
