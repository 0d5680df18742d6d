import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { connect, type Database } from '../../drizzle/db.ts'
import type { MemberRole } from '../../drizzle/schema/access.ts'
import type { Actor } from '../../src/commands/record-deed.ts'
import { createTestDatabase } from '../support/database.ts'
import { seedBuilder, type Seed } from './seed.ts'

/** Somebody who does something on a page. */
export type Someone = Actor & { userId: string }

export type Place = {
  seed: Seed
  client: pg.Client
  database: Database
  databaseUrl: string
  /** Somebody who is known; a member of these tenants in this role. */
  someone: (role?: MemberRole, ...tenantIds: string[]) => Promise<Someone>
  /** The deeds in a tenant's audit log, oldest first, without when and by which request. */
  audit: (tenantId: string) => Promise<Record<string, unknown>[]>
  close: () => Promise<void>
}

/** A database of its own with the roads of the web into it. */
export async function startPlace(): Promise<Place> {
  const testDatabase = await createTestDatabase()
  const client = new pg.Client({ connectionString: testDatabase.url })
  await client.connect()
  const seed = seedBuilder(client)
  const database = connectAsWeb(testDatabase.url, 12)
  return {
    seed,
    client,
    database,
    databaseUrl: testDatabase.url,
    someone: async (role, ...tenantIds) => {
      const userId = randomUUID()
      const name = `${role ?? 'stranger'}-${userId.slice(0, 8)}@example.com`
      await seed.insert('auth.users', { id: userId, name, email: name, email_verified: true })
      for (const tenantId of tenantIds)
        await seed.insert('memberships', { tenant_id: tenantId, user_id: userId, role })
      return { userId, name, road: 'session', address: '192.0.2.7', requestId: 'AAAAA-BBBBB' }
    },
    audit: async (tenantId) => {
      const { rows } = await client.query<Record<string, unknown>>(
        `select actor, deed, target, before, after from audit_log where tenant_id = $1 order by at`,
        [tenantId],
      )
      return rows
    },
    close: async () => {
      await database.close()
      await client.end()
      await testDatabase.drop()
    },
  }
}

/** The role and the limits of the web. */
export function connectAsWeb(url: string, max = 4): Database {
  return connect({
    url,
    role: 'tidemark_web',
    max,
    statementTimeoutMs: 10_000,
    sendsAhead: true,
    onError: () => undefined,
  })
}
