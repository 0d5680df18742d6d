import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { apiKeys } from '../../drizzle/schema/index.ts'
import { lockOwnRole } from './lock-members.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type RevokeApiKeyOutcome = { kind: 'revoked'; name: string } | { kind: 'not_found' }

/** Ends a key at once: one's own, or anybody's for those who look after the members. One that has ended is not found again. */
export async function revokeApiKey(
  tx: Tx,
  by: Actor & { userId: string },
  keyId: string,
): Promise<RevokeApiKeyOutcome> {
  const seesAll = await lockOwnRole(tx, by.userId, 'manage_members')
  const own = seesAll ? undefined : eq(apiKeys.userId, by.userId)
  const [key] = await tx
    .update(apiKeys)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(eq(apiKeys.id, keyId), isNull(apiKeys.revokedAt), own))
    .returning({ name: apiKeys.name, prefix: apiKeys.prefix })
  if (!key) return { kind: 'not_found' }
  const before = { key: key.prefix }
  await recordDeed(tx, by, { deed: 'api_key_revoked', target: `API key ${key.name}`, before })
  return { kind: 'revoked', name: key.name }
}
