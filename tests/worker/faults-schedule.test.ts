import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Database } from '../../drizzle/db.ts'
import { connectWorker } from '../../worker/run-now.ts'
import { claimDueSlots, nextSlot, queuedRuns, reapDeadRuns, startSchedule } from '../../worker/schedule.ts'
import { arrange, type Arrangement, type Client, type Stored } from './arrange.ts'
import { expectSound } from './soundness.ts'

const hourly = '0 * * * *'

let all: Arrangement
let pools: Database[]
let client: Client
beforeAll(async () => {
  all = await arrange()
  pools = Array.from({ length: 5 }, () => connectWorker(all.worker))
})
beforeEach(async () => {
  await all.db.query(`update connections set state = 'paused'`)
  await all.db.query(`update sync_runs set status = 'cancelled', finished_at = now() where status = 'queued'`)
  client = await all.connect()
})
afterEach(async () => {
  vi.useRealTimers()
  await expectSound(all.url)
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()))
  await all.close()
})

const runs = (): Promise<Stored[]> => client.records('sync_runs')
const makeDue = (ago = '1 second') =>
  all.db.query('update connections set next_due_at = now() - $2::interval where id = $1', [
    client.connectionId,
    ago,
  ])
const claim = async () => (await Promise.all(pools.map((pool) => claimDueSlots(pool, hourly)))).flat()

test('A6: five workers that hear the same bell make one run', async () => {
  await makeDue()
  expect(await claim()).toHaveLength(1)
  expect(await claim()).toHaveLength(0)
  expect(await runs()).toMatchObject([{ status: 'queued', trigger: 'schedule', missed_slots: 0 }])
})

test('A6: and of five workers that take the same run, one does', async () => {
  await makeDue()
  await claim()
  const before = all.simulator.ledger.count('read_client_list')
  const [queued] = await queuedRuns(all.database, 10)
  const { runNow } = await import('../../worker/run-now.ts')
  const verdicts = await Promise.all(
    pools.map((pool) =>
      runNow(
        all.worker,
        pool,
        queued ?? { tenantId: '', connectionId: '', runId: '' },
        new AbortController().signal,
      ),
    ),
  )
  expect(verdicts.filter((verdict) => verdict !== null)).toMatchObject([{ status: 'success' }])
  expect(all.simulator.ledger.count('read_client_list') - before).toBe(3)
})

test('A7: of many connections that are due at once each gets one run, the longest due first', async () => {
  const others = await Promise.all(Array.from({ length: 20 }, () => all.connect()))
  for (const [minutes, other] of others.entries())
    await all.db.query(
      `update connections set next_due_at = now() - make_interval(mins => $2) where id = $1`,
      [other.connectionId, minutes + 1],
    )
  await claim()
  const queued = await queuedRuns(all.database, 100)
  expect(new Set(queued.map(({ connectionId }) => connectionId)).size).toBe(21)
  expect(queued).toHaveLength(21)
  await all.db.query(`update sync_runs set status = 'cancelled', finished_at = now() where status = 'queued'`)
})

test('A8: an hour that strikes while a run is open is noted on that run, and no runs pile up', async () => {
  await makeDue()
  await claim()
  for (let hour = 0; hour < 3; hour += 1) {
    await makeDue()
    expect(await claim()).toEqual([])
  }
  expect(await runs()).toMatchObject([{ status: 'queued', missed_slots: 3 }])
})

test('A11: after five hours of sleep one run catches up, and says how many hours nobody served', async () => {
  await makeDue('5 hours 10 minutes')
  expect(await claim()).toHaveLength(1)
  expect(await claim()).toHaveLength(0)
  expect(await runs()).toMatchObject([{ missed_slots: 5 }])
})

test('A12: after three hours without a worker there is one run, for the hour that was due first', async () => {
  await makeDue('3 hours')
  await claim()
  const [run] = await runs()
  expect(Date.now() - Date.parse(String(run?.slot_at))).toBeGreaterThan(2.9 * 3_600_000)
  expect(run?.missed_slots).toBe(3)
})

describe('A13: every hour of the world is one hour', () => {
  test.each([
    ['autumn', '2026-11-01T03:59:59Z', 'America/New_York'],
    ['spring', '2026-03-08T04:59:59Z', 'America/New_York'],
    ['autumn', '2026-04-04T13:59:59Z', 'Australia/Lord_Howe'],
  ])('in %s, from %s, with the machine in %s', (_season, start, zone) => {
    vi.stubEnv('TZ', zone)
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(new Date(start))
    const slots: number[] = []
    for (let tick = 0; tick < 26; tick += 1) {
      const { at, lengthMs } = nextSlot(hourly)
      expect(lengthMs).toBe(3_600_000)
      slots.push(at.getTime())
      vi.setSystemTime(at)
    }
    expect(slots.slice(1).map((slot, before) => slot - (slots[before] ?? 0))).toEqual(
      Array(25).fill(3_600_000),
    )
  })
})

describe('A14: a worker whose clock is wrong', () => {
  test.each([-10, 10])(
    'by %i minutes asks once for an hour, and not for the hour after it',
    async (minutes) => {
      await makeDue()
      vi.useFakeTimers({ toFake: ['Date'] })
      vi.setSystemTime(Date.now() + minutes * 60_000)
      expect(await claimDueSlots(all.database, '* * * * *')).toHaveLength(1)
      for (let look = 0; look < 3; look += 1)
        expect(await claimDueSlots(all.database, '* * * * *')).toHaveLength(0)
      expect(await runs()).toMatchObject([{ missed_slots: 0 }])
    },
  )
})

test('A16: a run whose process stood still for longer than its lease goes on when nobody else took over', async () => {
  let stoodStill = false
  const { run, events } = await client.sync({
    times: { leaseSeconds: 1, beatSeconds: 0.2, silenceSeconds: 40 },
  })
  expect([run.status, events.length > 5]).toEqual(['success', true])
  const { run: blocked } = await syncBlocking(() => {
    if (stoodStill) return
    stoodStill = true
    const until = performance.now() + 1_300
    while (performance.now() < until);
  })
  expect([blocked.status, stoodStill]).toEqual(['success', true])
})

async function syncBlocking(block: () => void) {
  const runId = await client.queueRun()
  const { runNow } = await import('../../worker/run-now.ts')
  const options = { ...all.worker, times: { leaseSeconds: 1, beatSeconds: 0.2, silenceSeconds: 40 } }
  await runNow(options, all.database, { ...client, runId }, new AbortController().signal, ({ event }) => {
    if (event === 'page.landed') block()
  })
  return client.readRun(runId)
}

test('A18: a run that is asked to stop lands its page, says so, and is due again at once', async () => {
  const stopping = new AbortController()
  client.account.addPerson({ firstName: 'Ann' })
  all.simulator.faults.add({ fault: 'slow-answer', operation: 'read_client_list', params: { ms: 100 } })
  setTimeout(() => stopping.abort(), 150)
  const { run, streams } = await client.sync({ stopping: stopping.signal })
  all.simulator.faults.clear()
  expect(run).toMatchObject({
    status: 'cancelled',
    error_code: null,
    verdict: 'Stopped before the end. What had arrived is kept; the next run goes on from there.',
  })
  expect(Object.values(streams).filter(({ status }) => status === 'running')).toEqual([])
  expect(await claim()).toHaveLength(1)
  await all.db.query(`update sync_runs set status = 'cancelled', finished_at = now() where status = 'queued'`)
  expect((await client.sync()).run.status).toBe('success')
})

test('A22: after three workers that died on it a connection waits for its hour, others do not', async () => {
  const other = await all.connect()
  for (let death = 1; death <= 4; death += 1) {
    await makeDue()
    await dieOn(client)
    const [reaped] = await reapDeadRuns(all.database)
    expect(reaped?.connectionId).toBe(client.connectionId)
    await all.db.query(`update connections set next_due_at = now() + interval '1 hour' where id = $1`, [
      other.connectionId,
    ])
    expect((await client.connection()).consecutive_failures).toBe(death)
  }
  expect((await runs()).map((run) => run.status)).toEqual(Array(4).fill('abandoned'))
  await all.db.query(`update connections set next_due_at = now() + interval '40 minutes' where id = $1`, [
    client.connectionId,
  ])
  await dieOn(client)
  await reapDeadRuns(all.database)
  expect(await claim()).toEqual([])
})

/** A run whose worker has not been heard of for a minute. */
async function dieOn({ tenantId, connectionId }: Client): Promise<void> {
  await all.db.query(
    `insert into sync_runs (tenant_id, id, connection_id, trigger, status, started_at, heartbeat_at)
     values ($1, app.uuid_v7(), $2, 'command', 'running', now() - interval '90 seconds', now() - interval '60 seconds')`,
    [tenantId, connectionId],
  )
}

test('A23: without any bell a worker looks around at once and every five seconds', async () => {
  vi.useFakeTimers()
  let looks = 0
  const schedule = startSchedule({
    cron: '0 0 1 1 *',
    log: pino({ level: 'silent' }),
    look: async () => void (looks += 1),
  })
  expect(looks).toBe(1)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(looks).toBe(13)
  await schedule.stop()
})

test('a look that fails is followed by the next one', async () => {
  vi.useFakeTimers()
  let looks = 0
  const schedule = startSchedule({
    cron: '0 0 1 1 *',
    log: pino({ level: 'silent' }),
    look: async () => {
      looks += 1
      throw new Error('the database is away')
    },
  })
  await vi.advanceTimersByTimeAsync(10_000)
  expect(looks).toBe(3)
  await schedule.stop()
})

test('the reaper waits for nobody: a connection that a new worker is just taking is left for the next look', async () => {
  const runId = await client.queueRun()
  await all.db.query(
    `update sync_runs set status = 'running', started_at = now(), heartbeat_at = now() - interval '5 minutes' where id = $1`,
    [runId],
  )
  const taking = await all.db.connect()
  try {
    await taking.query('begin')
    await taking.query('select from connections where id = $1 for no key update', [client.connectionId])
    expect(await reapDeadRuns(all.database)).toEqual([])
  } finally {
    await taking.query('rollback')
    taking.release()
  }
  expect(await reapDeadRuns(all.database)).toMatchObject([{ runId }])
})
