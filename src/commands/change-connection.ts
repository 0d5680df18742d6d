import { eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../../drizzle/db.ts'
import { connections, connectionSecrets } from '../../drizzle/schema/index.ts'
import { seal } from '../../drizzle/seal.ts'
import {
  problemOfAddress,
  problemsOfSecrets,
  problemsOfSettings,
  type AddConnectionOptions,
} from './add-connection.ts'
import { fieldsOf } from './add-tenant.ts'

export type ChangeConnectionOutcome =
  | { kind: 'changed'; state: 'active' | 'paused' | 'draft' }
  | { kind: 'not_found' }
  | { kind: 'invalid'; fields: Record<string, string> }

const form = z.strictObject({
  baseUrl: z.string().optional(),
  /** Laid over the stored ones; null takes one back to the connector's own. */
  settings: z.record(z.string(), z.unknown()).default({}),
  /** All that the connector asks for, or none. */
  secrets: z.record(z.string(), z.string()).optional(),
  paused: z.boolean().default(false),
})

/**
 * Changes a connection: its address, its settings, all of its secrets, or whether it rests. A connection that is not paused is
 * active afterwards and due at once, also one that the CRM had turned away; a draft stays one until it is started. Records are read anew where settings give them
 * another meaning; nothing that is stored is lost.
 */
export async function changeConnection(
  tx: Tx,
  id: string,
  given: unknown,
  options: AddConnectionOptions,
): Promise<ChangeConnectionOutcome> {
  const parsed = form.safeParse(given)
  if (!parsed.success) return { kind: 'invalid', fields: fieldsOf(parsed.error) }
  const { baseUrl, secrets, paused } = parsed.data
  const [stored] = await tx.select().from(connections).where(eq(connections.id, id)).for('no key update')
  if (!stored) return { kind: 'not_found' }
  const settings = laidOver(stored.settings, parsed.data.settings)
  const fields = {
    ...problemOfAddress(baseUrl ?? null, options.allowPrivateHosts),
    ...problemsOfSettings(options.connector, settings),
    ...(secrets === undefined ? {} : problemsOfSecrets(options.connector, secrets)),
  }
  if (Object.keys(fields).length > 0) return { kind: 'invalid', fields }

  const state = stored.state === 'draft' ? 'draft' : paused ? 'paused' : 'active'
  await tx
    .update(connections)
    .set({
      settings,
      state,
      // What stays as it was is as old as it was.
      ...(state === stored.state ? {} : { stateReason: null, stateSince: sql`clock_timestamp()` }),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      // Keys that were entered are those of an app of their own.
      ...(secrets === undefined ? {} : { byConsent: false }),
      ...(paused ? {} : { nextDueAt: sql`clock_timestamp()` }),
    })
    .where(eq(connections.id, id))
  for (const [field, secret] of Object.entries(secrets ?? {})) {
    const place = { tenantId: stored.tenantId, connectionId: id, field }
    const { keyId, sealed, hint } = await seal(options.sealingKey, place, secret)
    await tx
      .insert(connectionSecrets)
      .values({ ...place, keyId, sealed, hint })
      .onConflictDoUpdate({
        target: [connectionSecrets.tenantId, connectionSecrets.connectionId, connectionSecrets.field],
        set: { keyId, sealed, hint, updatedAt: sql`clock_timestamp()` },
      })
  }
  return { kind: 'changed', state }
}

/** Settings with others laid over them, one level deep as settings are; null takes one away. */
function laidOver(below: Record<string, unknown>, above: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const isGroup = (candidate: unknown): candidate is Record<string, unknown> =>
      typeof candidate === 'object' && candidate !== null && !Array.isArray(candidate)
    const before = merged[key]
    merged[key] = isGroup(value) && isGroup(before) ? { ...before, ...value } : value
  }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
}
