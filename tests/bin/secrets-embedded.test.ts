import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { replaceSecret } from '../../bin/secret.ts'
import { connect } from '../../drizzle/db.ts'
import { runningEmbedded } from '../../drizzle/embedded.ts'
import { startSimulator, type Simulator } from '../../simulator/main.ts'
import { requestRun } from '../../src/commands/request-run.ts'
import { requestTest } from '../../src/commands/request-test.ts'
import { until } from '../support/until.ts'
import { hear, launch, tidemark } from './tidemark.ts'

const credentials = { accessToken: 'CANARY-ACCESS-TOKEN', webKey: 'CT_CANARY_WEB_KEY' }

let dataDir: string
let env: Record<string, string>
let simulator: Simulator
let worker: ChildProcess
let heard: { all: string }
let client: pg.Client

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'secrets-test-'))
  env = { TIDEMARK_DATA_DIR: dataDir, TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: 'true', LOG_LEVEL: 'debug' }
  simulator = await startSimulator({ accounts: [{ ...credentials, seed: 5, people: 30, changesPerDay: 0 }] })
  worker = launch(['worker'], env)
  heard = hear(worker)
  await until(() => heard.all.includes('worker.started'), said)
  client = new pg.Client({ connectionString: await runningEmbedded(dataDir) })
  client.on('error', () => undefined)
  await client.connect()
  await tidemark(['tenant', 'add', 'Rosewood Care'], env)
  const where = ['--tenant', 'rosewood-care', '--connector', 'clienttether', '--name', 'ClientTether']
  const what = ['--base-url', simulator.baseUrl, '--setting', 'requestsPerSecond=1000']
  const added = await tidemark(['connection', 'add', ...where, ...what], {
    ...env,
    TIDEMARK_SECRET_ACCESS_TOKEN: credentials.accessToken,
    TIDEMARK_SECRET_WEB_KEY: credentials.webKey,
  })
  expect(added.code, added.err).toBe(0)
})
afterAll(async () => {
  await client.end()
  const closed = new Promise((done) => worker.once('close', done))
  worker.kill('SIGTERM')
  await closed
  await simulator.close()
  await rm(dataDir, { recursive: true, force: true })
})

const said = () => `; the worker said:\n${heard.all}`
const keptIn = (name: string) => readFile(join(dataDir, name), 'utf8').catch(() => null)
const latest = async (table: 'sync_runs' | 'connection_tests') =>
  (await client.query(`select * from ${table} order by id desc limit 1`)).rows[0]

/** Has the worker, which was started with the first secret, make a run and a test. */
async function expectWorkerWorks(): Promise<void> {
  const { rows } = await client.query('select tenant_id, id from connections')
  const web = connect({
    url: (await runningEmbedded(dataDir)) ?? '',
    role: 'tidemark_web',
    max: 1,
    statementTimeoutMs: 5_000,
    onError: () => undefined,
  })
  await web.asTenant(rows[0].tenant_id, async (tx) => {
    await requestRun(tx, rows[0].id)
    await requestTest(tx, rows[0].id)
  })
  await web.close()
  await until(async () => (await latest('sync_runs')).finished_at !== null, said)
  await until(async () => (await latest('connection_tests')).finished_at !== null, said)
  expect(await latest('sync_runs')).toMatchObject({ status: 'success', error_detail: null })
  expect(await latest('connection_tests')).toMatchObject({ ok: true })
}

test('one command changes the kept secret, twice, under a worker that was started before', async () => {
  const secrets = [await keptIn('secret')]
  for (const _ of [1, 2]) {
    const { code, out, err } = await tidemark(['secrets', 'rotate'], env)
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(
      /^A new secret was made.*\n.*: 2\. Sealed with it before: 0\. Left: 0\. Cannot be opened: 0\.\n$/,
    )
    secrets.push(await keptIn('secret'))
    expect(await keptIn('secret.old')).toBeNull()
    expect((await stat(join(dataDir, 'secret'))).mode & 0o777).toBe(0o600)
    await expectWorkerWorks()
  }
  expect(new Set(secrets).size).toBe(3)
  expect((await tidemark(['connection', 'test', 'ClientTether'], env)).code).toBe(0)
})

test('killed when the new secret is kept and nothing is sealed with it, everything works, and the next one goes on', async () => {
  const former = await keptIn('secret')
  const next = await replaceSecret(dataDir)
  expect([await keptIn('secret'), await keptIn('secret.old')]).toEqual([`${next}\n`, former])
  expect((await stat(join(dataDir, 'secret.old'))).mode & 0o777).toBe(0o600)
  await expectWorkerWorks()
  const tested = await tidemark(['connection', 'test', 'ClientTether'], env)
  expect([tested.code, tested.out]).toEqual([0, expect.stringContaining('Key accepted')])

  const { code, out } = await tidemark(['secrets', 'rotate'], env)
  expect([code, out]).toEqual([0, expect.stringMatching(/^Sealed anew with key .*: 2\. /)])
  expect([await keptIn('secret'), await keptIn('secret.old')]).toEqual([`${next}\n`, null])
  await expectWorkerWorks()
})

test('nothing of it is said in a log or written down', async () => {
  const { rows } = await client.query<{ everything: string }>(
    `select (select string_agg(t::text, '') from connection_tests t) || (select string_agg(r::text, '') from sync_runs r)
       || (select string_agg(a::text, '') from audit_log a) || (select string_agg(request::text || cursor, '') from raw_snapshots)
       || (select string_agg(k::text, '') from sealing_keys k) as everything`,
  )
  const everything = heard.all + rows[0]?.everything
  expect(everything).toContain('worker.started')
  for (const secret of ['CANARY', (await keptIn('secret'))?.trim() ?? 'CANARY'])
    expect(everything).not.toContain(secret)
})
