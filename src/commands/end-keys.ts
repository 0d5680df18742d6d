import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { apiKeys } from '../../drizzle/schema/index.ts'
import { recordDeed, type Actor } from './record-deed.ts'

/**
 * Ends the API keys of a person in this tenant, for good: they do not come back with a new role, membership or password. Each
 * leaves a line of its own; `because` says in words what ended it. Gives how many there were.
 */
export async function endKeys(tx: Tx, by: Actor, userId: string, because: string): Promise<number> {
  const ended = await tx
    .update(apiKeys)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(
      and(
        eq(apiKeys.userId, userId),
        isNull(apiKeys.revokedAt),
        sql`${apiKeys.expiresAt} > clock_timestamp()`,
      ),
    )
    .returning({ name: apiKeys.name, prefix: apiKeys.prefix })
  for (const { name, prefix } of ended)
    await recordDeed(tx, by, {
      deed: 'api_key_revoked',
      target: `API key ${name}`,
      before: { key: prefix },
      after: { because },
    })
  return ended.length
}
