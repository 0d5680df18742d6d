import { eq } from 'drizzle-orm'
import type pg from 'pg'
import type { Database } from '../../drizzle/db.ts'
import { memberships, tenants, type MemberRole, type NumberFormat } from '../../drizzle/schema/index.ts'
import { isWorkspaceName, workspaceColumns, type Workspace } from './workspaces.ts'

/** What a person may enter. `role` is `operator` where their agency looks after a workspace they are no member of. */
export type Access = { workspace: Workspace; role: MemberRole | 'operator' }

export type AccessRow = {
  id: string
  slug: string
  name: string
  time_zone: string
  currency: string
  number_format: NumberFormat
  requires_second_factor: boolean
  role: MemberRole | null
}

const columns = `select t.id, t.slug, t.name, t.time_zone, t.currency, t.number_format, t.requires_second_factor, m.role
  from tenants t left join memberships m on m.tenant_id = t.id`
const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Asks, as a person, for the workspace that an address or a header names, or without a name for the first two of theirs. A foreign
 * one and one that does not exist are the same answer, found by the same question.
 */
export function accessStatement(name: string | null): pg.QueryConfig {
  if (name === null) return { name: 'own-workspaces', text: `${columns} order by t.name limit 2` }
  const known = isWorkspaceName(name) ? name : ''
  const id = uuidForm.test(known) ? known : null
  // By either of two indexes: the words of a slug may look like an id.
  return {
    name: 'own-workspace',
    text: `${columns} where t.slug = $1 or t.id = $2::uuid`,
    values: [known, id],
  }
}

export function accessOfRow(row: AccessRow): Access {
  const { role, time_zone: timeZone, number_format: numberFormat, ...rest } = row
  const { requires_second_factor: requiresSecondFactor, ...named } = rest
  return { workspace: { ...named, timeZone, numberFormat, requiresSecondFactor }, role: role ?? 'operator' }
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
