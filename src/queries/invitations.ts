import { and, asc, eq, isNull } from 'drizzle-orm'
import { sql, type Database, type Tx } from '../../drizzle/db.ts'
import { invitations, tenants, type MemberRole } from '../../drizzle/schema/index.ts'

export type OpenInvitation = Awaited<ReturnType<typeof readOpenInvitations>>[number]

/** The invitations that are neither accepted nor withdrawn, by address; some may have expired. */
export async function readOpenInvitations(tx: Tx) {
  return tx
    .select({
      id: invitations.id,
      email: invitations.email,
      role: invitations.role,
      inviter: invitations.inviter,
      createdAt: invitations.createdAt,
      expiresAt: invitations.expiresAt,
    })
    .from(invitations)
    .where(and(isNull(invitations.acceptedAt), isNull(invitations.revokedAt)))
    .orderBy(asc(invitations.email))
}

export type Invitation = {
  tenantId: string
  workspace: string
  slug: string
  email: string
  role: MemberRole
  inviter: string
  /** `void` when whoever sent it looks after the members no more. */
  state: 'open' | 'used' | 'void' | 'withdrawn' | 'expired'
}

/** What the link with this SHA-256 invites to; undefined when we never sent such a link. */
export async function findInvitation(database: Database, tokenHash: Buffer): Promise<Invitation | undefined> {
  const { rows } = await database.outsideTenants.query<{ tenantId: string; id: string }>(
    'select tenant_id as "tenantId", invitation_id as id from app.tenant_of_invitation($1)',
    [tokenHash],
  )
  const [place] = rows
  if (place === undefined) return undefined
  const [found] = await database.asTenant(place.tenantId, (tx) =>
    tx
      .select({
        tenantId: invitations.tenantId,
        workspace: tenants.name,
        slug: tenants.slug,
        email: invitations.email,
        role: invitations.role,
        inviter: invitations.inviter,
        state: sql<Invitation['state']>`case when ${invitations.acceptedAt} is not null then 'used'
          when not app.may_invite(${invitations.invitedBy}) then 'void'
          when ${invitations.revokedAt} is not null then 'withdrawn'
          when ${invitations.expiresAt} <= clock_timestamp() then 'expired' else 'open' end`,
      })
      .from(invitations)
      .innerJoin(tenants, eq(tenants.id, invitations.tenantId))
      .where(eq(invitations.id, place.id)),
  )
  return found
}
