import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api'
import { is } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
import { PgTable, pgTable, text } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrate, pendingMigrations } from '../../drizzle/migrate.ts'
import journal from '../../drizzle/migrations/meta/_journal.json' with { type: 'json' }
import * as schema from '../../drizzle/schema/index.ts'
import { createTestDatabase } from '../support/database.ts'
import { readEverything, readKeysWithoutTenant, readOthers, readTables } from './catalogue.ts'
import { createEmptyDatabase } from './empty-database.ts'
import { roles } from './meant.ts'

const folder = `${import.meta.dirname}/../../drizzle/migrations`
const tags = journal.entries.map(({ tag }) => tag)

let migrated: pg.Client
const ends: (() => Promise<void>)[] = []

async function open(database: { url: string; drop: () => Promise<void> }): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  ends.push(async () => {
    await client.end()
    await database.drop()
  })
  return client
}

// The roles belong to the whole server: making them is left to the one template of all test files.
beforeAll(async () => {
  migrated = await open(await createTestDatabase())
})
afterAll(async () => {
  for (const end of ends.toReversed()) await end()
})

const inAnotherProcess = (url: string) =>
  promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    `const { migrate } = await import(${JSON.stringify(new URL('../../drizzle/migrate.ts', import.meta.url).href)})
     await migrate(${JSON.stringify(url)})`,
  ])

describe('migrating', () => {
  test('an empty database twice at once, by two processes, leaves what one leaves', async () => {
    const database = await createEmptyDatabase()
    const client = await open(database)
    expect(await pendingMigrations(database.url)).toEqual(tags)
    await Promise.all([inAnotherProcess(database.url), inAnotherProcess(database.url)])
    expect(await pendingMigrations(database.url)).toEqual([])
    expect(await readEverything(client)).toEqual(await readEverything(migrated))
    const { rows } = await client.query<{ count: number }>(
      'select count(*)::int as count from drizzle.__drizzle_migrations',
    )
    expect(rows).toEqual([{ count: tags.length }])
  })

  test('a second time changes nothing', async () => {
    const database = await createTestDatabase()
    const client = await open(database)
    await client.query(
      `insert into tenants (id, slug, name) values (gen_random_uuid(), 'rosewood', 'Rosewood Care')`,
    )
    const state = async () => [
      await readEverything(client),
      (await client.query('select * from drizzle.__drizzle_migrations order by id')).rows,
      (await client.query('select name, policy, created_on from queue.queue')).rows,
      (await client.query('select * from tenants')).rows,
    ]
    const before = await state()
    await migrate(database.url)
    expect(await state()).toEqual(before)
  })

  test('is possible for a login that is no superuser, if it may give out the roles', async () => {
    const { client, url } = await openAsOwner()
    await migrate(url)
    expect(await readTables(client)).toEqual(await readTables(migrated))
  })

  test('gives the tenants of an older database to its first agency', async () => {
    const { client, url } = await openAsOwner()
    await migrateUpTo('0013_definer_search_path', url)
    await client.query(
      `insert into tenants (id, slug, name) values (gen_random_uuid(), 'old-quay', 'Old Quay')`,
    )
    await migrate(url)
    const { rows } = await client.query(
      'select slug, agencies.name as agency, requires_second_factor from tenants join agencies on agencies.id = agency_id',
    )
    expect(rows).toEqual([{ slug: 'old-quay', agency: 'Agency', requires_second_factor: false }])
    expect(await readTables(client)).toEqual(await readTables(migrated))
  })

  test('counts the opportunities and leads of an older database, also for a login that row security binds', async () => {
    const { client, url } = await openAsOwner()
    await migrateUpTo('0039_count_due_actions', url)
    await client.query(
      `insert into opportunities (tenant_id, id, connection_id, source_id, content_hash, snapshot_id, changed_at, status, amount_minor, currency, deleted_at)
       select 'aaaaaaaa-0000-4000-8000-000000000001', gen_random_uuid(), 'bbbbbbbb-0000-4000-8000-000000000001', n, '', gen_random_uuid(), now(),
         'open', nullif(n, 3) * 100, 'USD', case when n > 4 then now() end from generate_series(1, 6) as n`,
    )
    await client.query(
      `insert into leads (tenant_id, id, connection_id, source_id, content_hash, snapshot_id, changed_at, source, is_prospect, deleted_at)
       select 'aaaaaaaa-0000-4000-8000-000000000001', gen_random_uuid(), 'bbbbbbbb-0000-4000-8000-000000000001', n, '', gen_random_uuid(), now(),
         'Web', true, case when n > 4 then now() end from generate_series(1, 6) as n`,
    )
    await migrate(url)
    const { rows } = await client.query(
      'select status, currency, count::int, amounts::int, amount_minor::int from opportunity_sums',
    )
    expect(rows).toEqual([{ status: 'open', currency: 'USD', count: 4, amounts: 3, amount_minor: 700 }])
    const leads = await client.query('select source, stage_name, is_prospect, count::int from lead_sums')
    expect(leads.rows).toEqual([{ source: 'Web', stage_name: null, is_prospect: true, count: 4 }])
  })
})

/** An empty database whose owner is a login that may give out our roles and is otherwise nobody. */
async function openAsOwner(): Promise<{ client: pg.Client; url: string }> {
  const database = await createEmptyDatabase()
  const name = new URL(database.url).pathname.slice(1)
  const login = `owner_${name.slice(-12)}`
  ends.push(async () => {
    await migrated.query(`revoke ${roles.join(', ')} from ${login} cascade`)
    await migrated.query(`drop role ${login}`)
  })
  const client = await open(database)
  await client.query(`create role ${login} login createrole password 'low tide'`)
  await client.query(`grant ${roles.join(', ')} to ${login} with admin option`)
  await client.query(`alter database ${name} owner to ${login}`)
  const url = new URL(database.url)
  url.username = login
  url.password = 'low tide'
  return { client, url: url.href }
}

/** Leaves a database as a former version of this program did. */
async function migrateUpTo(tag: string, url: string): Promise<void> {
  const before = mkdtempSync(join(tmpdir(), 'tidemark-migrations-'))
  cpSync(folder, before, { recursive: true })
  const entries = journal.entries.slice(0, tags.indexOf(tag) + 1)
  writeFileSync(join(before, 'meta/_journal.json'), JSON.stringify({ ...journal, entries }))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await applyMigrations(drizzle({ client }), { migrationsFolder: before })
  await client.end()
  rmSync(before, { recursive: true })
}

describe('the migrations', () => {
  test('are one readable file per entry of the journal, in order, each with its snapshot', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
    expect(files.sort()).toEqual(tags.map((tag) => `${tag}.sql`))
    expect(tags.map((tag) => Number(tag.slice(0, 4)))).toEqual(tags.map((_, at) => at))
    const instants = journal.entries.map(({ when }) => when)
    expect(instants).toEqual(instants.toSorted((a, b) => a - b))
    expect(readdirSync(`${folder}/meta`).filter((name) => name.endsWith('_snapshot.json'))).toHaveLength(
      tags.length,
    )
  })

  test('leave nothing to generate from the schema', async () => {
    const last = JSON.parse(
      readFileSync(`${folder}/meta/${tags.at(-1)?.slice(0, 4)}_snapshot.json`, 'utf8'),
    ) as ReturnType<typeof generateDrizzleJson>
    const present = generateDrizzleJson(schema, last.id, undefined, 'snake_case')
    expect(await generateMigration(last, present)).toEqual([])
    const another = { ...schema, buoys: pgTable('buoys', { name: text() }) }
    expect(
      await generateMigration(last, generateDrizzleJson(another, last.id, undefined, 'snake_case')),
    ).toEqual([expect.stringContaining('CREATE TABLE "buoys"')])
  })
})

describe('the migrated database', () => {
  test('has every table, column, type, default, key, check and index of the schema, and no other', async () => {
    const fromSchema = await open(await createEmptyDatabase())
    const nothing = generateDrizzleJson({}, undefined, undefined, 'snake_case')
    const statements = await generateMigration(
      nothing,
      generateDrizzleJson(schema, nothing.id, undefined, 'snake_case'),
    )
    // Some defaults are functions, which no schema file makes.
    await fromSchema.query(
      `create schema app;
       create function app.uuid_v7() returns uuid language sql as 'select gen_random_uuid()';
       create function app.first_agency() returns uuid language sql as 'select gen_random_uuid()'`,
    )
    for (const statement of statements) await fromSchema.query(statement)
    const tables = await readTables(fromSchema)
    expect(await readTables(migrated)).toEqual(tables)
    const named = Object.values(schema).filter((part) => is(part, PgTable)).length
    expect(
      new Set(tables.map((line) => /^(auth\.\w+|(?!auth\.)\w+)\.\w+ /.exec(line)?.[1]).filter(Boolean)).size,
    ).toBe(named)
  })

  test('has nothing beside its tables but this', async () => {
    const others = await readOthers(migrated)
    expect(others.filter((line) => !/^partition raw_snapshots_\d{4}_\d\d$/.test(line))).toEqual([
      'function app.analyze_records()',
      'function app.carry_next_action()',
      'function app.check_deed()',
      'function app.claim_due_slots(timestamp with time zone,interval,integer)',
      'function app.claim_nudged(interval,integer)',
      'function app.close_next_action()',
      'function app.count_due_actions()',
      'function app.discard_draft(uuid)',
      'function app.due_crm_writes(integer)',
      'function app.empty_lead_sums()',
      'function app.empty_opportunity_sums()',
      'function app.first_agency()',
      'function app.forget_answered_requests()',
      'function app.forget_connection_tests()',
      'function app.forget_nudges()',
      'function app.keep_mirror()',
      'function app.make_snapshot_partitions(integer)',
      'function app.may_invite(uuid)',
      'function app.mirror_next_action()',
      'function app.open_connection_tests(integer)',
      'function app.protect(regclass,name)',
      'function app.queued_runs(integer)',
      'function app.reap_dead_runs(interval,text,text)',
      'function app.sum_leads()',
      'function app.sum_opportunities()',
      'function app.tenant_id()',
      'function app.tenant_of_api_key(bytea)',
      'function app.tenant_of_invitation(bytea)',
      'function app.tenant_of_webhook(bytea)',
      'function app.user_id()',
      'function app.uuid_v7()',
      'function app.uuid_v7_floor(timestamp with time zone)',
      'function app.waiting_field_mappings(integer)',
      'partition raw_snapshots_default',
      'trigger carry_next_action',
      'trigger check_deed',
      'trigger close_next_action',
      'trigger keep_mirror',
      'trigger mirror_next_action',
      'trigger sum_changed',
      'trigger sum_changed',
      'trigger sum_created',
      'trigger sum_created',
      'trigger sum_deleted',
      'trigger sum_deleted',
      'trigger sum_emptied',
      'trigger sum_emptied',
      'view opportunity_history',
    ])
  })

  test('begins every primary, unique and foreign key of a tenant with the tenant', async () => {
    expect(await readKeysWithoutTenant(migrated)).toEqual([])
    await migrated.query('begin')
    await migrated.query(
      'create table buoys (tenant_id uuid, id uuid primary key, stage_id uuid, unique (stage_id, tenant_id))',
    )
    await migrated.query('create table moorings (tenant_id uuid, buoy_id uuid references buoys)')
    expect(await readKeysWithoutTenant(migrated)).toHaveLength(5)
    await migrated.query('rollback')
  })

  test('keeps the bytes of a page as they are, because they come compressed', async () => {
    const { rows } = await migrated.query(
      `select distinct attstorage from pg_attribute where attname = 'body' and attrelid in
         (select 'raw_snapshots'::regclass union all select inhrelid from pg_inherits where inhparent = 'raw_snapshots'::regclass)`,
    )
    expect(rows).toEqual([{ attstorage: 'e' }])
  })
})

describe('the partitions of the pages', () => {
  test('are made for this month and the next two, once, whoever asks', async () => {
    const client = await open(await createTestDatabase())
    const made = async () =>
      (await client.query<{ made: number }>('select app.make_snapshot_partitions(3) as made')).rows[0]?.made
    expect([await made(), await made()]).toEqual([1, 0])
  })

  test('take each id into the month of its time, to the millisecond, and what is outside into the default one', async () => {
    const { rows } = await migrated.query<{ at: string; before: string }>(`
      select app.uuid_v7_floor(date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' + interval '1 month')::text as at,
        app.uuid_v7_floor((date_trunc('month', now() at time zone 'UTC') + interval '1 month') at time zone 'UTC' - interval '1 ms')::text as before`)
    const { at = '', before = '' } = rows[0] ?? {}
    const tenant = '00000000-0000-4000-8000-00000000000a'
    const homeOf = async (id: string) => {
      const stored = await migrated.query<{ home: string }>(
        `insert into raw_snapshots (tenant_id, id, connection_id, run_id, stream, seq, fence, request, cursor, status, received_at, sha256, byte_length, records, body)
         values ($1, $2, $1, $1, 'leads', 1, 1, '{}', '', 200, now(), '', 0, 0, '') returning tableoid::regclass::text as home`,
        [tenant, id],
      )
      return stored.rows[0]?.home
    }
    const thisMonth = new Date().toISOString().slice(0, 7).replace('-', '_')
    expect(await homeOf(before.replace(/.{23}$/, '7fff-bfff-ffffffffffff'.padStart(23, '-')))).toBe(
      `raw_snapshots_${thisMonth}`,
    )
    expect(await homeOf(at)).not.toBe(`raw_snapshots_${thisMonth}`)
    expect(await homeOf('00000000-0000-7000-8000-000000000000')).toBe('raw_snapshots_default')
    await migrated.query('delete from raw_snapshots')
  })
})
