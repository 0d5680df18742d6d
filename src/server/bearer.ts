import { timingSafeEqual } from 'node:crypto'
import { keyHash } from '../commands/make-api-key.ts'
import { noteKeyUse } from '../commands/note-key-use.ts'
import { findKeyHolder, readKeyHolder, type KeyHolder } from '../queries/api-keys.ts'
import { may } from './access.ts'
import type { Asker } from './who.ts'

type Locals = Pick<App.Locals, 'database' | 'tokens' | 'now'>

/**
 * Who a program acts for, by the key or token in its Authorization header. Whether it is unknown, expired or revoked, or its owner
 * gone, is one and the same answer.
 */
export async function askerOfBearer(locals: Locals, authorization: string): Promise<Asker | 'refused'> {
  const shown = /^Bearer ([\w.~+/-]{1,4096}=*)$/i.exec(authorization)?.[1]
  if (shown === undefined) return 'refused'
  return shown.startsWith('tdm_') ? askerOfKey(locals, shown) : askerOfToken(locals, shown)
}

async function askerOfKey({ database }: Locals, key: string): Promise<Asker | 'refused'> {
  const hash = keyHash(key)
  const holder = await findKeyHolder(database, hash)
  if (!isGood(holder) || !timingSafeEqual(holder.hash, hash)) return 'refused'
  const { tenantId, keyId, person, scopes, access, isNoted } = holder
  if (!isNoted) await database.asTenant(tenantId, (tx) => noteKeyUse(tx, keyId))
  return { road: 'api_key', person, access: [access], keyId, tenantId, scopes }
}

/** A token is worth what the key that made it is worth now: revoking the key ends its tokens. */
async function askerOfToken({ database, tokens, now }: Locals, token: string): Promise<Asker | 'refused'> {
  const claims = await tokens.read(token, now)
  if (claims === undefined) return 'refused'
  const holder = await readKeyHolder(database, claims)
  if (!isGood(holder) || holder.person.id !== claims.userId) return 'refused'
  const { tenantId, keyId, person, access } = holder
  const scopes = holder.scopes.filter((scope) => claims.scopes.includes(scope))
  return { road: 'token', person, access: [access], keyId, tenantId, scopes }
}

const isGood = (holder: KeyHolder | undefined): holder is KeyHolder =>
  holder !== undefined && may(holder.access.role, 'use_api')
