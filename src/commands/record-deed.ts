import { sql, type Tx } from '../../drizzle/db.ts'
import { auditLog, type auditRoads } from '../../drizzle/schema/access.ts'
import type { AuditDeed } from '../domain/audit-deeds.ts'

/** Who does a deed, and by which road they came. */
export type Actor = {
  userId: string | null
  /** Their e-mail address, or the name of a program. */
  name: string
  road: (typeof auditRoads)[number]
  address: string | null
  requestId: string | null
}

/** A person at the machine itself. */
export const commandLine: Actor = {
  userId: null,
  name: 'command line',
  road: 'command',
  address: null,
  requestId: null,
}

export type DeedDone = {
  deed: AuditDeed
  /** What it was done to, in words: `ana@example.com`, `connection ClientTether`. */
  target: string
  before?: Record<string, unknown>
  after?: Record<string, unknown>
}

/** Writes a line into the audit log of this transaction's tenant: it stands there if, and only if, the deed was done. No secrets. */
export async function recordDeed(
  tx: Tx,
  by: Actor,
  { deed, target, before, after }: DeedDone,
): Promise<void> {
  await tx.insert(auditLog).values({
    tenantId: sql`app.tenant_id()`,
    actorId: by.userId,
    actor: by.name,
    road: by.road,
    address: by.address,
    requestId: by.requestId,
    deed,
    target,
    before,
    after,
  })
}
