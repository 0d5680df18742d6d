import { and, asc, desc, eq, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { agencies, agencyOperators, identityEvents, memberships, users } from '../../drizzle/schema/index.ts'
import { instantOrNull } from './decode.ts'

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

export type Member = Awaited<ReturnType<typeof readMembers>>[number]

/** Everybody who belongs to this workspace, by name. A sign-in is seen from the day on which they joined. */
export async function readMembers(tx: Tx) {
  const lastSignIn = tx
    .select({ at: identityEvents.at })
    .from(identityEvents)
    .where(and(eq(identityEvents.userId, memberships.userId), eq(identityEvents.deed, 'signed_in')))
    .orderBy(desc(identityEvents.id))
    .limit(1)
  return tx
    .select({
      id: users.id,
      name: users.name,
      email: users.email,
      role: memberships.role,
      hasSecondFactor: users.twoFactorEnabled,
      addedAt: memberships.addedAt,
      signedInAt: sql<Date | null>`(${lastSignIn})`.mapWith(instantOrNull),
    })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(isNull(memberships.endedAt))
    .orderBy(asc(users.name), asc(users.email))
}

export type StaffMember = Awaited<ReturnType<typeof readStaff>>[number]

/** The staff of the agency that looks after this workspace, by name; they see its sync. */
export async function readStaff(tx: Tx) {
  return tx
    .select({
      id: users.id,
      name: users.name,
      email: users.email,
      agency: agencies.name,
      hasSecondFactor: users.twoFactorEnabled,
      addedAt: agencyOperators.addedAt,
    })
    .from(agencyOperators)
    .innerJoin(users, eq(users.id, agencyOperators.userId))
    .innerJoin(agencies, eq(agencies.id, agencyOperators.agencyId))
    .where(isNull(agencyOperators.endedAt))
    .orderBy(asc(users.name))
}
