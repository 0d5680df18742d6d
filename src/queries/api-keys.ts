import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import type { Database, Tx } from '../../drizzle/db.ts'
import { apiKeys, memberships, users, type KeyScope, type MemberRole } from '../../drizzle/schema/index.ts'

/** A key that is good at this moment, and the member it acts for. */
export type KeyHolder = {
  keyId: string
  tenantId: string
  hash: Buffer
  scopes: readonly KeyScope[]
  role: MemberRole
  person: { id: string; name: string; email: string; hasSecondFactor: boolean }
  /** Its last use was noted within the minute. */
  isNoted: boolean
}

/** Where nothing is: a key that nobody knows is looked for there, so that this takes as long as for one that has ended. */
const nowhere = {
  tenantId: '00000000-0000-0000-0000-000000000000',
  keyId: '00000000-0000-0000-0000-000000000000',
}

/** Whose key this is, by its SHA-256. */
export async function findKeyHolder(database: Database, hash: Buffer): Promise<KeyHolder | undefined> {
  const { rows } = await database.outsideTenants.query<{ tenantId: string; keyId: string }>(
    'select tenant_id as "tenantId", api_key_id as "keyId" from app.tenant_of_api_key($1)',
    [hash],
  )
  return readKeyHolder(database, rows[0] ?? nowhere)
}

/** Who is behind a key; undefined once it is revoked or expired, or its owner is no member any more. */
export async function readKeyHolder(
  database: Database,
  { tenantId, keyId }: { tenantId: string; keyId: string },
): Promise<KeyHolder | undefined> {
  const [found] = await database.asTenant(tenantId, (tx) =>
    tx
      .select({
        keyId: apiKeys.id,
        tenantId: apiKeys.tenantId,
        hash: apiKeys.hash,
        scopes: apiKeys.scopes,
        role: memberships.role,
        person: {
          id: users.id,
          name: users.name,
          email: users.email,
          hasSecondFactor: users.twoFactorEnabled,
        },
        isNoted: sql<boolean>`coalesce(${apiKeys.lastUsedAt} > clock_timestamp() - interval '1 minute', false)`,
      })
      .from(apiKeys)
      .innerJoin(
        memberships,
        and(eq(memberships.tenantId, apiKeys.tenantId), eq(memberships.userId, apiKeys.userId)),
      )
      .innerJoin(users, eq(users.id, apiKeys.userId))
      .where(
        and(
          eq(apiKeys.id, keyId),
          isNull(apiKeys.revokedAt),
          sql`${apiKeys.expiresAt} > clock_timestamp()`,
          isNull(memberships.endedAt),
        ),
      ),
  )
  return found
}

export type ListedKey = Awaited<ReturnType<typeof readKeys>>[number]

/** The API keys of one person, or of everybody here, newest first; nothing that could be used as one. */
export async function readKeys(tx: Tx, ownerId?: string) {
  return tx
    .select({
      id: apiKeys.id,
      name: apiKeys.name,
      prefix: apiKeys.prefix,
      scopes: apiKeys.scopes,
      ownerId: apiKeys.userId,
      owner: users.name,
      createdAt: apiKeys.createdAt,
      expiresAt: apiKeys.expiresAt,
      lastUsedAt: apiKeys.lastUsedAt,
      revokedAt: apiKeys.revokedAt,
    })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(ownerId === undefined ? undefined : eq(apiKeys.userId, ownerId))
    .orderBy(desc(apiKeys.id))
    .limit(500)
}
