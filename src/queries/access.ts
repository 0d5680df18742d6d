import { eq, or, sql } from 'drizzle-orm'
import type { Database } from '../../drizzle/db.ts'
import { memberships, tenants, type MemberRole } from '../../drizzle/schema/index.ts'
import { isWorkspaceName, workspaceColumns, type Workspace } from './workspaces.ts'

/** What a person may enter. `role` is `operator` where their agency looks after a workspace they are no member of. */
export type Access = { workspace: Workspace; role: MemberRole | 'operator' }

/**
 * The workspace that an address or a header names, if it is one of this person's own. A foreign one and one that does not exist
 * are the same answer, found by the same question.
 */
export async function findAccess(
  database: Database,
  userId: string,
  name: string,
): Promise<Access | undefined> {
  const known = isWorkspaceName(name)
  const matches = known ? or(eq(tenants.slug, name), eq(sql`${tenants.id}::text`, name)) : sql`false`
  const [found] = await database.asPerson(userId, (tx) =>
    tx
      .select({ workspace: workspaceColumns, role: memberships.role })
      .from(tenants)
      .leftJoin(memberships, eq(memberships.tenantId, tenants.id))
      .where(matches)
      .limit(1),
  )
  return found && { workspace: found.workspace, role: found.role ?? 'operator' }
}

/** More than there are. */
const everyRow = 2 ** 31 - 1

/** The workspaces a person may enter, by name; at most `most`, or all of them. */
export async function listAccess(database: Database, userId: string, most?: number): Promise<Access[]> {
  const rows = await database.asPerson(userId, (tx) =>
    tx
      .select({ workspace: workspaceColumns, role: memberships.role })
      .from(tenants)
      .leftJoin(memberships, eq(memberships.tenantId, tenants.id))
      .orderBy(tenants.name)
      .limit(most ?? everyRow),
  )
  return rows.map(({ workspace, role }) => ({ workspace, role: role ?? 'operator' }))
}
