import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connect, type Database } from '../../drizzle/db.ts'
import { openKeyring } from '../../drizzle/seal.ts'
import type { TestStep } from '../../drizzle/schema/access.ts'
import { requestTest } from '../../src/commands/request-test.ts'
import { readLatestTest } from '../../src/queries/connection-test.ts'
import {
  answerTest,
  forgetOldTests,
  takeTest,
  type AnswerOptions,
  type OpenTest,
} from '../../worker/connection-test.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { startWorker } from '../../worker/main.ts'
import { openTestDesk } from '../../worker/test-desk.ts'
import { until } from '../support/until.ts'
import { arrange, rosewood, testSecret, type Arrangement, type Client } from './arrange.ts'

let all: Arrangement
let client: Client
let web: Database

beforeEach(async () => {
  all = await arrange([rosewood, { ...rosewood, webKey: 'CT_empty', people: 0, deals: 0 }])
  client = await all.connect()
  web = connect({
    url: all.url,
    role: 'tidemark_web',
    max: 2,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  })
})
afterEach(async () => {
  await web.close()
  await all.close()
})

async function ask(of: Client = client): Promise<OpenTest> {
  const outcome = await web.asTenant(of.tenantId, (tx) => requestTest(tx, of.connectionId))
  if (outcome.kind !== 'asked') throw new Error(outcome.kind)
  return { tenantId: of.tenantId, connectionId: of.connectionId, testId: outcome.testId }
}
const latest = (of: Client = client) => web.asTenant(of.tenantId, (tx) => readLatestTest(tx, of.connectionId))

async function options(more: Partial<AnswerOptions> = {}): Promise<AnswerOptions> {
  return {
    database: all.database,
    databaseUrl: all.url,
    connectors,
    keyring: await openKeyring([testSecret]),
    allowPrivateHosts: true,
    stopping: new AbortController().signal,
    log: all.worker.log,
    ...more,
  }
}

/** Asks for a test, answers it in this process, and gives it as a page would read it. */
async function answered(of: Client = client, more: Partial<AnswerOptions> = {}) {
  const taken = await takeTest(all.database, await ask(of))
  if (taken === null) throw new Error('the test was not free')
  await answerTest(await options(more), taken)
  return latest(of)
}
const wordsOf = (steps: readonly TestStep[] = []) => steps.map(({ state, words }) => `${state}: ${words}`)

const finished = () => until(async () => ((await latest())?.finishedAt ? await latest() : undefined))

describe('a test of a connection', () => {
  test('says step by step what the CRM gives, and stores no record', async () => {
    const result = await answered()
    expect(result).toMatchObject({ ok: true, startedAt: expect.any(Date), finishedAt: expect.any(Date) })
    const truth = client.account.totals()
    expect(wordsOf(result?.steps)).toEqual([
      expect.stringMatching(/^ok: Reached 127\.0\.0\.1:\d+ \(\d+ ms\)$/),
      'ok: Key accepted',
      'ok: Owners: 5',
      expect.stringMatching(/^ok: Stages: \d+$/),
      expect.stringMatching(/^ok: Lead sources: \d+$/),
      `ok: Leads: ${truth.people}`,
      `ok: Opportunities: ${truth.deals}`,
      expect.stringMatching(/^ok: Notes: \d+ of the first contact$/),
      expect.stringMatching(/^ok: Activities: \d+$/),
    ])
    expect(await client.records('leads')).toEqual([])
    expect(await client.records('sync_runs')).toEqual([])
  })

  test('of a draft is answered like any other', async () => {
    await all.db.query(`update connections set state = 'draft'`)
    expect(await answered()).toMatchObject({ ok: true })
    expect(await client.connection()).toMatchObject({ state: 'draft' })
  })

  test('shows each step when it is known, and is open until the last', async () => {
    all.simulator.faults.add({
      fault: 'slow-answer',
      operation: 'read_client_list',
      params: { ms: 60_000 },
    })
    const asked = answered()
    const half = await until(async () => {
      const now = await latest()
      return now && now.steps.length >= 5 ? now : undefined
    })
    expect(half).toMatchObject({ ok: null, finishedAt: null })
    expect(half.steps).toHaveLength(5)
    all.simulator.faults.clear()
    expect((await asked)?.steps).toHaveLength(9)
  })

  test.each([
    ['unauthorised-json', 'ClientTether answered 401: Unauthorized: Invalid Access Token'],
    ['unauthorised-text', 'ClientTether answered 401: Unauthorized: Invalid Access Token'],
    ['unauthorised-200', 'ClientTether answered CT401: Unauthorized: Invalid Access Token'],
  ] as const)('%s ends it in the words of the CRM', async (fault, words) => {
    all.simulator.faults.add({ fault })
    const result = await answered()
    expect(result?.ok).toBe(false)
    expect(wordsOf(result?.steps).slice(1)).toEqual([`failed: ${words}`])
    expect(result?.steps.at(-1)?.name).toBe('access')
  })

  test('a stream that the key may not read is said, and the others are asked all the same', async () => {
    all.simulator.faults.add({ fault: 'forbidden', operation: 'read_client_history_notes' })
    all.simulator.faults.add({
      fault: 'error-body',
      operation: 'read_sales_cycle_list',
      params: { code: 'CT_404' },
    })
    const result = await answered()
    expect(result?.ok).toBe(false)
    expect(wordsOf(result?.steps)).toContain('failed: Notes: refused, this key may not read notes')
    expect(wordsOf(result?.steps)).toContainEqual(
      expect.stringMatching(/^failed: Stages: ClientTether answered CT404/),
    )
    expect(result?.steps).toHaveLength(9)
  })

  test('what is asked for each contact is skipped where there is none', async () => {
    const empty = await all.connect('CT_empty')
    const result = await answered(empty)
    expect(result?.ok).toBe(true)
    expect(wordsOf(result?.steps)).toContain(
      'skipped: Notes: read for each contact, and there is none to ask for',
    )
  })

  test('rows that are not as documented are counted', async () => {
    all.simulator.faults.add({ fault: 'field-missing', operation: 'read_client_list' })
    const result = await answered()
    expect(wordsOf(result?.steps)).toContainEqual(
      expect.stringMatching(/^failed: Leads: \d+, 10 of the first 10 not as documented$/),
    )
  })

  test('of a CRM that is not there says so', async () => {
    const nowhere = await all.connect(undefined, {}, 'http://127.0.0.1:9/v2/api/')
    expect(wordsOf((await answered(nowhere))?.steps)).toEqual([
      'failed: 127.0.0.1:9 was not reached: nothing answers there',
    ])
    const unnamed = await all.connect(undefined, {}, 'https://no-such-host.invalid/v2/api/')
    expect(wordsOf((await answered(unnamed))?.steps)).toEqual([
      expect.stringMatching(
        /^failed: no-such-host\.invalid was not reached: (there is no such host|its name)/,
      ),
    ])
  })

  test('on a private network says what would allow it', async () => {
    const result = await answered(client, { allowPrivateHosts: false })
    expect(wordsOf(result?.steps)).toEqual([expect.stringContaining('TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS=true')])
  })

  test('whose credentials do not open names the key that is missing', async () => {
    const result = await answered(client, {
      keyring: await openKeyring(['the secret of some other installation']),
    })
    expect(result?.steps).toEqual([
      {
        name: 'credentials',
        state: 'failed',
        words: expect.stringMatching(/was sealed with key [0-9a-f]{16}/),
      },
    ])
  })

  test('ends within its time, whatever the CRM does', async () => {
    all.simulator.faults.add({ fault: 'never-answers', operation: 'read_client_list' })
    const startedMs = performance.now()
    const result = await answered(client, { limitMs: 700 })
    expect(performance.now() - startedMs).toBeLessThan(20_000)
    expect(result?.ok).toBe(false)
    expect(wordsOf(result?.steps).slice(-2)).toEqual([
      expect.stringMatching(/^ok: Lead sources/),
      'failed: It took longer than 0.7 s. What stands above is what was known by then.',
    ])
  })

  test('repeats no secret, not even when the CRM does', async () => {
    all.simulator.faults.add({
      fault: 'error-body',
      params: { code: 'CT_400', message: `your token ${rosewood.accessToken} is odd` },
    })
    const result = await answered()
    expect(result?.ok).toBe(false)
    const { rows } = await all.db.query<{ all: string }>(
      'select string_agg(t::text, $1) as all from connection_tests t',
      [' '],
    )
    expect(rows[0]?.all).toContain('your token … is odd')
    expect(rows[0]?.all).not.toContain('CANARY')
  })
})

describe('who answers', () => {
  test('is one of two workers, at once, beside the runs', async () => {
    const workers = [await startWorker(all.worker), await startWorker(all.worker)]
    await until(() => all.simulator.ledger.count('read_all_events') > 0)
    all.simulator.ledger.clear()
    const askedMs = performance.now()
    await ask()
    expect(await finished()).toMatchObject({ ok: true })
    expect(performance.now() - askedMs).toBeLessThan(20_000)
    expect(all.simulator.ledger.count('read_opportunity_list')).toBeLessThanOrEqual(2)
    for (const worker of workers) await worker.stop()
  })

  test('is nobody else while one is at it, and another one once it has died', async () => {
    const asked = await ask()
    const dead = await takeTest(all.database, asked)
    expect(dead).not.toBeNull()
    expect(await takeTest(all.database, asked)).toBeNull()
    await all.db.query(`update connection_tests set started_at = started_at - interval '61 s'`)
    const heir = await takeTest(all.database, asked)
    expect(heir?.startedAt).not.toBe(dead?.startedAt)
    // One that was not dead at all writes nothing any more.
    if (dead) await answerTest(await options(), dead)
    expect(await latest()).toMatchObject({ finishedAt: null, steps: [] })
    if (heir) await answerTest(await options(), heir)
    expect(await latest()).toMatchObject({ ok: true })
  })

  test('is nobody any more after ten minutes, and the test says so', async () => {
    const asked = await ask()
    await takeTest(all.database, asked)
    await all.db.query(
      `update connection_tests set started_at = started_at - interval '61 s', asked_at = asked_at - interval '11 min'`,
    )
    expect(await takeTest(all.database, asked)).toBeNull()
    expect(wordsOf((await latest())?.steps)).toEqual([
      'failed: No worker brought this test to its end. Ask for another one.',
    ])
    expect(await latest()).toMatchObject({ ok: false })
  })

  test('gives it back when it is told to stop', async () => {
    all.simulator.faults.add({ fault: 'never-answers', operation: 'read_client_list' })
    const stopping = new AbortController()
    const desk = openTestDesk(await options({ stopping: stopping.signal }))
    await ask()
    desk.look()
    await until(async () => (await latest())?.steps.length === 5)
    stopping.abort()
    await desk.closed()
    expect(await latest()).toMatchObject({ startedAt: null, finishedAt: null, steps: [] })
  })

  test('answers more tests than it takes at once', async () => {
    const clients = [client]
    for (let more = 0; more < 6; more += 1) clients.push(await all.connect())
    const desk = openTestDesk(await options())
    for (const one of clients) await ask(one)
    desk.look()
    await until(async () => {
      const ended = await Promise.all(clients.map(async (one) => (await latest(one))?.ok))
      return ended.every((ok) => ok === true) ? true : undefined
    })
    await desk.closed()
  })
})

describe('an answered test', () => {
  const seedTest = (of: Client, daysOld: number, isFinished = true) =>
    all.db.query(
      `insert into connection_tests (tenant_id, id, connection_id, asked_at, finished_at, ok)
       values ($1, gen_random_uuid(), $2, now() - make_interval(days => $3), case when $4 then now() - make_interval(days => $3) end, $4)`,
      [of.tenantId, of.connectionId, daysOld, isFinished],
    )
  const ages = async (of: Client) =>
    (
      await all.db.query<{ days: number }>(
        `select extract(day from now() - asked_at)::int as days from connection_tests where connection_id = $1 order by 1`,
        [of.connectionId],
      )
    ).rows.map(({ days }) => days)

  test('is forgotten after a month, but for the last one of each connection', async () => {
    const other = await all.connect('CT_empty')
    for (const days of [1, 29, 31, 400]) await seedTest(client, days)
    for (const days of [40, 50]) await seedTest(other, days)
    await seedTest(client, 60, false)
    expect(await forgetOldTests(all.database)).toBe(3)
    expect(await ages(client)).toEqual([1, 29, 60])
    expect(await ages(other)).toEqual([40])
    expect(await forgetOldTests(all.database)).toBe(0)
  })

  test('is forgotten by the worker, once an hour', async () => {
    for (const days of [1, 31]) await seedTest(client, days)
    const worker = await startWorker(all.worker)
    await until(async () => (await ages(client)).length === 1)
    await worker.stop()
  })

  test('is deleted by nobody in any other way', async () => {
    await seedTest(client, 400)
    for (const database of [web, all.database])
      await expect(
        database.asTenant(client.tenantId, (tx) => tx.$client.query('delete from connection_tests')),
      ).rejects.toMatchObject({ code: '42501' })
    await expect(web.outsideTenants.query('select app.forget_connection_tests()')).rejects.toMatchObject({
      code: '42501',
    })
  })
})
