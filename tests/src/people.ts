import { randomUUID } from 'node:crypto'
import { hashPassword } from 'better-auth/crypto'
import type { Role } from '../../src/server/access.ts'
import type { Seed } from './seed.ts'

/** Everybody in the tests has this password; it is hashed once. */
export const password = 'low tide at nine'
let hashed: Promise<string> | undefined

/** A person with a role in each of these tenants; an operator belongs to their agency instead. Gives the e-mail address. */
export async function seedPerson(
  seed: Seed,
  role: Role,
  tenantIds: readonly string[],
  {
    email = `${role}-${randomUUID().slice(0, 8)}@example.com`,
    name = email.split('@')[0] ?? '',
    id = randomUUID(),
  } = {},
): Promise<string> {
  hashed ??= hashPassword(password)
  await seed.insert('auth.users', { id, name, email, email_verified: true })
  await seed.insert('auth.accounts', {
    id: randomUUID(),
    user_id: id,
    provider_id: 'credential',
    account_id: id,
    password: await hashed,
  })
  if (role === 'operator') {
    const { rows } = await seed.client.query<{ agency: string }>(
      'select distinct agency_id as agency from tenants where id = any($1)',
      [tenantIds],
    )
    for (const { agency } of rows) await seed.insert('agency_operators', { agency_id: agency, user_id: id })
    return email
  }
  for (const tenantId of tenantIds)
    await seed.insert('memberships', { tenant_id: tenantId, user_id: id, role })
  return email
}
