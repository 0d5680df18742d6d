import pg from 'pg'
import { pino, type Logger } from 'pino'
import { readConfig } from '../../drizzle/config.ts'
import { connect, type Database } from '../../drizzle/db.ts'
import { startWeb, type Web } from '../../src/server/main.ts'
import { createTestDatabase } from '../support/database.ts'
import { seedBuilder, type Seed } from './seed.ts'

export type TestApp = {
  url: string
  seed: Seed
  database: Database
  /** What the program logged, one object per line. */
  logged: Record<string, unknown>[]
  close: () => Promise<void>
}

/** The built pages on a free port, over a database of their own. */
export async function startApp(environment: Record<string, string> = {}): Promise<TestApp> {
  const testDatabase = await createTestDatabase()
  const client = new pg.Client({ connectionString: testDatabase.url })
  await client.connect()
  const logged: Record<string, unknown>[] = []
  const database = connectAsWeb(testDatabase.url)
  const web = await serve(database, environment, logTo(logged))
  return {
    url: web.url,
    seed: seedBuilder(client),
    database,
    logged,
    close: async () => {
      await web.close()
      await database.close()
      await client.end()
      await testDatabase.drop()
    },
  }
}

/** The role and the limits of the web. */
export function connectAsWeb(url: string): Database {
  return connect({ url, role: 'tidemark_web', max: 4, statementTimeoutMs: 10_000, onError: () => undefined })
}

export function serve(
  database: Database,
  environment: Record<string, string> = {},
  log: Logger = pino({ level: 'silent' }),
): Promise<Web> {
  return startWeb({ config: readConfig({ PORT: '0', ...environment }), database, log })
}

function logTo(lines: Record<string, unknown>[]): Logger {
  return pino(
    { level: 'info' },
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  )
}
