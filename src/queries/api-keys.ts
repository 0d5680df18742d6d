import { desc, eq } from 'drizzle-orm'
import type { Database, Tx } from '../../drizzle/db.ts'
import { apiKeys, users, type KeyScope, type MemberRole } from '../../drizzle/schema/index.ts'
import { accessOfRow, type Access, type AccessRow } from './access.ts'

/** A key that is good at this moment, and the member it acts for. */
export type KeyHolder = {
  keyId: string
  tenantId: string
  hash: Buffer
  scopes: readonly KeyScope[]
  person: { id: string; name: string; email: string; hasSecondFactor: boolean }
  /** What the key opens, and as what. */
  access: Access
  /** Its last use was noted within the minute. */
  isNoted: boolean
}

/** Where nothing is: a key that nobody knows is looked for there, so that this takes as long as for one that has ended. */
const nowhere = '00000000-0000-0000-0000-000000000000'

const findTenant = `
  select set_config('app.tenant_id', coalesce((select tenant_id from app.tenant_of_api_key($1)), '${nowhere}')::text, true)`

/** Once it is revoked or expired, or its owner is no member any more, a key has no holder. */
const holder = (which: string) => `
  select k.id as key_id, k.hash, k.scopes, m.role, u.id as user_id, u.name as user_name, u.email, u.two_factor_enabled,
    coalesce(k.last_used_at > clock_timestamp() - interval '1 minute', false) as is_noted,
    t.id, t.slug, t.name, t.time_zone, t.currency, t.number_format, t.requires_second_factor
  from api_keys k
  join tenants t on t.id = k.tenant_id
  join memberships m on m.tenant_id = k.tenant_id and m.user_id = k.user_id
  join auth.users u on u.id = k.user_id
  where ${which} and k.revoked_at is null and k.expires_at > clock_timestamp() and m.ended_at is null`

type Row = AccessRow & {
  role: MemberRole
  key_id: string
  hash: Buffer
  scopes: KeyScope[]
  user_id: string
  user_name: string
  email: string
  two_factor_enabled: boolean
  is_noted: boolean
}

/** Whose key this is, by its SHA-256, in one question. */
export async function findKeyHolder(database: Database, hash: Buffer): Promise<KeyHolder | undefined> {
  const [found] = await database.askHolder<Row>(
    { name: 'tenant-of-key', text: findTenant, values: [hash] },
    { name: 'holder-of-key', text: holder('k.hash = $1'), values: [hash] },
  )
  return found && holderOf(found)
}

/** Who is behind a key that a token names. */
export async function readKeyHolder(
  database: Database,
  { tenantId, keyId }: { tenantId: string; keyId: string },
): Promise<KeyHolder | undefined> {
  const question = { name: 'holder-by-id', text: holder('k.id = $1'), values: [keyId] }
  const [found] = await database.askTenant<Row>(tenantId, question)
  return found && holderOf(found)
}

function holderOf(row: Row): KeyHolder {
  const { key_id, hash, scopes, user_id, user_name, email, two_factor_enabled, is_noted, ...access } = row
  return {
    keyId: key_id,
    tenantId: access.id,
    hash,
    scopes,
    person: { id: user_id, name: user_name, email, hasSecondFactor: two_factor_enabled },
    access: accessOfRow(access),
    isNoted: is_noted,
  }
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
