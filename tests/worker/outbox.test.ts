import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { retryWrite } from '../../src/commands/retry-write.ts'
import { switchWriteBack } from '../../src/commands/switch-write-back.ts'
import { readDue } from '../../src/queries/due.ts'
import { executionOf } from '../../worker/run-now.ts'
import { openOutbox } from '../../worker/outbox.ts'
import { dueWrites } from '../../worker/write-claim.ts'
import { arrange, type Arrangement, type Client } from './arrange.ts'
import { expectSound } from './soundness.ts'
import { openDesk, quick, type Deal, type Desk } from './writing.ts'

// Section H of the fault matrix, at one CRM; what is the same at every CRM is in connectors/conformance.ts.

const account = {
  crm: 'hubspot' as const,
  webKey: 'outbox',
  accessToken: 'CANARY-TOKEN-outbox',
  seed: 11,
  people: 150,
  changesPerDay: 0,
  notesPerPerson: 0,
}

let all: Arrangement
let client: Client
let desk: Desk
const deals: Deal[] = []

beforeAll(async () => {
  all = await arrange([account])
  client = await all.connect()
  await client.sync()
  desk = await openDesk(all, client)
  deals.push(...desk.deals)
})
afterEach(() => all.simulator.faults.clear())
afterAll(async () => {
  await desk.close()
  await all.close()
})

const nextDeal = (): Deal => {
  const deal = deals.shift()
  if (deal === undefined) throw new Error('the account has too few open deals')
  return deal
}
const only = async (deal: Deal) => {
  const [write] = await desk.writes(deal)
  if (write === undefined) throw new Error('nothing was queued')
  return write
}
const asTenant = <T>(work: Parameters<typeof desk.web.asTenant<T>>[1]) =>
  desk.web.asTenant(client.tenantId, work)
const sync = async () => {
  all.simulator.advance(60_000)
  await client.sync()
}

test('H1: a worker that died after the CRM had accepted left it open, and the next one finds it there and sends nothing', async () => {
  const deal = nextDeal()
  await desk.plan(deal, 'Call about the territory')
  all.simulator.faults.add({ fault: 'never-answers', operation: 'tasks.create', nth: 1, times: 1 })
  const dying = new AbortController()
  const sent = desk.send({ stopping: dying.signal, times: { requestSeconds: 20 } })
  await expect.poll(() => all.simulator.ledger.count('tasks.create')).toBe(1)
  dying.abort()
  await sent
  // As the database is left by one that is killed: claimed, and its lease over.
  await all.db.query(
    `update crm_writes set state = 'sending', lease_until = now() - interval '1 second' where opportunity_id = $1`,
    [deal.id],
  )
  const write = await only(deal)
  expect(desk.tasksOf(write.idempotency_key)).toHaveLength(1)
  await desk.send()
  expect(await only(deal)).toMatchObject({ state: 'sent', attempts: 2 })
  expect(desk.tasksOf(write.idempotency_key)).toHaveLength(1)
  expect(all.simulator.ledger.count('tasks.create')).toBe(1)
})

test('a lost answer makes no second task on a deal that has more of them than HubSpot shows at once', async () => {
  const deal = nextDeal()
  const { deals: known } = client.account.truth()
  const person = known.find(({ id }) => id === deal.crmId)?.personId ?? ''
  for (let task = 0; task < 101; task += 1)
    client.account.addActivity(person, { kind: 'task', title: `Call ${task}` })
  await desk.plan(deal, 'Call once more')
  all.simulator.faults.add({ fault: 'hung-up', operation: 'tasks.create', nth: 1, times: 1 })
  await desk.send()
  await desk.send()
  const write = await only(deal)
  expect(write).toMatchObject({ state: 'sent', attempts: 2 })
  expect(desk.tasksOf(write.idempotency_key)).toHaveLength(1)
})

test('what a worker says of a write that passed to another one meanwhile counts no more', async () => {
  const deal = nextDeal()
  await desk.plan(deal, 'Call once')
  const answerAtLast = all.simulator.faults.add({
    fault: 'slow-answer',
    operation: 'deals.read',
    params: { ms: 60_000 },
    nth: 1,
    times: 1,
  })
  const before = all.simulator.ledger.count('tasks.create')
  const late = desk.send({ times: { requestSeconds: 60 } })
  await expect.poll(async () => (await only(deal)).state).toBe('sending')
  await all.db.query(
    `update crm_writes set lease_until = now() - interval '1 second' where opportunity_id = $1`,
    [deal.id],
  )
  await desk.send()
  answerAtLast()
  await late
  const write = await only(deal)
  expect(write).toMatchObject({ state: 'sent', attempts: 2 })
  expect(desk.tasksOf(write.idempotency_key)).toHaveLength(1)
  expect(all.simulator.ledger.count('tasks.create') - before).toBe(1)
})

test('H3: a conflict is said in words, and a person who retries decides over it', async () => {
  const deal = nextDeal()
  await sync()
  all.simulator.advance(60_000)
  client.account.editDeal(deal.crmId, { amountMinor: 1_234_500 })
  const version = await desk.end(deal, 'lost')
  await desk.send()
  expect((await only(deal)).refused_because).toContain('changed in HubSpot')
  expect(await asTenant((tx) => retryWrite(tx, desk.by, deal.id, version))).toEqual({ kind: 'waits' })
  const { rows } = await all.db.query(
    `select deed from audit_log where tenant_id = $1 and deed = 'write_retried'`,
    [client.tenantId],
  )
  expect(rows).toHaveLength(1)
  await desk.send()
  expect(await only(deal)).toMatchObject({ state: 'sent', refused_because: null })
  expect(await asTenant((tx) => retryWrite(tx, desk.by, deal.id, version))).toEqual({ kind: 'not_found' })
})

test('H4: of several, the one that the CRM refuses is refused in its words, and the others are sent', async () => {
  const three = [nextDeal(), nextDeal(), nextDeal()]
  for (const deal of three) await desk.plan(deal, 'Send the brochure')
  all.simulator.faults.add({
    fault: 'write-refused',
    operation: 'tasks.create',
    nth: 2,
    times: 1,
    params: { message: 'Too long <b>' },
  })
  await desk.send()
  const states = await Promise.all(three.map(async (deal) => (await only(deal)).state))
  expect(states.toSorted()).toEqual(['refused', 'sent', 'sent'])
})

test('H5: two changes of one record are sent in order; the second waits while nobody knows what became of the first', async () => {
  const deal = nextDeal()
  await desk.plan(deal, 'First')
  await desk.plan(deal, 'Second', 5)
  all.simulator.faults.add({ fault: 'server-error', operation: 'tasks.create', nth: 1, times: 1 })
  await desk.send({ times: { unknownSeconds: 600 } })
  expect((await desk.writes(deal)).map(({ state, attempts }) => [state, attempts])).toEqual([
    ['sending', 1],
    ['pending', 0],
  ])
  await desk.send()
  const [first, second] = await desk.writes(deal)
  expect([first?.state, second?.state]).toEqual(['sent', 'sent'])
  expect(desk.tasksOf(first?.idempotency_key ?? '')).toMatchObject([{ status: 'completed' }])
  expect(desk.tasksOf(second?.idempotency_key ?? '')).toMatchObject([{ status: 'scheduled' }])
})

test('429 keeps the whole connection quiet, and says so', async () => {
  const two = [nextDeal(), nextDeal()]
  for (const deal of two) await desk.plan(deal, 'Send the terms')
  all.simulator.faults.add({
    fault: 'rate-limited-seconds',
    operation: 'deals.read',
    params: { retryAfter: 300 },
    nth: 1,
    times: 1,
  })
  const asked = all.simulator.ledger.count('deals.read')
  await desk.send()
  expect(all.simulator.ledger.count('deals.read') - asked).toBe(1)
  const writes = await Promise.all(two.map(only))
  expect(writes.map(({ state }) => state)).toEqual(['pending', 'pending'])
  expect(writes.some(({ waits_because: why }) => why === 'HubSpot asked us to slow down')).toBe(true)
  for (const write of writes)
    expect(Date.parse(String(write['send_after']))).toBeGreaterThan(Date.now() + 200_000)
  await desk.send()
  expect((await Promise.all(two.map(only))).map(({ state }) => state)).toEqual(['sent', 'sent'])
})

test('H6: with access gone everything waits, and is sent when it is back; after three days it is given up in words', async () => {
  const [waits, expires] = [nextDeal(), nextDeal()]
  client.account.setAccessToken('another')
  await desk.plan(waits, 'Call when we are back')
  await desk.plan(expires, 'Never mind')
  await desk.send()
  expect((await client.connection()).state).toBe('needs_reconnect')
  expect([(await only(waits)).state, (await only(expires)).state]).toEqual(['pending', 'pending'])
  const who = { tenantId: client.tenantId, connectionId: client.connectionId }
  await all.db.query(`update crm_writes set send_after = now() where state = 'pending'`)
  expect(await dueWrites(all.database, 10)).toEqual([])
  await all.db.query(`update crm_writes set expires_at = now() where opportunity_id = $1`, [expires.id])
  expect(await dueWrites(all.database, 10)).toEqual([who])
  await desk.send()
  expect(await only(expires)).toMatchObject({
    state: 'refused',
    refused_because: expect.stringContaining('three days') as string,
  })
  client.account.setAccessToken(account.accessToken)
  await client.sync()
  expect((await client.connection()).state).toBe('active')
  await desk.send()
  expect(await only(waits)).toMatchObject({ state: 'sent' })
})

test('H7: our own change that comes back is no plan of the CRM’s and no second row; changed there, it is', async () => {
  const deal = nextDeal()
  await desk.plan(deal, 'Send the redline', 4)
  const rows = async () => {
    const scope = {
      now: new Date(),
      timeZone: 'UTC',
      currency: 'USD',
      taskConnectionIds: [client.connectionId],
    }
    const page = await asTenant((tx) => readDue(tx, scope, {}, { most: 200, from: null }))
    return page.rows.filter(({ opportunityId }) => opportunityId === deal.id)
  }
  const log = async () =>
    (await all.db.query('select deed from audit_log where tenant_id = $1', [client.tenantId])).rowCount
  const before = await log()
  await desk.send()
  await sync()
  expect(await rows()).toMatchObject([
    { of: 'step', suggestion: null, write: { state: 'confirmed', because: null } },
  ])
  await sync()
  expect([await log(), await desk.writes(deal)]).toEqual([
    before,
    [expect.objectContaining({ state: 'confirmed' })],
  ])
  const write = await only(deal)
  all.simulator.advance(60_000)
  client.account.editActivity(desk.tasksOf(write.idempotency_key)[0]?.id ?? '', {
    startAt: Math.floor(Date.now() / 1_000) + 86_400,
  })
  await sync()
  expect((await rows()).map(({ suggestion }) => suggestion?.details)).toEqual(['Send the redline'])
})

test('what is never seen again is said to be missing', async () => {
  const deal = nextDeal()
  await desk.plan(deal, 'Vanishing')
  await desk.send()
  client.account.removeActivity(desk.tasksOf((await only(deal)).idempotency_key)[0]?.id ?? '')
  for (let runs = 0; runs < 3; runs += 1) await sync()
  const write = await only(deal)
  expect(write.refused_because).toContain('3 syncs later it is not there')

  // Written again it is awaited again: those three syncs say nothing of it.
  await asTenant((tx) => retryWrite(tx, desk.by, deal.id, write.number))
  await desk.send()
  client.account.removeActivity(desk.tasksOf(write.idempotency_key)[0]?.id ?? '')
  await sync()
  expect((await only(deal)).state).toBe('sent')
  for (let runs = 0; runs < 2; runs += 1) await sync()
  expect((await only(deal)).refused_because).toContain('3 syncs later it is not there')
})

test('what is never seen again is said to be missing although another record cannot be read, but not while it cannot be read itself', async () => {
  const [gone, unread] = [nextDeal(), nextDeal()]
  await desk.plan(gone, 'Vanishing')
  await desk.plan(unread, 'Unreadable')
  await desk.send()
  const taskOf = async (deal: Deal) => desk.tasksOf((await only(deal)).idempotency_key)[0]?.id ?? ''
  const task = await taskOf(unread)
  client.account.editActivity(task, { wire: { hs_timestamp: 5 } })
  client.account.removeActivity(await taskOf(gone))
  for (let runs = 0; runs < 3; runs += 1) {
    all.simulator.advance(60_000)
    expect((await client.sync()).streams.activities?.status).toBe('partial')
  }
  expect((await only(gone)).refused_because).toContain('3 syncs later it is not there')
  expect((await only(unread)).state).toBe('sent')
  client.account.editActivity(task, { wire: null })
  await sync()
  expect((await only(unread)).state).toBe('confirmed')
})

test('switched off, what waits is refused and says why, and nothing is sent', async () => {
  const deal = nextDeal()
  await desk.plan(deal, 'Stays here')
  expect(await asTenant((tx) => switchWriteBack(tx, desk.by, false))).toEqual({ kind: 'changed', refused: 1 })
  await desk.send()
  const write = await only(deal)
  expect(write).toMatchObject({
    state: 'refused',
    attempts: 0,
    refused_because: expect.stringContaining('switched off') as string,
  })
  expect(desk.tasksOf(write.idempotency_key)).toEqual([])
  expect(await asTenant((tx) => retryWrite(tx, desk.by, deal.id, write.number))).toEqual({ kind: 'off' })
  expect(await asTenant((tx) => switchWriteBack(tx, desk.by, true))).toEqual({ kind: 'changed', refused: 0 })
})

test('what can still be taken back is not sent', async () => {
  const deal = nextDeal()
  await desk.plan(deal, 'Perhaps')
  expect(await dueWrites(all.database, 10)).toEqual([])
})

const faults = [
  'never-answers',
  'never-arrives',
  'hung-up',
  'server-error',
  'server-error-afterwards',
  'rate-limited-bare',
] as const

/** A worker that after its death sends nothing, and says nothing to the database either: what it held stays claimed. */
async function mortalWorker(death: AbortSignal) {
  const execution = await executionOf(all.worker, all.database, death)
  const database = {
    ...all.database,
    asTenant: (async (...given: Parameters<typeof all.database.asTenant>) => {
      if (death.aborted) throw new Error('the process is dead')
      return all.database.asTenant(...given)
    }) as typeof all.database.asTenant,
  }
  return openOutbox({ ...execution, database, writeTimes: { ...quick, requestSeconds: 0.4 } })
}

/** The leases of the dead have ended, and nothing is to be waited for. */
const freeWrites = () =>
  all.db.query(
    `update crm_writes set send_after = now(), lease_until = null where state in ('pending', 'sending')`,
  )

let triedAgain = 0

test('H8: workers that are killed at any moment and a CRM that loses any answer: each change has one effect', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...faults), { minLength: 2, maxLength: 4 }),
      fc.array(fc.integer({ min: 40, max: 500 }), { minLength: 4, maxLength: 7 }),
      async (lost, lives) => {
        const three = [nextDeal(), nextDeal(), nextDeal()]
        for (const [at, deal] of three.entries()) await desk.plan(deal, `Step ${at}`)
        await desk.end(three[0] ?? nextDeal(), 'lost')
        for (const [at, fault] of lost.entries())
          all.simulator.faults.add({ fault, nth: 1 + at, times: 1, operation: 'tasks.create' })
        for (const life of lives) {
          const death = new AbortController()
          const workers = await Promise.all([1, 2].map(() => mortalWorker(death.signal)))
          await freeWrites()
          for (const { look } of workers) look()
          await sleep(life)
          death.abort()
          await Promise.all(workers.map(({ closed }) => closed()))
        }
        await freeWrites()
        all.simulator.faults.clear()
        await desk.send()
        await desk.send()
        for (const deal of three) {
          for (const write of await desk.writes(deal)) {
            expect(write.state, `${write.refused_because}`).toBe('sent')
            if (write.attempts > 1) triedAgain += 1
            if (write.task_id !== null) expect(desk.tasksOf(write.idempotency_key)).toHaveLength(1)
          }
        }
        // Nothing of these is left for the next world.
        await all.db.query(`update crm_writes set state = 'confirmed' where state = 'sent'`)
      },
    ),
    { numRuns: 4, endOnFailure: true },
  )
  expect(triedAgain).toBeGreaterThan(0)
  await expectSound(all.url)
})
