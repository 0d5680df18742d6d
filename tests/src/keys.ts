import { randomBytes, randomUUID } from 'node:crypto'
import { keyHash } from '../../src/commands/make-api-key.ts'
import type { Seed } from './seed.ts'

/** The id of a person, by their address. */
export async function idOf(seed: Seed, email: string): Promise<string> {
  const { rows } = await seed.client.query<{ id: string }>('select id from auth.users where email = $1', [
    email,
  ])
  return rows[0]?.id ?? ''
}

/** An API key of a person in a tenant, with every scope and good for a day unless `row` says otherwise. */
export async function seedKey(
  seed: Seed,
  tenantId: string,
  email: string,
  row: Record<string, unknown> = {},
): Promise<{ id: string; key: string; headers: { authorization: string } }> {
  const key = `tdm_${randomBytes(32).toString('base64url')}`
  const id = randomUUID()
  await seed.insert('api_keys', {
    tenant_id: tenantId,
    id,
    user_id: await idOf(seed, email),
    name: 'nightly',
    prefix: key.slice(0, 12),
    hash: keyHash(key),
    scopes: ['read', 'write', 'export'],
    expires_at: new Date(Date.now() + 86_400_000),
    ...row,
  })
  return { id, key, headers: { authorization: `Bearer ${key}` } }
}
