import { and, asc, eq, isNull } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { memberships, users } from '../../drizzle/schema/index.ts'

/** The names of those who can help: the admins of this workspace. */
export async function readAdmins(tx: Tx): Promise<string[]> {
  const rows = await tx
    .select({ name: users.name })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.role, 'admin'), isNull(memberships.endedAt)))
    .orderBy(asc(users.name))
  return rows.map(({ name }) => name)
}
