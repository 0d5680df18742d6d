import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { inject } from 'vitest'
import { migrate } from '../../drizzle/migrate.ts'

/** A database of its own for one test file; the login is the superuser. `drop` also ends sessions left open in it. */
export type TestDatabase = { url: string; drop: () => Promise<void> }

const template = 'tidemark_template'

/**
 * Makes a migrated, empty database in some tens of milliseconds, by copying one that was migrated once per run; on the Postgres of
 * this test run, or on the one of this address.
 */
export async function createTestDatabase(postgresUrl = inject('postgresUrl')): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await asAdmin(postgresUrl, async (admin) => {
    await ensureTemplate(admin, postgresUrl)
    await admin.query(`create database ${name} template ${template}`)
  })
  return {
    url: addressOf(postgresUrl, name),
    drop: () =>
      asAdmin(postgresUrl, async (admin) => {
        await letGo(admin, name)
        await admin.query(`drop database if exists ${name} with (force)`)
      }),
  }
}

/** Pools are closed a moment before their connections are; one that is ended by force meanwhile would say so to its test. */
async function letGo(admin: pg.Client, name: string): Promise<void> {
  const isInUse = async () =>
    (await admin.query('select from pg_stat_activity where datname = $1', [name])).rowCount !== 0
  for (let look = 0; look < 20 && (await isInUse()); look += 1) await sleep(25)
}

/** Test files run in parallel processes: the lock lets one of them migrate and the others wait for it. */
async function ensureTemplate(admin: pg.Client, postgresUrl: string): Promise<void> {
  await admin.query(`select pg_advisory_lock(hashtext('${template}'))`)
  try {
    const { rows } = await admin.query<{ datistemplate: boolean }>(
      'select datistemplate from pg_database where datname = $1',
      [template],
    )
    if (rows[0]?.datistemplate) return
    // There but not marked: a migration failed half-way in another test file.
    await admin.query(`drop database if exists ${template} with (force)`)
    await admin.query(`create database ${template}`)
    await migrate(addressOf(postgresUrl, template))
    await admin.query(`alter database ${template} is_template true allow_connections false`)
  } finally {
    await admin.query(`select pg_advisory_unlock(hashtext('${template}'))`)
  }
}

async function asAdmin(postgresUrl: string, work: (admin: pg.Client) => Promise<void>): Promise<void> {
  const admin = new pg.Client({ connectionString: addressOf(postgresUrl, 'postgres') })
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}

function addressOf(postgresUrl: string, database: string): string {
  const url = new URL(postgresUrl)
  url.pathname = `/${database}`
  return url.href
}
