import { and, eq, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { apiKeys } from '../../drizzle/schema/index.ts'

/** Notes that an API key was used, once a minute at most, however often it is. */
export async function noteKeyUse(tx: Tx, keyId: string): Promise<void> {
  const isDue = sql`coalesce(${apiKeys.lastUsedAt} <= clock_timestamp() - interval '1 minute', true)`
  await tx
    .update(apiKeys)
    .set({ lastUsedAt: sql`clock_timestamp()` })
    .where(and(eq(apiKeys.id, keyId), isDue))
}
