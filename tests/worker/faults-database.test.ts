import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectWorker, runNow } from '../../worker/run-now.ts'
import { arrange, type Arrangement, type Client } from './arrange.ts'
import { startProxy } from './postgres-proxy.ts'
import { expectTruth } from './truth.ts'
import { expectRecovery, leaveChange } from './under-fault.ts'

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange()
  client = await all.connect()
  await client.sync()
})
beforeEach(() => leaveChange(client))
afterEach(() => expectRecovery(all, client))
afterAll(() => all.close())

/** Ends every session of the worker, whatever it is doing. */
const endSessions = () =>
  all.db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name = 'tidemark worker'`,
  )

/** Makes the next `times` writes of leads fail with this code, as Postgres itself would. */
async function breakWrites(code: string, times: number, table = 'leads'): Promise<void> {
  await all.db.query(`create sequence broken_writes`)
  await all.db.query(`grant usage on sequence broken_writes to tidemark_worker`)
  await all.db.query(`
    create function break_write() returns trigger language plpgsql as $$
    begin
      if nextval('broken_writes') <= ${times} then raise exception 'broken on request' using errcode = '${code}'; end if;
      return new;
    end $$`)
  await all.db.query(
    `create trigger break_write before insert or update on ${table} for each row execute function break_write()`,
  )
}

async function mendWrites(): Promise<number> {
  const { rows } = await all.db.query<{ fired: number }>(`select last_value::int as fired from broken_writes`)
  await all.db.query(`drop function break_write cascade`)
  await all.db.query(`drop sequence broken_writes`)
  return rows[0]?.fired ?? 0
}

describe('trouble that passes is waited out within the run', () => {
  test.each([
    ['B11: two transactions that could not both be', '40001'],
    ['B10: a deadlock', '40P01'],
    ['B8: too many connections', '53300'],
    ['B9: a lock held too long', '55P03'],
    ['B1: a session that was ended', '57P01'],
  ])('%s (%s)', async (_sentence, code) => {
    await breakWrites(code, 1)
    const { run } = await client.sync()
    expect(await mendWrites()).toBeGreaterThan(1)
    expect([run.status, run.error_detail]).toEqual(['success', null])
  })

  test('B1: a session that is ended while it waits in its transaction', async () => {
    const holder = new pg.Client({ connectionString: all.url })
    await holder.connect()
    await holder.query('begin; lock table leads in share row exclusive mode')
    const syncing = client.sync()
    await waitFor(
      `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
    )
    await endSessions()
    await holder.query('commit')
    await holder.end()
    const { run } = await syncing
    expect([run.status, run.error_detail]).toEqual(['success', null])
  })

  test.each(['run.started', 'stream.started', 'page.landed', 'stream.finished'])(
    'B3: every session ended at "%s", again and again',
    async (moment) => {
      const runId = await client.queueRun()
      let ended = 0
      let last = Promise.resolve()
      await runNow(
        all.worker,
        all.database,
        { ...client, runId },
        new AbortController().signal,
        ({ event }) => {
          if (event !== moment || ended >= 5) return
          ended += 1
          last = endSessions().then(() => undefined)
        },
      )
      await last
      const { run } = await client.readRun(runId)
      expect(ended).toBeGreaterThan(0)
      expect([run.status, run.error_detail]).toEqual(['success', null])
    },
  )

  test('B2: commits whose answers were lost are looked up and not done twice', async () => {
    const proxy = await startProxy(all.url)
    const worker = { ...all.worker, config: { ...all.worker.config, DATABASE_URL: proxy.url } }
    const database = connectWorker(worker)
    const fresh = await all.connect()
    const runId = await fresh.queueRun({
      streams: ['owners', 'stages', 'lead_sources', 'leads', 'opportunities'],
    })
    await runNow(worker, database, { ...fresh, runId }, new AbortController().signal, ({ event }) => {
      if (event === 'run.started') proxy.swallowCommits(4)
    })
    await database.close()
    proxy.close()
    const { run, streams } = await fresh.readRun(runId)
    expect(proxy.swallowed()).toBeGreaterThan(3)
    expect([run.status, run.error_detail]).toEqual(['success', null])
    expect(streams.leads).toMatchObject({ fetched: 24, created: 24, pages: 3 })
    const pages = (await fresh.records('raw_snapshots')).filter((page) => page.stream === 'leads')
    expect(pages.map((page) => Number(page.seq)).sort((a, b) => a - b)).toEqual([1, 2, 3])
    const metrics = await fresh.records('lead_metrics')
    expect(metrics.reduce((sum, row) => sum + Number(row.count), 0)).toBe(24)
    await fresh.sync()
    await expectTruth(fresh)
  })
})

describe('trouble that stays fails the run, and the CRM is not blamed', () => {
  test.each([
    ['B5: a full disk', '53100', 'E_CAPACITY', /Our storage is short of room\. Nothing was lost/],
    ['B15: a read-only database', '25006', 'E_CAPACITY', /Our storage is short of room/],
    [
      'a rule that our own row breaks',
      '23514',
      'E_INTERNAL',
      /Something failed on our side\. Nothing was lost/,
    ],
  ])('%s', async (_sentence, code, errorCode, words) => {
    await breakWrites(code, 1_000)
    const { run } = await client.sync()
    await mendWrites()
    expect([run.status, run.error_code]).toEqual(['failed', errorCode])
    expect(run.error_public).toMatch(words)
    expect(run.error_public).not.toMatch(/ClientTether|broken on request/)
    expect(run.error_detail).toContain(code)
  })

  test('B16: a right that was taken away', async () => {
    await all.db.query('revoke update on leads from tidemark_worker')
    const { run } = await client.sync()
    await all.db.query('grant update on leads to tidemark_worker')
    expect([run.status, run.error_code]).toEqual(['failed', 'E_INTERNAL'])
    expect(run.error_detail).toContain('42501')
  })

  test('B15: a database that is read-only from the start leaves the run waiting', async () => {
    const name = new URL(all.url).pathname.slice(1)
    await all.db.query(`alter database ${name} set default_transaction_read_only = on`)
    await endSessions()
    const runId = await client.queueRun()
    await expect(
      runNow(all.worker, all.database, { ...client, runId }, new AbortController().signal),
    ).rejects.toThrow()
    expect((await client.readRun(runId)).run.status).toBe('queued')
    await all.db.query(`alter database ${name} reset default_transaction_read_only`)
    await endSessions()
    await runNow(all.worker, all.database, { ...client, runId }, new AbortController().signal)
    expect((await client.readRun(runId)).run.status).toBe('success')
  })
})

async function waitFor(statement: string): Promise<void> {
  for (let look = 0; look < 200; look += 1) {
    if (((await all.db.query(statement)).rowCount ?? 0) > 0) return
    await sleep(20)
  }
  throw new Error(`never true: ${statement}`)
}
