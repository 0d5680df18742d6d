import { askOften } from '../../drizzle/ask-often.ts'
import { sql, type Tx } from '../../drizzle/db.ts'
import type { auditRoads } from '../../drizzle/schema/access.ts'
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
  const [from, to] = [before, after].map((facts) => (facts === undefined ? null : JSON.stringify(facts)))
  await askOften(
    tx,
    sql`
    insert into audit_log (tenant_id, actor_id, actor, road, address, request_id, deed, target, before, after)
    values (app.tenant_id(), ${by.userId}::uuid, ${by.name}, ${by.road}, ${by.address}, ${by.requestId}, ${deed}, ${target}, ${from}::jsonb, ${to}::jsonb)`,
  )
}
