import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { pino, type Logger } from 'pino'
import { readConfig } from '../../drizzle/config.ts'
import type { Database } from '../../drizzle/db.ts'
import { startWeb, type Web } from '../../src/server/main.ts'
import type { WebParts } from '../../src/server/services.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { createTestDatabase } from '../support/database.ts'
import type { Role } from '../../src/server/access.ts'
import { seedPerson } from './people.ts'
import { connectAsWeb } from './place.ts'
import { seedBuilder, type Seed } from './seed.ts'
import { visit, type Visitor } from './visitor.ts'

export type TestApp = {
  url: string
  databaseUrl: string
  seed: Seed
  database: Database
  /** Signed in; an admin of every tenant that the seed makes. */
  ana: Visitor
  /** Signs in somebody new with this role in these workspaces, and gives the requests they send. */
  as: (role: Role, ...tenantIds: string[]) => Promise<Visitor>
  /** What the program logged, one object per line. */
  logged: Record<string, unknown>[]
  close: () => Promise<void>
}

/** A Postgres that is not that of the test run, with a replica. */
export type Replicated = { primaryUrl: string; replicaUrl: string }

/** The built pages on a free port, over a database of their own. */
export async function startApp(
  environment: Record<string, string> = {},
  replicated?: Replicated,
): Promise<TestApp> {
  const testDatabase = await createTestDatabase(replicated?.primaryUrl)
  const client = new pg.Client({ connectionString: testDatabase.url })
  await client.connect()
  const keeperId = randomUUID()
  const seed = seedBuilder(client, keeperId)
  const keeper = { id: keeperId, email: 'ana@example.com', name: 'Ana Ruiz' }
  await seedPerson(seed, 'admin', [], keeper)
  const logged: Record<string, unknown>[] = []
  const database = connectAsWeb(testDatabase.url)
  const replica = replicated && connectAsWeb(onServer(replicated.replicaUrl, testDatabase.url))
  const parts = { database, databaseUrl: testDatabase.url, replica, log: logTo(logged) }
  const web = await serve(parts, environment)
  return {
    url: web.url,
    databaseUrl: testDatabase.url,
    seed,
    ana: await visit(web.url, keeper.email),
    as: async (role, ...tenantIds) => {
      const email = await seedPerson(seed, role, tenantIds)
      return visit(web.url, email)
    },
    database,
    logged,
    close: async () => {
      await web.close()
      await database.close()
      await replica?.close()
      await client.end()
      await testDatabase.drop()
    },
  }
}

/** What signs the sessions and tokens of every test. */
export const webSecret = 'the tide that signs the sessions of a test'

export async function serve(
  parts: Pick<WebParts, 'database' | 'databaseUrl'> & Partial<WebParts>,
  environment: Record<string, string> = {},
): Promise<Web> {
  return startWeb({
    config: readConfig({ PORT: '0', ...environment }),
    connectors: await connectors.all(),
    secret: webSecret,
    log: pino({ level: 'silent' }),
    // Tests send more than people do; the limit has tests of its own.
    requestsPerMinute: 100_000,
    ...parts,
  })
}

/** The same database on another server. */
function onServer(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = new URL(database).pathname
  return url.href
}

function logTo(lines: Record<string, unknown>[]): Logger {
  return pino(
    { level: 'info' },
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  )
}
