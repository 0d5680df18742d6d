import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, sql, type Database, type Tx } from '../../drizzle/db.ts'
import { addTenant } from '../../src/commands/add-tenant.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { narrowRoles } from './meant.ts'
import {
  harbour,
  peopleTables,
  rosewood,
  seedEveryTable,
  tenantTables,
  type Somebody,
} from './two-tenants.ts'

/** The second client of Rosewood's agency; Harbour's agency is another one on the same installation. */
const willow: Somebody = { tenantId: 'cccccccc-0000-4000-8000-000000000003', word: 'willow' }
const [member, pilot, former, stranger] = [1, 2, 3, 4].map(
  (digit) => `dddddddd-0000-4000-8000-00000000000${digit}`,
) as [string, string, string, string]

let database: TestDatabase
let admin: pg.Client
let web: Database
let worker: Database
const open = (role: 'tidemark_web' | 'tidemark_worker') =>
  connect({
    url: database.url,
    role,
    max: 1,
    statementTimeoutMs: 5_000,
    onError: (error) => expect.fail(error.message),
  })

beforeAll(async () => {
  database = await createTestDatabase()
  admin = new pg.Client({ connectionString: database.url })
  await admin.connect()
  await seedEveryTable(admin, [rosewood, harbour, willow])
  await admin.query('update tenants set agency_id = $1 where id = $2', [rosewood.tenantId, willow.tenantId])
  for (const [id, name] of [
    [member, 'member'],
    [pilot, 'pilot'],
    [former, 'former'],
    [stranger, 'stranger'],
  ])
    await admin.query(`insert into auth.users (id, name, email) values ($1, $2, $2 || '@tidemark.test')`, [
      id,
      name,
    ])
  await admin.query(`insert into memberships (tenant_id, user_id, role) values ($1, $2, 'viewer')`, [
    rosewood.tenantId,
    member,
  ])
  await admin.query(
    `insert into memberships (tenant_id, user_id, role, added_at, ended_at) values ($1, $2, 'admin', '2026-03-01', '2026-06-01')`,
    [rosewood.tenantId, former],
  )
  await admin.query('insert into agency_operators (agency_id, user_id) values ($1, $2)', [
    rosewood.tenantId,
    pilot,
  ])
  ;[web, worker] = [open('tidemark_web'), open('tidemark_worker')]
})
afterAll(async () => {
  await web.close()
  await worker.close()
  await admin.end()
  await database.drop()
})

/** What one statement gives, as a list of its first column. */
const column = async (tx: Tx, statement: string): Promise<unknown[]> =>
  (await tx.$client.query<[unknown]>({ text: statement, rowMode: 'array' })).rows.map(([value]) => value)

const noRight = { code: '42501' }
/** The table of a right, which may be on one of its columns only. */
const tableOf = (right: string) => right.replace('SELECT on ', '').split('.')[0] ?? ''
const tables = [...tenantTables, ...peopleTables].map(({ name }) => name)
const roads = {
  'the web inside a tenant': (work: (tx: Tx) => Promise<unknown>) => web.asTenant(rosewood.tenantId, work),
  'the worker inside a tenant': (work: (tx: Tx) => Promise<unknown>) =>
    worker.asTenant(rosewood.tenantId, work),
  'an operator inside a tenant': (work: (tx: Tx) => Promise<unknown>) =>
    web.asWatcher(rosewood.tenantId, work),
  'an operator over all tenants': (work: (tx: Tx) => Promise<unknown>) => web.asOperator(work),
  'a person over their tenants': (work: (tx: Tx) => Promise<unknown>) =>
    web.asPerson(rosewood.tenantId, work),
}
type Road = keyof typeof roads
const everyRoad = Object.keys(roads) as Road[]

describe('the audit log', () => {
  const line = (tenantId: string) =>
    `insert into audit_log (tenant_id, actor, road, deed, target) values ('${tenantId}', 'pilot', 'session', 'run_asked', 'rain')`

  test.each(everyRoad.slice(0, 3))('takes a line from %s, for that tenant alone', async (road) => {
    await roads[road]((tx) => tx.$client.query(line(rosewood.tenantId)))
    await expect(roads[road]((tx) => tx.$client.query(line(harbour.tenantId)))).rejects.toMatchObject(noRight)
  })

  test('is read by the web, the lines of one tenant', async () => {
    const seen = await web.asTenant(rosewood.tenantId, (tx) =>
      column(tx, 'select distinct tenant_id from audit_log'),
    )
    expect(seen).toEqual([rosewood.tenantId])
  })

  test.each(everyRoad.slice(1))('is not read by %s', async (road) => {
    await expect(roads[road]((tx) => tx.$client.query('select id from audit_log'))).rejects.toMatchObject(
      noRight,
    )
  })

  test.each(everyRoad)('is neither changed nor shortened by %s', async (road) => {
    for (const statement of [
      `update audit_log set target = 'nothing'`,
      `update audit_log set after = null`,
      'delete from audit_log',
      'truncate audit_log',
      `insert into audit_log (tenant_id, id, actor, road, deed, target) select id, id, 'x', 'session', 'x', 'x' from tenants limit 0
         on conflict (tenant_id, id) do update set target = 'nothing'`,
    ])
      await expect(
        roads[road]((tx) => tx.$client.query(statement)),
        statement,
      ).rejects.toMatchObject({
        code: expect.stringMatching(/42501|25006/) as string,
      })
  })
})

describe('people', () => {
  test('are shown to the web as the members of the tenant, present and former, and the present operators of its agency', async () => {
    const names = (who: Somebody) =>
      web.asTenant(who.tenantId, (tx) => column(tx, 'select name from auth.users order by name'))
    expect(await names(rosewood)).toEqual(['former', 'member', 'pilot', 'rosewood'])
    expect(await names(willow)).toEqual(['pilot', 'rosewood', 'willow'])
    expect(await names(harbour)).toEqual(['harbour'])
  })

  test('are shown by name, address and whether they use a second factor', async () => {
    const [shown] = await web.asTenant(harbour.tenantId, (tx) =>
      tx.$client
        .query('select id, name, email, two_factor_enabled from auth.users')
        .then(({ rows }) => rows as unknown[]),
    )
    expect(shown).toEqual({
      id: harbour.tenantId,
      name: 'harbour',
      email: 'harbour',
      two_factor_enabled: false,
    })
    for (const hidden of ['email_verified', 'image', 'created_at', 'updated_at', '*'])
      await expect(
        web.asTenant(harbour.tenantId, (tx) => tx.$client.query(`select ${hidden} from auth.users`)),
        hidden,
      ).rejects.toMatchObject(noRight)
  })

  test('are no longer shown as operators once they have ceased to be', async () => {
    await admin.query('update agency_operators set ended_at = now() where user_id = $1', [pilot])
    const names = await web.asTenant(willow.tenantId, (tx) =>
      column(tx, 'select name from auth.users order by name'),
    )
    expect(names).toEqual(['rosewood', 'willow'])
    await admin.query('update agency_operators set ended_at = null where user_id = $1', [pilot])
  })

  test('show what they did with their sign-in to tenants they belonged to at the time', async () => {
    for (const [who, at, deed] of [
      [former, '2026-02-28', 'before'],
      [former, '2026-04-01', 'while'],
      [former, '2026-06-02', 'after'],
      [stranger, '2026-04-01', 'stranger'],
      [pilot, '2026-04-01', 'pilot'],
    ])
      await admin.query('insert into auth.events (user_id, at, deed) values ($1, $2, $3)', [who, at, deed])
    const deeds = (who: Somebody) =>
      web.asTenant(who.tenantId, (tx) =>
        column(tx, `select deed from auth.events where deed not in ('signed_in', '${who.word}') order by at`),
      )
    expect(await deeds(rosewood)).toEqual(['while'])
    expect(await deeds(harbour)).toEqual([])
  })

  test('do not show their tenants which other workspaces they tried to open', async () => {
    const detail = web.asTenant(rosewood.tenantId, (tx) => tx.$client.query('select detail from auth.events'))
    await expect(detail).rejects.toMatchObject(noRight)
  })

  test('and their agencies are an error without a tenant', async () => {
    for (const table of ['auth.users', 'auth.events', 'agencies', 'agency_operators'])
      await expect(web.outsideTenants.query(`select count(*) from ${table}`), table).rejects.toMatchObject(
        noRight,
      )
  })

  test('and their agencies are not changed by the web', async () => {
    for (const statement of [
      `update auth.users set email = 'x'`,
      `update agency_operators set ended_at = null`,
      `insert into agency_operators (agency_id, user_id) values ('${rosewood.tenantId}', '${stranger}')`,
      `insert into agencies (id, name) values ('${stranger}', 'Mine')`,
      `insert into auth.events (user_id, deed) values ('${stranger}', 'signed_in')`,
      `update tenants set agency_id = '${harbour.tenantId}'`,
    ])
      await expect(
        web.asTenant(rosewood.tenantId, (tx) => tx.$client.query(statement)),
        statement,
      ).rejects.toMatchObject(noRight)
  })

  test.each(everyRoad)('keep how they sign in from %s', async (road) => {
    for (const { name } of peopleTables.filter(
      ({ name: table }) => table.startsWith('auth.') && !/users|events/.test(table),
    ))
      for (const statement of [`select count(*) from ${name}`, `delete from ${name}`])
        await expect(
          roads[road]((tx) => tx.$client.query(statement)),
          statement,
        ).rejects.toMatchObject({
          code: expect.stringMatching(/42501|25006/) as string,
        })
  })
})

describe.each([{ sendsAhead: false }, { sendsAhead: true }])(
  'a login that is only the web, $sendsAhead',
  ({ sendsAhead }) => {
    test('asks nothing as the web where it may not act as somebody else', async () => {
      const login = `web_${randomUUID().slice(0, 8)}`
      await admin.query(
        `create role ${login} login noinherit password 'low tide'; grant tidemark_web to ${login}`,
      )
      const url = new URL(database.url)
      url.username = login
      url.password = 'low tide'
      const db = connect({
        url: url.href,
        role: 'tidemark_web',
        max: 1,
        statementTimeoutMs: 5_000,
        onError: () => undefined,
        sendsAhead,
      })
      for (const attempt of [
        () => db.asPerson(rosewood.tenantId, (tx) => column(tx, 'select slug from tenants')),
        () => db.asWatcher(rosewood.tenantId, (tx) => column(tx, 'select id from notes')),
        () => db.asOperator((tx) => column(tx, 'select id from tenants')),
      ])
        await expect(attempt()).rejects.toMatchObject({
          code: expect.stringMatching(/42501|25P02/) as string,
        })
      expect(await db.asTenant(rosewood.tenantId, (tx) => column(tx, 'select slug from tenants'))).toEqual([
        'rosewood',
      ])
      await db.close()
      await admin.query(`drop role ${login}`)
    })
  },
)

describe('the sign-in library', () => {
  test('cannot take away somebody who ever belonged to a tenant or an agency, nor what they did', async () => {
    const session = new pg.Client({ connectionString: database.url, options: '-c role=tidemark_auth' })
    await session.connect()
    for (const id of [member, former, pilot])
      await expect(session.query('delete from auth.users where id = $1', [id])).rejects.toMatchObject({
        code: '23503',
      })
    await session.end()
  })

  test('reaches no table of tenants', async () => {
    const session = new pg.Client({ connectionString: database.url, options: '-c role=tidemark_auth' })
    await session.connect()
    for (const { name } of tenantTables)
      await expect(session.query(`select count(*) from ${name}`), name).rejects.toMatchObject(noRight)
    for (const { name } of peopleTables)
      expect((await session.query(`select from ${name}`)).rowCount, name).toBeGreaterThan(0)
    for (const statement of ['delete from auth.events', `update auth.events set deed = 'signed_in'`])
      await expect(session.query(statement), statement).rejects.toMatchObject(noRight)
    await session.end()
  })
})

describe('a person', () => {
  const seenBy = async (userId: string) => {
    const tenants = await web.asPerson(userId, (tx) => column(tx, 'select slug from tenants order by slug'))
    const synced = await web.asPerson(userId, async (tx) => {
      const found: unknown[] = []
      for (const table of ['connections', 'sync_runs', 'sync_run_streams', 'stream_cursors'])
        found.push(
          await column(tx, `select slug from ${table} join tenants on tenants.id = tenant_id order by slug`),
        )
      return found
    })
    for (const slugs of synced) expect(slugs).toEqual(tenants)
    return tenants
  }

  test('sees the tenants where they are a member, and those of the agency whose operator they are, and how their syncs stand', async () => {
    expect(await seenBy(member)).toEqual(['rosewood'])
    expect(await seenBy(pilot)).toEqual(['rosewood', 'willow'])
    expect(await seenBy(willow.tenantId)).toEqual(['willow'])
    expect(await seenBy(stranger)).toEqual([])
    expect(await seenBy(former)).toEqual([])
    expect(await seenBy(randomUUID())).toEqual([])
  })

  test('who operates one agency sees nothing of another on the same installation', async () => {
    expect(await seenBy(harbour.tenantId)).toEqual(['harbour'])
    const agencies = (userId: string) => web.asPerson(userId, (tx) => column(tx, 'select name from agencies'))
    expect(await agencies(harbour.tenantId)).toEqual(['harbour'])
    expect(await agencies(pilot)).toEqual(['rosewood'])
    expect(await agencies(member)).toEqual([])
  })

  test('sees of memberships and operatorships their own', async () => {
    const rows = await web.asPerson(rosewood.tenantId, async (tx) => [
      ...(await column(tx, 'select user_id from memberships')),
      ...(await column(tx, 'select user_id from agency_operators')),
    ])
    expect(rows).toEqual([rosewood.tenantId, rosewood.tenantId])
  })

  test.each([
    ['memberships', 'user_id', member],
    ['agency_operators', 'user_id', pilot],
  ])('sees nothing any more as soon as their row in %s has ended', async (table, key, userId) => {
    expect(await seenBy(userId)).not.toEqual([])
    await admin.query(`update ${table} set ended_at = now() where ${key} = $1`, [userId])
    expect(await seenBy(userId)).toEqual([])
    await admin.query(`update ${table} set ended_at = null where ${key} = $1`, [userId])
    expect(await seenBy(userId)).not.toEqual([])
  })

  const personReads = new Set((narrowRoles.tidemark_person ?? []).map(tableOf))

  test('sees of what is counted from records that of their memberships, and an operator none', async () => {
    for (const [table, columns] of [
      ['pipeline_stage_counts', 'tenant_id, count, amount_minor, weighted_minor'],
      ['activities', 'tenant_id, connection_id, due_at, is_done'],
    ]) {
      const { rows } = await admin.query<{ tenant_id: string }>(
        `select distinct tenant_id from ${table} where tenant_id in (select tenant_id from memberships where user_id = $1 and ended_at is null)`,
        [member],
      )
      const read = (userId: string) =>
        web.asPerson(userId, (tx) =>
          column(tx, `select distinct tenant_id from (select ${columns} from ${table}) as seen`),
        )
      expect(rows.length, table).toBeGreaterThan(0)
      expect(new Set(await read(member)), table).toEqual(new Set(rows.map((row) => row.tenant_id)))
      expect(await read(pilot), table).toEqual([])
      const whole = web.asPerson(member, (tx) => tx.$client.query(`select * from ${table}`))
      await expect(whole, table).rejects.toMatchObject(noRight)
    }
  })

  test.each(tables.filter((name) => !personReads.has(name)))('reads nothing of %s', async (name) => {
    const read = web.asPerson(rosewood.tenantId, (tx) => tx.$client.query(`select count(*) from ${name}`))
    await expect(read).rejects.toMatchObject(noRight)
  })

  test('writes nothing', async () => {
    for (const statement of [
      `update memberships set role = 'admin'`,
      `update connections set rerun_wanted = true`,
      'delete from memberships',
      `select set_config('transaction_read_only', 'off', true)`,
    ])
      await expect(
        web.asPerson(rosewood.tenantId, (tx) => tx.$client.query(statement)),
        statement,
      ).rejects.toThrow()
  })

  test('must be named', async () => {
    const session = new pg.Client({ connectionString: database.url, options: '-c role=tidemark_person' })
    await session.connect()
    const nobody = { code: '42501', message: 'no person is set for this transaction' }
    for (const right of narrowRoles.tidemark_person ?? []) {
      const [, columnName = '*'] = right.replace('SELECT on ', '').split('.')
      const statement = `select count(${columnName}) from ${tableOf(right)}`
      await expect(session.query(statement), statement).rejects.toMatchObject(nobody)
      await session.query(`begin; select set_config('app.user_id', '${member}', true); commit`)
      await expect(session.query(statement), `${statement} afterwards`).rejects.toMatchObject(nobody)
    }
    await session.end()
    for (const id of ['', 'pilot', `${pilot}'; drop table notes; --`, pilot.toUpperCase()])
      expect(() => web.asPerson(id, async () => undefined)).toThrow(TypeError)
  })

  test('is forgotten when the transaction ends, and so is its handle', async () => {
    let kept: Tx | undefined
    await web.asPerson(pilot, async (tx) => {
      kept = tx
    })
    expect(() => kept?.$client.query('select 1')).toThrow('this transaction has ended; a query came too late')
    const { rows } = await web.outsideTenants.query(
      `select current_user as who, current_setting('app.user_id', true) as person`,
    )
    expect(rows).toEqual([{ who: 'tidemark_web', person: '' }])
  })
})

describe('an operator inside a tenant', () => {
  test.each(['connections', 'sync_runs', 'sync_run_streams', 'stream_cursors'])(
    'sees %s of that tenant alone',
    async (table) => {
      for (const { tenantId } of [rosewood, harbour])
        expect(
          await web.asWatcher(tenantId, (tx) => column(tx, `select distinct tenant_id from ${table}`)),
        ).toEqual([tenantId])
    },
  )

  test('counts what was set aside and lists the pages that came, and sees nothing of what is in them', async () => {
    const seen = await web.asWatcher(rosewood.tenantId, async (tx) => [
      await column(tx, 'select tenant_id from quarantine where resolved_at is null'),
      await column(tx, 'select tenant_id from raw_snapshots where byte_length > 0'),
    ])
    expect(seen).toEqual([[rosewood.tenantId], [rosewood.tenantId]])
    for (const statement of [
      'select reason from quarantine',
      'select path from quarantine',
      'select source_id from quarantine',
      'select * from quarantine',
      'select payload from crm_writes',
      'select refused_because from crm_writes',
      'select * from crm_writes',
      'select body from raw_snapshots',
      'select cursor from raw_snapshots',
      'select * from raw_snapshots',
      'copy raw_snapshots to stdout',
    ])
      await expect(
        web.asWatcher(rosewood.tenantId, (tx) => tx.$client.query(statement)),
        statement,
      ).rejects.toMatchObject(noRight)
  })

  const watched = ['quarantine', 'raw_snapshots', 'crm_writes']
  test.each(
    tables.filter(
      (name) => !watched.includes(name) && !narrowRoles.tidemark_watcher?.includes(`SELECT on ${name}`),
    ),
  )('reads nothing of %s', async (name) => {
    const read = web.asWatcher(rosewood.tenantId, (tx) => tx.$client.query(`select count(*) from ${name}`))
    await expect(read).rejects.toMatchObject(noRight)
  })

  test('may ask for a run of that tenant, and change nothing else', async () => {
    const asks = (tenantId: string) => (tx: Tx) =>
      tx.execute(
        sql`insert into sync_runs (tenant_id, id, connection_id, trigger) values (${tenantId}, ${randomUUID()}, ${tenantId}, 'person')`,
      )
    await web.asWatcher(rosewood.tenantId, asks(rosewood.tenantId))
    await expect(web.asWatcher(rosewood.tenantId, asks(harbour.tenantId))).rejects.toMatchObject({
      cause: noRight,
    })
    const again = await web.asWatcher(rosewood.tenantId, (tx) =>
      tx.$client.query('update connections set rerun_wanted = true'),
    )
    expect(again.rowCount).toBe(1)
    for (const statement of [
      `update connections set state = 'paused'`,
      `update connections set base_url = 'https://elsewhere.test'`,
      `update sync_runs set status = 'success'`,
      `update tenants set name = 'Mine'`,
      `update stream_cursors set fresh_at = now()`,
    ])
      await expect(
        web.asWatcher(rosewood.tenantId, (tx) => tx.$client.query(statement)),
        statement,
      ).rejects.toMatchObject(noRight)
  })

  test('must name the tenant', async () => {
    const session = new pg.Client({ connectionString: database.url, options: '-c role=tidemark_watcher' })
    await session.connect()
    for (const table of ['tenants', 'connections', 'sync_runs', 'sync_run_streams', 'stream_cursors'])
      await expect(session.query(`select count(*) from ${table}`), table).rejects.toMatchObject({
        code: '42501',
        message: 'no tenant is set for this transaction',
      })
    await session.end()
    expect(() => web.asWatcher('rosewood', async () => undefined)).toThrow(TypeError)
  })

  test('is forgotten when the transaction ends, and so is its handle', async () => {
    const query = await web.asWatcher(rosewood.tenantId, async (tx) => ({
      late: tx.execute.bind(tx, sql`select 1`),
      tx,
    }))
    expect(() => query.tx.$client.query('select 1')).toThrow(
      'this transaction has ended; a query came too late',
    )
    await expect(query.late()).rejects.toMatchObject({
      cause: { message: 'this transaction has ended; a query came too late' },
    })
    const { rows } = await web.outsideTenants.query(
      `select current_user as who, current_setting('app.tenant_id', true) as tenant`,
    )
    expect(rows).toEqual([{ who: 'tidemark_web', tenant: '' }])
  })
})

test('a client that the web adds belongs to the first agency there was', async () => {
  const added = await addTenant(web, { name: 'Osprey Point' })
  expect(added).toMatchObject({ kind: 'added', slug: 'osprey-point' })
  const { rows } = await admin.query(
    `select agencies.name from tenants join agencies on agencies.id = agency_id where slug = 'osprey-point'`,
  )
  expect(rows).toEqual([{ name: 'Agency' }])
})

describe('the questions about keys and links', () => {
  test('are answered to the web with ids, and to nobody else', async () => {
    const asked = await web.outsideTenants.query('select * from app.tenant_of_api_key($1)', [
      Buffer.from('harbour'),
    ])
    expect(asked.rows).toEqual([{ tenant_id: harbour.tenantId, api_key_id: harbour.tenantId }])
    const link = await web.outsideTenants.query('select * from app.tenant_of_invitation($1)', [
      Buffer.from('willow'),
    ])
    expect(link.rows).toEqual([{ tenant_id: willow.tenantId, invitation_id: willow.tenantId }])
    const none = await web.outsideTenants.query('select * from app.tenant_of_api_key($1)', [
      Buffer.from('harbou'),
    ])
    expect(none.rows).toEqual([])
    const tests = await worker.outsideTenants.query('select tenant_id from app.open_connection_tests(2)')
    expect(tests.rowCount).toBe(2)
    for (const call of [`app.tenant_of_api_key('x')`, `app.tenant_of_invitation('x')`, 'app.first_agency()'])
      await expect(worker.outsideTenants.query(`select ${call}`), call).rejects.toMatchObject(noRight)
    await expect(web.outsideTenants.query('select app.open_connection_tests(1)')).rejects.toMatchObject(
      noRight,
    )
  })
})
