import { afterEach, expect, test } from 'vitest'
import { dialectOf } from '../../simulator/dialects.ts'
import type { AccountOptions } from '../../simulator/main.ts'
import { salesforceId } from '../../simulator/salesforce-ids.ts'
import { Salesforce } from '../../simulator/salesforce.ts'
import { readQuotas } from '../../src/queries/quota.ts'
import { pipedrive } from '../../worker/connectors/pipedrive.ts'
import { probe } from '../../worker/probe.ts'
import { executionOf } from '../../worker/run-now.ts'
import { arrange, type Arrangement, type Client } from './arrange.ts'
import { connectPipedrive, harbour } from './pipedrive-client.ts'
import { connectSalesforce, larkspur } from './salesforce-client.ts'
import { expectSound } from './soundness.ts'
import { expectTruth } from './truth.ts'
import { openDesk } from './writing.ts'

let all: Arrangement
afterEach(() => all.close())

const laurel: AccountOptions = {
  crm: 'hubspot',
  webKey: 'laurel',
  accessToken: 'CANARY-TOKEN-laurel',
  seed: 7,
  people: 24,
  changesPerDay: 0,
  notesPerPerson: 1,
}

const share = (client: Client, budget: number) =>
  all.db.query('update connections set quota_share = 0.2, quota_limit = $2 where id = $1', [
    client.connectionId,
    budget * 5,
  ])
const used = async () =>
  Number(
    (await all.db.query<{ used: string }>('select used from quota_days order by day desc limit 1')).rows[0]
      ?.used ?? 0,
  )
const asked = () => all.simulator.ledger.entries().length
/** As if the day of the CRM had ended. */
const turnDay = () =>
  all.db.query(`update quota_days set day = day - 1 - (select count(*) from quota_days)::int`)

test('every request is counted once, also those of a test, and a restart forgets none', async () => {
  all = await arrange([{ ...laurel, startAt: new Date() }])
  const client = await all.connect()
  await client.sync()
  expect(await used()).toBe(asked())
  await client.sync()
  expect(await used()).toBe(asked())
})

test('Pipedrive is counted in its tokens, at the cost of each list, and tells the limit of the day', async () => {
  all = await arrange([
    { ...harbour, startAt: new Date(), pipedrive: { dailyTokens: 1_000_000, limitHeaders: true } },
  ])
  const client = await connectPipedrive(all)
  await client.sync()
  const spent = all.simulator.ledger
    .entries()
    .reduce((sum, { operation }) => sum + (tokens[operation] ?? (operation.startsWith('v1') ? 20 : 10)), 0)
  expect(await used()).toBe(spent)
  const { rows } = await all.db.query('select told_limit from quota_days')
  expect(rows).toEqual([{ told_limit: '1000000' }])
})

test('a day begins with the limit that was told last, and one that is told in a run holds at once', async () => {
  const reading = async (limitHeaders: boolean) => {
    all = await arrange([
      { ...harbour, startAt: new Date(), pipedrive: { dailyTokens: 150_000, limitHeaders } },
    ])
    const client = await connectPipedrive(all)
    // Of the smallest documented limit that is less than one reading of everything takes; of the one that is told, more.
    await all.db.query('update connections set quota_limit = null, quota_share = 0.006')
    return client
  }
  const told = await reading(true)
  expect((await told.sync()).run).toMatchObject({ status: 'success', error_code: null })
  expect(await used()).toBeGreaterThan(30_000 * 0.006 * 0.7)
  await turnDay()
  expect(await limitOnPage(told)).toBe(150_000)
  await all.close()

  // A CRM that has told it once, and whose answers of today say nothing.
  const silent = await reading(false)
  expect(await limitOnPage(silent)).toBe(30_000)
  expect((await silent.sync()).streams.activities).toMatchObject({ status: 'paused' })
  await turnDay()
  await all.db.query('update quota_days set told_limit = 150000')
  expect(await limitOnPage(silent)).toBe(150_000)
  expect((await silent.sync()).run).toMatchObject({ status: 'success', error_code: null })
})
const limitOnPage = async ({ tenantId, connectionId: id }: Client) =>
  all.database.asTenant(
    tenantId,
    async (tx) => (await readQuotas(tx, [{ id, quota: pipedrive.quota }])).get(id)?.limit,
  )
const tokens: Record<string, number> = { 'v2/deals/archived': 20, 'v2/pipelines': 5, 'v2/stages': 5 }

test('near the share what matters least is given up first, nothing looks fresh that waits, and it goes on the next day', async () => {
  all = await arrange([{ ...laurel, startAt: new Date() }])
  const client = await all.connect()
  await client.sync()
  const whole = asked()
  /** The hour in which each was given up first. */
  const givenUp = new Map<string, number>()
  // Hour by hour within one day, until nothing may be asked any more.
  await turnDay()
  await share(client, whole * 2)
  for (let hour = 1; hour <= 12 && givenUp.size < 8; hour += 1) {
    all.simulator.advance(3_600_000)
    client.account.addNote(client.account.truth().people[0]?.id ?? '', `Note ${hour}`)
    const fresh = await client.freshness()
    const { run, streams } = await client.sync()
    const after = await client.freshness()
    for (const [stream, row] of Object.entries(streams)) {
      if (row.status !== 'paused') continue
      if (!givenUp.has(stream)) givenUp.set(stream, hour)
      expect(row).toMatchObject({ error_code: 'E_QUOTA_SHARE', retired: 0 })
      expect(after[stream], stream).toEqual(fresh[stream])
      expect(run.status).toBe('partial')
      expect(run.verdict).toContain('daily share')
    }
    expect(await used()).toBeLessThanOrEqual(whole * 2 + 1)
  }
  const lists = ['activities', 'notes', 'contacts', 'leads']
  for (const stream of lists) expect([...givenUp.keys()]).toContain(stream)
  expect(givenUp.get('activities')).toBe(Math.min(...givenUp.values()))
  // Owners and stages are read before the opportunities that name them, and may still be in the hour in which those are not.
  expect(givenUp.get('opportunities') ?? Infinity, JSON.stringify([...givenUp])).toBeGreaterThanOrEqual(
    Math.max(...lists.map((stream) => givenUp.get(stream) ?? Infinity)),
  )
  await expectSound(all.url)
  await turnDay()
  // First it ends the passes that it had begun, whose data is as old as their beginning; then it reads what came since.
  await share(client, whole * 4)
  for (const _ of ['ended', 'read']) expect((await client.sync()).run.status).toBe('success')
  await expectTruth(client)
})

test('Salesforce says the limit of the day with every answer, and the share is one of that limit', async () => {
  all = await arrange([{ ...larkspur, startAt: new Date() }])
  const client = await connectSalesforce(all)
  await all.db.query('update connections set quota_limit = null, quota_share = 0.002')
  const first = await client.sync()
  const { rows } = await all.db.query<{ told_limit: string }>('select told_limit from quota_days')
  expect(Number(rows[0]?.told_limit)).toBeGreaterThan(0)
  // A thousandth of what is told is less than one run takes: the next one is held back from the beginning.
  const before = asked()
  const second = await client.sync()
  expect([first.run.status, second.run.status]).toContain('partial')
  expect(second.streams.activities).toMatchObject({ status: 'paused', error_code: 'E_QUOTA_SHARE' })
  expect(asked() - before).toBeLessThan(before)
  await expectSound(all.url)
})

test('Salesforce’s day is left to others by passes alone: what came is kept, what people want written goes out, and a test answers', async () => {
  const salesforce = { ...larkspur.salesforce, dailyRequests: 1_000, requestsOfOthers: 0 }
  all = await arrange([{ ...larkspur, startAt: new Date(), salesforce }])
  const client = await connectSalesforce(all)
  await client.sync()
  const desk = await openDesk(all, client, (id) => salesforceId('Opportunity', Number(id)))
  dialectOf(client.account, Salesforce).setRequestsOfOthers(850)
  const pass = await client.sync({ streams: ['stages'], full: true })
  expect([pass.run.status, pass.run.error_code]).toEqual(['cancelled', 'E_RATE_LIMITED'])
  expect(pass.streams.stages?.pages).toBe(1)

  const [deal] = desk.deals
  if (deal === undefined) throw new Error('the org has no open deal')
  await desk.plan(deal, 'Call about the territory')
  await desk.send()
  const [write] = await desk.writes(deal)
  expect(write).toMatchObject({ state: 'sent', attempts: 1, waits_because: null })
  expect(desk.tasksOf(write?.idempotency_key ?? '')).toHaveLength(1)

  const { ok, steps } = await probe(
    await executionOf(all.worker, all.database, new AbortController().signal),
    client,
  )
  expect(ok, JSON.stringify(steps)).toBe(true)
  await desk.close()
})
