import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { PgBoss } from 'pg-boss'

export const queueSchema = 'queue'
export const syncQueue = 'sync'

/** How long a queue job may run before pg-boss hands it out again; longer than any run, because the queue is not the lock. */
export const jobExpirySeconds = 23 * 3600

/**
 * Brings a database to the present schema; safe to call at any time and by several processes at once.
 * The login must be allowed to create roles and schemas. Throws an `Error` with a sentence that says what to do otherwise.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'tidemark migrate' })
  await client.connect()
  try {
    await refuseOldPostgres(client)
    // Only one migration at a time; the others wait here and then find nothing to do.
    await client.query(`select pg_advisory_lock(hashtext('tidemark.migrate'))`)
    await applyMigrations(drizzle({ client }), { migrationsFolder: `${import.meta.dirname}/migrations` })
    await prepareQueue(databaseUrl)
    await client.query(`
      grant usage on schema ${queueSchema} to tidemark_queue;
      grant select, insert, update, delete on all tables in schema ${queueSchema} to tidemark_queue;
      grant usage on all sequences in schema ${queueSchema} to tidemark_queue;
      grant execute on all functions in schema ${queueSchema} to tidemark_queue`)
  } finally {
    await client.end()
  }
}

async function refuseOldPostgres(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ server_version_num: string }>('show server_version_num')
  const version = Number(rows[0]?.server_version_num)
  if (version < 150_000) {
    throw new Error(
      `Tidemark needs Postgres 15 or newer; this server is ${Math.floor(version / 10_000)}. Upgrade it, or unset DATABASE_URL to use the embedded one.`,
    )
  }
}

async function prepareQueue(connectionString: string): Promise<void> {
  const boss = new PgBoss({
    connectionString,
    schema: queueSchema,
    supervise: false,
    schedule: false,
    max: 1,
  })
  boss.on('error', () => undefined) // start() reports the same error to us
  await boss.start()
  await boss.createQueue(syncQueue, {
    policy: 'exclusive',
    // A queue that does not ask for it wakes nobody: its jobs then wait for the next poll.
    notify: true,
    retryLimit: 3,
    retryDelay: 5,
    expireInSeconds: jobExpirySeconds,
    heartbeatSeconds: 15,
    retentionSeconds: 7 * 86_400,
    deleteAfterSeconds: 86_400,
  })
  await boss.stop({ graceful: false })
}

/** The names of migrations that this code has and the database has not; empty when it is up to date. */
export async function pendingMigrations(databaseUrl: string): Promise<string[]> {
  const { default: journal } = await import('./migrations/meta/_journal.json', { with: { type: 'json' } })
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const table = await client.query<{ name: string | null }>(
      `select to_regclass('drizzle.__drizzle_migrations')::text as name`,
    )
    if (table.rows[0]?.name == null) return journal.entries.map((entry) => entry.tag)
    const { rows } = await client.query<{ done: string }>(
      'select max(created_at) as done from drizzle.__drizzle_migrations',
    )
    const done = Number(rows[0]?.done ?? 0)
    return journal.entries.filter((entry) => entry.when > done).map((entry) => entry.tag)
  } finally {
    await client.end()
  }
}
