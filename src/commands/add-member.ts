import { isNotNull, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { memberships, type MemberRole } from '../../drizzle/schema/index.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type AddMemberOutcome =
  | 'added'
  /** Their role stays as it is. */
  | 'already_member'

/**
 * Makes a person a member without an invitation. Somebody who was one before is one again only where `again` is said: what an
 * admin ended must not come back by itself.
 */
export async function addMember(
  tx: Tx,
  by: Actor,
  {
    userId,
    email,
    role,
    again = false,
  }: { userId: string; email: string; role: MemberRole; again?: boolean },
): Promise<AddMemberOutcome> {
  const afresh = { role, addedBy: by.userId, addedAt: sql`clock_timestamp()` }
  const { rowCount } = await tx
    .insert(memberships)
    .values({ tenantId: sql`app.tenant_id()`, userId, ...afresh })
    .onConflictDoUpdate({
      target: [memberships.tenantId, memberships.userId],
      set: { ...afresh, endedAt: null },
      setWhere: again ? isNotNull(memberships.endedAt) : sql`false`,
    })
  if (rowCount !== 1) return 'already_member'
  await recordDeed(tx, by, { deed: 'member_joined', target: email, after: { role } })
  return 'added'
}
