import { hash, randomBytes } from 'node:crypto'
import { and, count, eq, isNull, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../../drizzle/db.ts'
import { apiKeys, keyScopes } from '../../drizzle/schema/access.ts'
import { fieldsOf } from './add-tenant.ts'
import { lockOwnRole } from './lock-members.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export const usualKeyDays = 90
export const longestKeyDays = 365
/** Keys of one person that are good at the same time, in one workspace: more than anybody can keep an eye on. */
export const mostKeys = 20

/** What is asked of somebody who makes a key. */
export const newApiKey = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, 'Give it a name.')
    .max(100, 'At most 100 characters.')
    .regex(/^\P{Cc}*$/u, 'No control characters.'),
  scopes: z.array(z.enum(keyScopes)).min(1, 'Choose at least one.'),
  days: z.coerce
    .number('Give a number of days.')
    .int('Give whole days.')
    .min(1, 'At least one day.')
    .max(longestKeyDays, `At most ${longestKeyDays} days.`),
})

export type MakeApiKeyOutcome =
  /** `key` is nowhere stored: whoever asked sees it now, or never. */
  | { kind: 'made'; id: string; key: string; expiresAt: Date }
  /** By the name of the field, what is wrong with it. */
  | { kind: 'invalid'; fields: Record<string, string> }
  /** They have as many as anybody may have. */
  | { kind: 'enough' }
  /** Their role has none, or none any more. */
  | { kind: 'not_allowed' }

/** Makes a key that acts for the person who asks, in this workspace. */
export async function makeApiKey(tx: Tx, by: Actor, given: unknown): Promise<MakeApiKeyOutcome> {
  const parsed = newApiKey.safeParse(given)
  if (!parsed.success) return { kind: 'invalid', fields: fieldsOf(parsed.error) }
  if (by.userId === null) throw new TypeError(`a key acts for a person, and ${by.name} is none`)
  const { name, scopes, days } = parsed.data
  // Two at once are made one after the other, so neither overlooks the other when they are counted.
  if (!(await lockOwnRole(tx, by.userId, 'use_api'))) return { kind: 'not_allowed' }
  if ((await liveKeys(tx, by.userId)) >= mostKeys) return { kind: 'enough' }
  const key = `tdm_${randomBytes(32).toString('base64url')}`
  const [made] = await tx
    .insert(apiKeys)
    .values({
      tenantId: sql`app.tenant_id()`,
      id: sql`app.uuid_v7()`,
      userId: by.userId,
      name,
      prefix: key.slice(0, 12),
      hash: keyHash(key),
      scopes,
      expiresAt: sql`clock_timestamp() + make_interval(days => ${days})`,
    })
    .returning({ id: apiKeys.id, prefix: apiKeys.prefix, expiresAt: apiKeys.expiresAt })
  if (!made) throw new Error('the key was not made')
  const { id, prefix, expiresAt } = made
  const after = { key: prefix, scopes, expires_at: expiresAt.toISOString() }
  await recordDeed(tx, by, { deed: 'api_key_made', target: `API key ${name}`, after })
  return { kind: 'made', id, key, expiresAt }
}

async function liveKeys(tx: Tx, userId: string): Promise<number> {
  const isLive = and(isNull(apiKeys.revokedAt), sql`${apiKeys.expiresAt} > clock_timestamp()`)
  const [found] = await tx
    .select({ keys: count() })
    .from(apiKeys)
    .where(and(eq(apiKeys.userId, userId), isLive))
  return found?.keys ?? 0
}

/** What is stored of a key: 256 random bits need no salt and no slow hash. */
export function keyHash(key: string): Buffer {
  return hash('sha256', key, 'buffer')
}
