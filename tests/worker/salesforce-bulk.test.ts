import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dialectOf } from '../../simulator/dialects.ts'
import { Salesforce } from '../../simulator/salesforce.ts'
import { arrange, type Arrangement, type Client, type Synced } from './arrange.ts'
import { replay } from './replayed.ts'
import { connectSalesforce, expectLarkspur, larkspur } from './salesforce-client.ts'

// The first load of large objects by jobs of the Bulk API: the same copy, whatever becomes of the jobs.

let all: Arrangement
let client: Client

/** Whatever has twenty records is large, and comes in parts of eight. */
const large = { bulkFrom: 20, bulkPageSize: 8 }

beforeEach(() => begin())
afterEach(() => all.close())

async function begin(salesforce: typeof larkspur.salesforce = {}): Promise<void> {
  all = await arrange([
    { ...larkspur, startAt: new Date(), salesforce: { ...larkspur.salesforce, bulkPolls: 0, ...salesforce } },
  ])
  client = await connectSalesforce(all, large)
}

const status = ({ run }: Pick<Synced, 'run'>) => [run.status, run.error_code, run.error_detail]
const good = ['success', null, null]
const requests = (operation: string) =>
  all.simulator.ledger.entries().filter((entry) => entry.operation === operation)
const jobs = () => requests('jobs.create').length
const dialect = () => dialectOf(client.account, Salesforce)
/** Lists are in the order in which a run reads them; only these are asked for where a test breaks something. */
const only = { streams: ['contacts' as const] }

/** Leaves the contacts in the middle of their job's results. */
async function breakOff(): Promise<void> {
  all.simulator.faults.add({ fault: 'unavailable', operation: 'jobs.results', nth: 3, times: 4 })
  const { streams } = await client.sync(only)
  expect(streams.contacts).toMatchObject({ error_code: 'E_CRM_DOWN' })
  all.simulator.faults.clear()
  expect(jobs()).toBe(1)
}

test('what jobs give is what the list gives: the copy is whole, the list then writes nothing, and a replay agrees', async () => {
  client.account.addActivity(client.account.truth().people[0]?.id ?? '', {
    kind: 'email',
    title: 'As "promised",\nin two lines',
  })
  expect(status(await client.sync())).toEqual(good)
  await expectLarkspur(client)
  expect(jobs()).toBeGreaterThan(3)
  expect(requests('jobs.results').length).toBeGreaterThan(10)
  const before = await client.everything()
  const made = jobs()
  await all.db.query(`update stream_cursors set last_full_at = last_full_at - interval '25 hours'`)
  const again = await client.sync()
  expect(again.run).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0, quarantined: 0 })
  expect(await client.everything()).toEqual(before)
  expect(jobs()).toBe(made)
  expect(await replay(all, client, 'verify')).toMatchObject({ differences: [], setAside: 0 })
})

describe('a run that was broken off', () => {
  test('goes on in the middle of the results, with the same job', async () => {
    await breakOff()
    const parts = requests('jobs.results').length
    expect((await client.sync(only)).streams.contacts).toMatchObject({ status: 'success' })
    expect(jobs()).toBe(1)
    const [resumed] = requests('jobs.results').slice(parts)
    expect(resumed?.query).toContain('locator=')
  })

  test('begins the job again when it has expired meanwhile', async () => {
    await breakOff()
    dialect().forgetJobs()
    expect((await client.sync(only)).streams.contacts).toMatchObject({ status: 'success' })
    expect(jobs()).toBe(2)
  })

  afterEach(async () => {
    const contacts = client.account.truth().people.filter(({ id }) => dialect().isContact(Number(id)))
    expect(await client.records('contacts')).toHaveLength(contacts.length)
  })
})

test('too many requests at once are waited for, and the job goes on', async () => {
  all.simulator.faults.add({
    fault: 'salesforce-concurrent-limit',
    operation: 'jobs.results',
    nth: 2,
    times: 1,
  })
  const { run } = await client.sync({ ...only, retryWaitsMs: [5, 10, 20] })
  expect(run).toMatchObject({ status: 'success', retries: 1 })
  expect(jobs()).toBe(1)
})

test('where the day’s jobs are used up the list is read to its end', async () => {
  await all.close()
  await begin({ bulkJobs: 0 })
  expect(status(await client.sync())).toEqual(good)
  expect(jobs()).toBeGreaterThan(3)
  expect(requests('jobs.results')).toEqual([])
  await expectLarkspur(client)
})
