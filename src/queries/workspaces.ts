import { asc, eq, or, sql } from 'drizzle-orm'
import type { Database, Tx } from '../../drizzle/db.ts'
import { memberships, tenants, type MemberRole, type NumberFormat } from '../../drizzle/schema/index.ts'
import { readOwnFigures, type WorkspaceFigures } from './own-figures.ts'
import { readSyncStatus, type ConnectionStatus } from './sync-status.ts'

/** A tenant, as the pages know it. */
export type Workspace = {
  id: string
  slug: string
  name: string
  timeZone: string
  currency: string
  numberFormat: NumberFormat
  requiresSecondFactor: boolean
}

export const workspaceColumns = {
  id: tenants.id,
  slug: tenants.slug,
  name: tenants.name,
  timeZone: tenants.timeZone,
  currency: tenants.currency,
  numberFormat: tenants.numberFormat,
  requiresSecondFactor: tenants.requiresSecondFactor,
}

/** Slugs and ids; anything else names no workspace, and some of it (NUL) Postgres would not even read. */
export const isWorkspaceName = (name: string): boolean => /^[a-z0-9-]{1,63}$/.test(name)

/** The workspace that an address or a header names, by its slug or its id; undefined when there is none. */
export async function findWorkspace(database: Database, name: string): Promise<Workspace | undefined> {
  if (!isWorkspaceName(name)) return undefined
  const matches = or(eq(tenants.slug, name), eq(sql`${tenants.id}::text`, name))
  const [found] = await database.asOperator((tx) =>
    tx.select(workspaceColumns).from(tenants).where(matches).limit(1),
  )
  return found
}

/** Every workspace of the installation with the state of its connections, by name; for the command line. */
export async function listWorkspaces(
  database: Database,
): Promise<{ now: Date; workspaces: (Workspace & { connections: ConnectionStatus[] })[] }> {
  return database.asOperator(readWorkspaces)
}

/**
 * A workspace as somebody who may enter it sees it in the list; `figures` are for its members, and where it demands a second
 * factor for those who have one.
 */
export type OwnWorkspace = Workspace & {
  connections: ConnectionStatus[]
  role: MemberRole | 'operator'
  figures: WorkspaceFigures | null
}

/** As `listWorkspaces`, of one person's own workspaces; as many questions as for one. */
export async function listOwnWorkspaces(
  database: Database,
  { id: userId, hasSecondFactor }: { id: string; hasSecondFactor: boolean },
): Promise<{ now: Date; workspaces: OwnWorkspace[] }> {
  return database.asPerson(userId, async (tx) => {
    const { now, workspaces } = await readWorkspaces(tx)
    const mine = await tx.select({ id: memberships.tenantId, role: memberships.role }).from(memberships)
    const roles = new Map(mine.map(({ id, role }) => [id, role]))
    const figures = await readOwnFigures(tx)
    return {
      now,
      workspaces: workspaces.map((one) => ({
        ...one,
        role: roles.get(one.id) ?? 'operator',
        figures: one.requiresSecondFactor && !hasSecondFactor ? null : (figures.get(one.id) ?? null),
      })),
    }
  })
}

async function readWorkspaces(tx: Tx) {
  const { now, connections } = await readSyncStatus(tx)
  const ofTenant = Map.groupBy(connections, ({ tenantId }) => tenantId)
  const rows = await tx.select(workspaceColumns).from(tenants).orderBy(asc(tenants.name))
  return { now, workspaces: rows.map((row) => ({ ...row, connections: ofTenant.get(row.id) ?? [] })) }
}
