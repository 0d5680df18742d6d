import { afterEach, expect, test } from 'vitest'
import { dialectOf } from '../../simulator/dialects.ts'
import { HubSpot } from '../../simulator/hubspot.ts'
import type { AccountOptions } from '../../simulator/main.ts'
import type { AnyConnector } from '../../worker/connectors/connector.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { readSettings } from '../../worker/open.ts'
import { arrange, type Arrangement, type Client, type Stored } from './arrange.ts'
import { expectTruth } from './truth.ts'

// Bugs of other sync tools against HubSpot, by the names under which they were reported; each failed for somebody in production.

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
const [hour, day] = [3_600_000, 86_400_000]

/** What a search sorts or filters by. */
type Named = { propertyName: string }

let all: Arrangement
afterEach(() => all.close())

async function begin(
  more: Partial<AccountOptions> = {},
  settings: Stored = {},
  streams?: string[],
): Promise<Client> {
  all = await arrange([{ ...laurel, ...more }])
  const client = await all.connect(undefined, settings)
  expect((await client.sync({ ...(streams && { streams }) })).run.status).toBe('success')
  return client
}

const live = async (client: Client, table: string) =>
  (await client.records(table)).filter(({ deleted_at: deletedAt }) => deletedAt === null)
const operations = () => all.simulator.ledger.entries().map(({ operation }) => operation)

test('1 and 2. Only the first 10,000 rows arrive; endless loop when more than 10,000 share one stamp', async () => {
  const streams = ['owners', 'contacts']
  const client = await begin(
    { people: 10_060, deals: 0, notesPerPerson: 0 },
    { pageSize: 100, searchPageSize: 200 },
    streams,
  )
  const people = client.account.truth().people.map(({ id }) => id)
  const editAll = async (phone: string, perStamp: number) => {
    for (const [n, id] of people.entries()) {
      if (n % perStamp === 0) all.simulator.advance(1_000)
      client.account.editPerson(id, { phone })
    }
    all.simulator.ledger.clear()
    const { run, streams: ended } = await client.sync({ streams })
    expect([run.status, ended.contacts?.updated]).toEqual(['success', people.length])
    expect((await live(client, 'contacts')).every((row) => row.phone === phone)).toBe(true)
    return operations()
  }
  const spread = await editAll('1', 900)
  expect(spread).not.toContain('contacts')
  expect(all.simulator.ledger.counts().every(({ byStatus }) => byStatus[400] === undefined)).toBe(true)
  // Everything at one second: no window can tell it apart, so the list is read.
  expect(await editAll('2', 100_000)).toContain('contacts')
})

test('3. Rows lost at the 10k boundary: a search is never paged by id, which is compared as text', async () => {
  const client = await begin({}, { searchPageSize: 3 })
  all.simulator.advance(hour)
  for (const { id } of client.account.truth().deals) client.account.editDeal(id, { amountMinor: 100 })
  await client.sync()
  const { rows } = await all.db.query<{ cursor: string }>(
    `select cursor from raw_snapshots where stream = 'opportunities' and cursor like '%"search"%'`,
  )
  expect(rows.length).toBeGreaterThan(1)
  const hubSpot = (await connectors.get('hubspot')) as AnyConnector
  const stream = hubSpot.streams.find(({ name }) => name === 'opportunities')
  for (const { cursor } of rows) {
    const { body } = stream?.request(cursor, readSettings(hubSpot, {})) ?? {}
    const { filterGroups, sorts } = body as { filterGroups: { filters: Named[] }[]; sorts: Named[] }
    const named = [...sorts, ...filterGroups.flatMap(({ filters }) => filters)]
    expect(named.map(({ propertyName }) => propertyName)).toEqual([
      'hs_lastmodifieddate',
      'hs_lastmodifieddate',
    ])
  }
  expect((await live(client, 'opportunities')).every((row) => row.amount_minor === 100)).toBe(true)
})

test('4. Sync ends early because a page had fewer rows than its limit', async () => {
  all = await arrange([laurel])
  const client = await all.connect()
  all.simulator.faults.add({ fault: 'hubspot-short-page', probability: 0.4, seed: 3 })
  all.simulator.faults.add({ fault: 'hubspot-empty-page', probability: 0.2, seed: 4 })
  expect((await client.sync()).run.status).toBe('success')
  await expectTruth(client)
})

test('5. Archived deals stay open for ever; a deal that is restored is there again', async () => {
  const client = await begin()
  const [deal] = client.account.truth().deals
  const stored = async () => (await client.records('opportunities')).find((row) => row.source_id === deal?.id)
  client.account.removeDeal(deal?.id ?? '')
  all.simulator.advance(25 * hour)
  await client.sync()
  expect(await stored()).toMatchObject({ deleted_because: 'flag' })
  client.account.restoreDeal(deal?.id ?? '')
  all.simulator.advance(8 * day)
  await client.sync()
  expect(await stored()).toMatchObject({ deleted_at: null, deleted_because: null })
  await expectTruth(client)
})

test('5. a contact that was forgotten on demand is in no list of archived ones, and is missed within the week', async () => {
  const client = await begin()
  const lonely = client.account
    .truth()
    .people.find(({ id }) => client.account.truth().deals.every(({ personId }) => personId !== id))
  client.account.purgePerson(lonely?.id ?? '')
  all.simulator.advance(8 * day)
  expect((await client.sync({ acceptAbsence: true })).run.status).toBe('success')
  const row = (await client.records('contacts')).find(({ source_id: id }) => id === lonely?.id)
  expect(row).toMatchObject({ deleted_because: 'absence' })
})

test('6. Associations missing or stale: a search brings none, and changing one bumps nothing', async () => {
  const client = await begin()
  const [deal] = client.account.truth().deals
  all.simulator.advance(hour)
  client.account.editDeal(deal?.id ?? '', { amountMinor: 777 })
  await client.sync()
  const stored = (await client.records('opportunities')).find((row) => row.source_id === deal?.id)
  const contact = (await client.records('contacts')).find((row) => row.source_id === deal?.personId)
  expect(stored).toMatchObject({ amount_minor: 777, contact_id: contact?.id })
  // Half of the pair goes; the other half is not touched by it.
  client.account.removeDeal(deal?.id ?? '')
  all.simulator.advance(8 * day)
  await client.sync({ acceptAbsence: true })
  await expectTruth(client)
})

test('6. a batch of associations that HubSpot could not read in whole says nothing of whom a deal is with', async () => {
  const client = await begin()
  const before = await client.records('opportunities')
  all.simulator.advance(hour)
  for (const { id } of client.account.truth().deals) client.account.editDeal(id, { amountMinor: 777 })
  all.simulator.faults.add({ fault: 'hubspot-errors-within', operation: 'associations.deals.contacts' })
  const { streams } = await client.sync()
  expect(streams.opportunities).toMatchObject({ status: 'failed', error_code: 'E_CRM_BAD_REPLY' })
  expect(await client.records('opportunities')).toEqual(before)
  all.simulator.faults.clear()
  expect((await client.sync()).run.status).toBe('success')
  await expectTruth(client)
})

test('6. a batch of associations that names nobody is asked once more before a deal is with nobody', async () => {
  const client = await begin()
  const [deal] = client.account.truth().deals
  all.simulator.advance(hour)
  client.account.editDeal(deal?.id ?? '', { amountMinor: 777 })
  const asked = () => all.simulator.ledger.count('associations.deals.contacts')
  const before = asked()
  all.simulator.faults.add({ fault: 'hubspot-nothing', operation: 'associations.deals.contacts', nth: 1 })
  expect((await client.sync()).run.status).toBe('success')
  expect(asked() - before).toBe(2)
  await expectTruth(client)
})

test('a mapped property that vanishes while a run is broken off is not read as empty by the one that goes on with it', async () => {
  const client = await begin()
  for (const { id } of client.account.truth().deals) client.account.editDeal(id, { amountMinor: 100 })
  all.simulator.faults.add({ fault: 'server-error', operation: 'deals', nth: 2, times: 99 })
  expect((await client.sync({ full: true })).streams.opportunities?.error_code).toBe('E_CRM_DOWN')
  const before = await client.records('opportunities')
  all.simulator.faults.clear()
  all.simulator.ledger.clear()
  dialectOf(client.account, HubSpot).hideProperty('deals', 'market')
  const { streams } = await client.sync()
  expect(operations()).not.toContain('properties.deals')
  expect(streams.opportunities).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION' })
  expect(streams.opportunities?.error_detail).toContain('deals.market can no longer be seen')
  expect(await client.records('opportunities')).toEqual(before)
})

test('which properties there are is asked once a run of each kind of record that one of them is mapped for', async () => {
  const client = await begin()
  all.simulator.ledger.clear()
  expect((await client.sync()).run.status).toBe('success')
  const asked = operations().filter((operation) => operation.startsWith('properties.'))
  expect(asked.sort()).toEqual(['properties.deals', 'properties.leads'])
})

test('lists that no account has empty, and lead pipelines that can no longer be seen, are not as if there were none', async () => {
  const client = await begin()
  const stored = async () => [
    await client.records('owners'),
    await client.records('pipelines'),
    await client.records('stages'),
  ]
  const before = await stored()
  for (const operation of ['owners', 'pipelines.deals'])
    all.simulator.faults.add({ fault: 'hubspot-nothing', operation })
  const empty = await client.sync()
  for (const stream of ['owners', 'pipelines', 'stages'])
    expect(empty.streams[stream]).toMatchObject({ status: 'failed', error_code: 'E_CRM_BAD_REPLY' })
  all.simulator.faults.clear()
  all.simulator.faults.add({ fault: 'forbidden', operation: 'pipelines.leads' })
  const refused = await client.sync()
  for (const stream of ['pipelines', 'stages'])
    expect(refused.streams[stream]).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION' })
  expect(await stored()).toEqual(before)
  all.simulator.faults.clear()
  expect((await client.sync()).run.status).toBe('success')
})

test('7. Records edited seconds before the run are skipped for good, because the index lags', async () => {
  const client = await begin({ hubspot: { searchLagSeconds: 120 } })
  const [deal] = client.account.truth().deals
  all.simulator.advance(hour)
  client.account.editDeal(deal?.id ?? '', { amountMinor: 555 })
  const amount = async () =>
    (await client.records('opportunities')).find((row) => row.source_id === deal?.id)?.amount_minor
  all.simulator.advance(60_000)
  await client.sync()
  expect(await amount()).not.toBe(555)
  all.simulator.advance(121_000)
  await client.sync()
  expect(await amount()).toBe(555)
})

test('8 and 9. Merged contacts counted twice; an old id that answers with another record', async () => {
  const client = await begin({ people: 40 })
  const count = (await live(client, 'contacts')).length
  const [a, b, c] = client.account.truth().people.map(({ id }) => id)
  client.account.mergePeople(a ?? '', b ?? '')
  all.simulator.advance(hour)
  await client.sync()
  client.account.mergePeople(c ?? '', a ?? '')
  all.simulator.advance(hour)
  await client.sync()
  expect((await live(client, 'contacts')).length).toBe(count - 2)
  const survivor = client.account
    .truth()
    .people.find(({ id }) => id !== c && Number(id) > Number(c) + 1_000_000)
  const contact = (await live(client, 'contacts')).find((row) => row.source_id === survivor?.id)
  expect(contact).toBeDefined()
  const merged = (await client.records('contacts')).filter((row) => row.deleted_because === 'merge')
  expect(merged.length).toBeGreaterThanOrEqual(3)
  const named = new Set(merged.map(({ id }) => id))
  for (const table of ['leads', 'opportunities', 'notes', 'activities'])
    expect(
      (await client.records(table)).filter((row) => named.has(row.contact_id)),
      table,
    ).toEqual([])
  all.simulator.advance(8 * day)
  await client.sync({ acceptAbsence: true })
  await expectTruth(client)
})

test('10. Stops at 250 rows after the vendor renamed its word for more', async () => {
  const client = await begin()
  const before = await client.everything()
  all.simulator.faults.add({ fault: 'hubspot-paging-renamed' })
  const { run, streams } = await client.sync({ full: true })
  expect(run.status).toMatch(/partial|failed/)
  expect(streams.opportunities?.error_code).toBe('E_CRM_BAD_REPLY')
  expect(await client.everything()).toEqual(before)
})

const oauth = { clientId: 'app', clientSecret: 'CANARY-CLIENT-SECRET', refreshToken: 'CANARY-REFRESH-0' }

async function connectApp(): Promise<Client> {
  const client = await all.connect()
  await all.db.query(`update connections set connector = 'hubspot-oauth' where id = $1`, [
    client.connectionId,
  ])
  await all.db.query('delete from connection_secrets where connection_id = $1', [client.connectionId])
  for (const [field, secret] of Object.entries(oauth)) await client.storeSecret(field, secret)
  return client
}

test('11. All OAuth connections die on one day: access is renewed where HubSpot will still answer', async () => {
  const startAt = new Date('2027-03-01T15:00:00Z')
  all = await arrange([{ ...laurel, startAt, oauth: { ...oauth, rotates: false } }])
  const renew = await fetch(`${all.simulator.url}/oauth/v1/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: oauth.clientId,
      client_secret: oauth.clientSecret,
      refresh_token: oauth.refreshToken,
    }),
  })
  expect(renew.status).toBe(404)
  const client = await connectApp()
  expect((await client.sync()).run.status).toBe('success')
  expect(client.account.grant?.uses()).toMatchObject({ refreshed: 1, isRevoked: false })
  await expectTruth(client)
})

test('12. Mid-sync 401 after 30 minutes is renewed once, and a malformed token is a matter of settings', async () => {
  all = await arrange([{ ...laurel, oauth: { ...oauth, rotates: true } }])
  const client = await connectApp()
  await client.sync({ streams: ['owners'] })
  client.account.endAccess()
  expect((await client.sync()).run.status).toBe('success')
  expect(client.account.grant?.uses()).toMatchObject({ refreshed: 2, reused: 0 })
  all.simulator.faults.add({ fault: 'hubspot-malformed-token' })
  const { run } = await client.sync()
  expect([run.status, run.error_code]).toEqual(['failed', 'E_SETTINGS'])
})

test('keys of another account are refused at their first renewal, and what is here is not mixed with it (C17)', async () => {
  all = await arrange([{ ...laurel, oauth: { ...oauth, rotates: false } }])
  const client = await connectApp()
  await client.sync()
  const account = 'select account_id from connections where id = $1'
  const known = await all.db.query<{ account_id: string }>(account, [client.connectionId])
  expect(known.rows).toEqual([{ account_id: '62515' }])
  await all.db.query(`update connections set account_id = '777' where id = $1`, [client.connectionId])
  client.account.endAccess()
  const before = await client.everything()
  const { run } = await client.sync()
  expect([run.status, run.error_code]).toEqual(['failed', 'E_SETTINGS'])
  expect(run.error_detail).toContain(
    'this is HubSpot (OAuth) account 62515, and what is here was copied from account 777',
  )
  expect(await client.everything()).toEqual(before)
})

test('an account that is being moved, or locked, where access is renewed is waited for, as everywhere else', async () => {
  all = await arrange([{ ...laurel, oauth: { ...oauth, rotates: false } }])
  const client = await connectApp()
  all.simulator.faults.add({ fault: 'hubspot-moving', operation: 'oauth/token' })
  const { run } = await client.sync()
  expect([run.status, run.error_code]).toEqual(['cancelled', 'E_RATE_LIMITED'])
  expect(run.verdict).toContain('asks for a pause of about 60 minutes')
  expect(await client.connection()).toMatchObject({ state: 'active', consecutive_failures: 0 })
  all.simulator.faults.clear()
  all.simulator.faults.add({ fault: 'hubspot-locked', operation: 'oauth/token', nth: 1, times: 1 })
  expect((await client.sync()).run.status).toBe('success')
})
