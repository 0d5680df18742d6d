import { afterAll, beforeAll, expect, test } from 'vitest'
import { arrange, type Arrangement, type Client } from './arrange.ts'
import { expectTruth } from './truth.ts'

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange()
  client = await all.connect()
})
afterAll(() => all.close())

test('a first sync copies the whole account, and says how much it was', async () => {
  const { run, streams } = await client.sync()
  expect([run.status, run.error_code]).toEqual(['success', null])
  expect(run.verdict).toMatch(/^All that ClientTether announces is current; [\d,]+ changes came in\.$/)
  await expectTruth(client)
  expect(streams.leads).toMatchObject({
    status: 'success',
    fetched: 24,
    created: 24,
    crm_count: 24,
    our_count: 24,
  })
})

test('a second sync of an account that stood still writes nothing at all', async () => {
  const before = [await client.everything(), await client.records('raw_snapshots')]
  const { run } = await client.sync()
  expect(run.verdict).toBe('All that ClientTether announces is current; nothing had changed.')
  expect([run.created, run.updated, run.retired]).toEqual([0, 0, 0])
  expect([await client.everything(), await client.records('raw_snapshots')]).toEqual(before)
})

test('an edit arrives once, with the state before it kept as a version', async () => {
  const deal = client.account.truth().deals[0]
  client.account.editDeal(deal?.id ?? '', { amountMinor: 12_345_600 })
  const { streams } = await client.sync()
  expect(streams.opportunities).toMatchObject({ updated: 1, created: 0 })
  await expectTruth(client)
  const versions = await all.db.query('select amount_minor::int as amount from opportunity_versions')
  expect(versions.rows).toEqual([{ amount: deal?.amountMinor ?? null }])
})

test('a note that was written in the very second of another change of its person arrives with the next sync', async () => {
  const person = client.account.truth().people[3]?.id ?? ''
  client.account.editPerson(person, { phone: '2125550147' })
  await client.sync()
  client.account.addNote(person, 'Called back at once')
  await client.sync()
  await expectTruth(client)
})

test('what a CRM does not offer is said to be not synced, never an empty success', async () => {
  const { streams } = await client.sync()
  expect(streams.companies?.status).toBe('not_synced')
  expect(streams.pipelines?.status).toBe('not_synced')
})

test('a run of some streams reads only those', async () => {
  const before = all.simulator.ledger.count('read_opportunity_list')
  const { streams } = await client.sync({ streams: ['leads'] })
  expect(
    Object.entries(streams)
      .filter(([, { status }]) => status !== 'not_synced')
      .map(([name]) => name),
  ).toEqual(['leads'])
  expect(all.simulator.ledger.count('read_opportunity_list')).toBe(before)
})
