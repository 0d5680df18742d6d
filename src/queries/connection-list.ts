import { asc, eq } from 'drizzle-orm'
import type { Database } from '../../drizzle/db.ts'
import { connections, tenants } from '../../drizzle/schema/index.ts'

export type ListedConnection = Awaited<ReturnType<typeof listConnections>>[number]

/** Every connection of every tenant, by tenant and name; nothing of its credentials. */
export async function listConnections(database: Database) {
  return database.asOperator((tx) =>
    tx
      .select({
        tenantId: tenants.id,
        tenant: tenants.slug,
        tenantName: tenants.name,
        id: connections.id,
        name: connections.name,
        connector: connections.connector,
        baseUrl: connections.baseUrl,
        state: connections.state,
        stateReason: connections.stateReason,
      })
      .from(connections)
      .innerJoin(tenants, eq(tenants.id, connections.tenantId))
      .orderBy(asc(tenants.slug), asc(connections.name)),
  )
}
