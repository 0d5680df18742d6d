import { desc, eq } from 'drizzle-orm'
import type { IdentityDatabase } from '../../drizzle/identity.ts'
import { identityEvents } from '../../drizzle/schema/identity.ts'
import type { IdentityDeed } from '../domain/identity-words.ts'

/** Where a request came from, for the log of deeds. */
export type Origin = { address: string; requestId: string }

/** Notes what a person did with their sign-in, or what was tried in their name. `detail` holds no secret. */
export async function noteEvent(
  { db }: Pick<IdentityDatabase, 'db'>,
  userId: string,
  deed: IdentityDeed,
  origin: Partial<Origin>,
  detail: Record<string, string> = {},
): Promise<void> {
  const { address = null, requestId = null } = origin
  await db.insert(identityEvents).values({ userId, deed, address, requestId, detail })
}

/** The latest deeds of one person, newest first, for the person alone. */
export async function eventsOf({ db }: Pick<IdentityDatabase, 'db'>, userId: string, most: number) {
  return db
    .select()
    .from(identityEvents)
    .where(eq(identityEvents.userId, userId))
    .orderBy(desc(identityEvents.id))
    .limit(most)
}
