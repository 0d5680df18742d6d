import { afterEach, expect, test } from 'vitest'
import type { AccountOptions } from '../../simulator/main.ts'
import type { AnyConnector } from '../../worker/connectors/connector.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { readSettings } from '../../worker/open.ts'
import { arrange, type Arrangement } from './arrange.ts'
import { expectTruth } from './truth.ts'

// What HubSpot alone does wrong, and what we make of it; what other tools made of it is in hubspot-known-bugs.test.ts.

const laurel: AccountOptions = {
  crm: 'hubspot',
  webKey: 'laurel',
  accessToken: 'CANARY-TOKEN-laurel',
  seed: 7,
  people: 24,
  changesPerDay: 0,
  notesPerPerson: 1,
  startAt: new Date('2026-06-01T15:00:00Z'),
}
const day = 86_400_000

let all: Arrangement
afterEach(() => all.close())

test.each([
  ['opportunities', 'deals'],
  ['activities', 'calls'],
])('%s: a search that shows less than it counts is no hour without changes', async (stream, type) => {
  all = await arrange([laurel])
  const client = await all.connect()
  await client.sync()
  all.simulator.advance(3_600_000)
  const { deals, activities } = client.account.truth()
  client.account.editDeal(deals[0]?.id ?? '', { amountMinor: 777 })
  for (const { id, kind } of activities)
    if (kind === 'call') client.account.editActivity(id, { title: 'Called again' })
  for (const operation of [type, `${type}.search`])
    all.simulator.faults.add({ fault: 'hubspot-nothing', operation })
  const read = () =>
    all.db.query<{ watermark: Date }>(
      'select watermark, fresh_at from stream_cursors where connection_id = $1 and stream = $2',
      [client.connectionId, stream],
    )
  const before = await read()
  const { streams } = await client.sync()
  expect(streams[stream]).toMatchObject({ status: 'failed', error_code: 'E_SHORT_READ', retired: 0 })
  expect((await read()).rows).toEqual(before.rows)
  // The list shows what the search does not.
  all.simulator.faults.clear()
  all.simulator.faults.add({ fault: 'hubspot-nothing', operation: `${type}.search` })
  const { streams: next } = await client.sync()
  expect(next[stream]).toMatchObject({ status: 'success' })
  expect(next[stream]?.updated).toBeGreaterThan(0)
  await expectTruth(client)
})

test('what is restored or deleted for good is found by the list of everything, and promised no sooner', async () => {
  all = await arrange([laurel])
  const client = await all.connect()
  await client.sync()
  const { deals, people } = client.account.truth()
  const [deal = ''] = deals.map(({ id }) => id)
  const lonely = people.find(({ id }) => deals.every(({ personId }) => personId !== id))?.id ?? ''
  const gone = async () =>
    [...(await client.records('opportunities')), ...(await client.records('contacts'))]
      .filter(({ deleted_at: deletedAt }) => deletedAt !== null)
      .map(({ source_id: id }) => id)
  client.account.removeDeal(deal)
  all.simulator.advance(day)
  await client.sync()
  expect(await gone()).toEqual([deal])
  client.account.restoreDeal(deal)
  client.account.purgePerson(lonely)
  all.simulator.advance(day)
  await client.sync()
  expect(await gone()).toEqual([deal])
  all.simulator.advance(7 * day)
  await client.sync({ acceptAbsence: true })
  expect(await gone()).toEqual([lonely])
  const hubSpot = (await connectors.get('hubspot')) as AnyConnector
  expect(hubSpot.foundLater(readSettings(hubSpot, {}))).toBe(
    'What is archived in HubSpot shows up to a day later; what is restored or deleted for good, and whom a deal, a lead, a note or an activity is about, when only that changes, up to 7 days later.',
  )
})

test('a first load whose lists end before their count is not believed, whichever kind of record is missing', async () => {
  all = await arrange([laurel])
  const client = await all.connect()
  for (const operation of ['contacts', 'deals', 'calls'])
    all.simulator.faults.add({ fault: 'hubspot-nothing', operation })
  const { run, streams } = await client.sync()
  expect(run.status).toBe('partial')
  for (const stream of ['contacts', 'opportunities', 'activities'])
    expect(streams[stream], stream).toMatchObject({ status: 'failed', error_code: 'E_SHORT_READ' })
  expect(streams.opportunities?.error_detail).toMatch(/^HubSpot counts \d+ deals and listed 0: /)
  expect(streams.notes?.status).toBe('success')
  all.simulator.faults.clear()
  expect((await client.sync()).run.status).toBe('success')
  await expectTruth(client)
})
