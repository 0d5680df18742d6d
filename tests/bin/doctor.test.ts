import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSimulator, type Simulator } from '../../simulator/main.ts'
import { startSmtp } from '../support/smtp.ts'
import { addClient, emptyInstallation, tidemark, type Installation } from './tidemark.ts'

const account = { webKey: 'CT_CANARY', accessToken: 'CANARY-TOKEN', seed: 3, people: 20, changesPerDay: 0 }

let installation: Installation
let simulator: Simulator
let db: pg.Client

beforeAll(async () => {
  ;[installation, simulator] = await Promise.all([
    emptyInstallation(),
    startSimulator({ accounts: [account] }),
  ])
  db = new pg.Client({ connectionString: installation.url })
  await db.connect()
  await addClient(installation, { name: 'Rosewood Care' }, { ...account, baseUrl: simulator.baseUrl })
  await installation.run('sync')
  await db.query('insert into workers (id, started_at, beat_at) values ($1, now(), now())', ['harbour:7'])
})
afterAll(async () => {
  await db.end()
  await simulator.close()
  await installation.drop()
})

/** The lines that failed, each with how to mend it. */
async function failures(env: Record<string, string> = {}, ...args: string[]) {
  const { code, out } = await tidemark(['doctor', '--json', ...args], { ...installation.env, ...env })
  expect(out).not.toContain('CANARY')
  const findings = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>)
  const failed = findings.filter(({ level }) => level === 'failed')
  expect(code).toBe(failed.length > 0 ? 1 : 0)
  return failed.map(({ check, words, mend }) => `${check}: ${words} > ${mend}`)
}

test('an installation in good health has nothing that failed, also when its CRM is asked', async () => {
  expect(await failures({}, '--live')).toEqual([])
  const { out } = await installation.run('doctor')
  for (const check of [
    'node',
    'platform',
    'database',
    'clock',
    'migrations',
    'roles',
    'partitions',
    'worker',
    'secret',
  ])
    expect(out).toMatch(new RegExp(`^✓ ${check}: `, 'm'))
  expect(out).toMatch(/^✓ rosewood-care \/ ClientTether: runs: last run: success/m)
})

test('a trial goes out by each way in which operators are told of alerts, and one that is not taken has failed', async () => {
  const smtp = await startSmtp({ isFull: (address) => address === 'full@example.com' })
  const mailTo = (ALERT_EMAIL: string) => ({ SMTP_URL: smtp.url, ALERT_EMAIL })
  expect(await failures(mailTo('ops@example.com'), '--tell')).toEqual([])
  expect(smtp.letters).toEqual([expect.objectContaining({ to: ['ops@example.com'] })])
  const refused = { ...mailTo('full@example.com'), ALERT_WEBHOOK_URL: `${simulator.url}/CANARY-no-hook` }
  expect(await failures(refused, '--tell')).toEqual([
    expect.stringMatching(/^alerts by webhook: the address of ALERT_WEBHOOK_URL answered with 4\d\d > /),
    expect.stringMatching(/^alerts by mail: .*mailbox full > Correct SMTP_URL or ALERT_EMAIL/),
  ])
  await smtp.close()
  const { out } = await tidemark(['doctor', '--tell'], installation.env)
  expect(out).toMatch(/^! alerts: nobody is told\n {4}Set ALERT_WEBHOOK_URL/m)
})

test('a database that is away, and one that was never migrated', async () => {
  expect(await failures({ DATABASE_URL: 'postgres://tidemark:CANARY@127.0.0.1:1/x' })).toEqual([
    expect.stringMatching(/^database: The database at 127\.0\.0\.1:1 does not answer/),
  ])
  const url = new URL(installation.url)
  url.pathname = '/postgres'
  expect(await failures({ DATABASE_URL: url.href })).toEqual([
    expect.stringMatching(/^migrations: to be applied: 0000_.* > Run: npm run tidemark -- migrate$/),
  ])
})

test('a login that may not act as our roles', async () => {
  const login = `visitor_${Date.now()}`
  await db.query(`create role ${login} login password 'CANARY-password'`)
  await db.query(`grant usage on schema drizzle to ${login}`)
  await db.query(`grant select on all tables in schema drizzle to ${login}`)
  const url = new URL(installation.url)
  url.username = login
  url.password = 'CANARY-password'
  const closed = async () => {
    const [line, ...others] = await failures({ DATABASE_URL: url.href })
    expect(others).toEqual([])
    return /^roles: this user may not act as (.*) > As an administrator: grant \1 to/
      .exec(line ?? '')?.[1]
      ?.split(', ')
  }
  const needed = ['worker', 'web', 'operator', 'person', 'watcher', 'auth', 'queue'].map(
    (name) => `tidemark_${name}`,
  )
  expect(await closed()).toEqual(needed)
  // As a login of an older version, whose web knew no people.
  await db.query(`grant tidemark_worker, tidemark_web, tidemark_operator, tidemark_queue to ${login}`)
  expect(await closed()).toEqual(['tidemark_person', 'tidemark_watcher', 'tidemark_auth'])
  await db.query(`drop owned by ${login}; drop role ${login}`)
})

test('a silent worker', async () => {
  const silentSinceMs = Date.now() - 300_000
  await db.query(`update workers set beat_at = now() - interval '5 minutes'`)
  const [failure = '', ...others] = await failures()
  const [, seconds] = /^worker: last heard of (\d+) s ago > Start one: /.exec(failure) ?? []
  expect(others).toEqual([])
  expect(Number(seconds)).toBeGreaterThanOrEqual(300)
  expect(Number(seconds)).toBeLessThanOrEqual(Math.ceil((Date.now() - silentSinceMs) / 1_000))
  await db.query('update workers set beat_at = now()')
})

test('a month without a partition for snapshots', async () => {
  const { rows } = await db.query<{ name: string }>(
    `select 'raw_snapshots_' || to_char((now() at time zone 'UTC') + interval '1 month', 'YYYY_MM') as name`,
  )
  await db.query(`alter table ${rows[0]?.name} rename to put_away`)
  expect(await failures()).toEqual([
    expect.stringMatching(/^partitions: raw snapshots have none for 20\d\d_\d\d/),
  ])
  await db.query(`alter table put_away rename to ${rows[0]?.name}`)
})

test('another secret than the one the credentials were sealed under', async () => {
  expect(await failures({ TIDEMARK_SECRET: 'another secret of thirty-two bytes!' })).toEqual([
    expect.stringMatching(
      /ClientTether: secrets: the accessToken was sealed with key .* > Start with the TIDEMARK_SECRET/,
    ),
  ])
})

test('no secret at all', async () => {
  expect(await failures({ TIDEMARK_SECRET: '' })).toEqual([
    expect.stringMatching(/^secret: TIDEMARK_SECRET is not set/),
  ])
})

test('a CRM that refuses us, only when it is asked', async () => {
  simulator.account(account.webKey).setAccessToken('another one')
  expect(await failures()).toEqual([])
  expect(await failures({}, '--live')).toEqual([
    expect.stringMatching(/: live: Reached .*; ClientTether answered 401: Unauthorized/),
  ])
  simulator.account(account.webKey).setAccessToken(account.accessToken)
})

test('a connection that has to be connected again, one that failed, and data that is old', async () => {
  await db.query(
    `update connections set state = 'needs_reconnect', state_reason = 'ClientTether refused us.'`,
  )
  expect(await failures()).toEqual([
    expect.stringMatching(/: runs: ClientTether refused us\. > Renew the access/),
  ])
  await db.query(`update connections set state = 'active', state_reason = null`)
  await db.query(`update stream_cursors set fresh_at = now() - interval '5 hours' where stream = 'leads'`)
  expect(await failures()).toEqual([
    expect.stringMatching(/: runs: last run: success, .* That is too long ago\. > /),
  ])
  await db.query(`update stream_cursors set fresh_at = now()`)
})

test('a data directory that cannot be written', async () => {
  const env = { DATABASE_URL: '', TIDEMARK_DATA_DIR: '/etc/hostname/tidemark' }
  expect(await failures(env)).toEqual([
    expect.stringMatching(/^data directory: \/etc\/hostname\/tidemark cannot be written/),
  ])
})
