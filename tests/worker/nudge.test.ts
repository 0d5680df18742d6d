import { randomUUID } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import type { AccountOptions } from '../../simulator/main.ts'
import { salesforceId } from '../../simulator/salesforce-ids.ts'
import { runNow } from '../../worker/run-now.ts'
import { claimNudged } from '../../worker/nudge.ts'
import { arrange, type Arrangement, type Client, type Synced } from './arrange.ts'
import { connectPipedrive, harbour } from './pipedrive-client.ts'
import { replay } from './replayed.ts'
import { connectSalesforce, larkspur } from './salesforce-client.ts'
import { expectSound } from './soundness.ts'
import { expectTruth } from './truth.ts'

const laurel: AccountOptions = {
  crm: 'hubspot',
  webKey: 'laurel',
  accessToken: 'CANARY-TOKEN-laurel',
  seed: 7,
  people: 24,
  changesPerDay: 0,
  notesPerPerson: 1,
}

let all: Arrangement
afterEach(() => all.close())

const crms = {
  hubspot: { account: laurel, connect: (arranged: Arrangement) => arranged.connect() },
  pipedrive: { account: harbour, connect: connectPipedrive },
  salesforce: { account: larkspur, connect: connectSalesforce },
}
const each = Object.keys(crms) as (keyof typeof crms)[]

async function begin(crm: keyof typeof crms, more: Partial<AccountOptions> = {}): Promise<Client> {
  const { account, connect } = crms[crm]
  all = await arrange([{ ...account, startAt: new Date(), ...more }])
  const client = await connect(all)
  expect((await client.sync()).run).toMatchObject({ status: 'success' })
  return client
}

/** As if the CRM had sent it and the web had taken it in. */
async function nudge(
  { tenantId, connectionId }: Client,
  stream: string,
  ...sourceIds: string[]
): Promise<void> {
  for (const sourceId of sourceIds)
    await all.db.query(
      'insert into nudges (tenant_id, connection_id, event_key, stream, source_id) values ($1, $2, $3, $4, $5)',
      [tenantId, connectionId, randomUUID(), stream, sourceId],
    )
}

/** Carries out the run that nudges ask for, if they ask for one. */
async function look(client: Client): Promise<Omit<Synced, 'events'> | null> {
  const [claimed] = await claimNudged(all.database, 0)
  if (claimed === undefined) return null
  await runNow(all.worker, all.database, claimed, new AbortController().signal)
  return client.readRun(claimed.runId)
}

const waiting = async () => (await all.db.query('select from nudges where settled_at is null')).rowCount
const requests = () => all.simulator.ledger.entries().length
const byId = async (client: Client, table: string, id: string) =>
  (await client.records(table)).find((row) => row.source_id === id)
/** Ids in our copy, in the order of the account's own. */
const wireIds = async (client: Client, table: string) =>
  (await client.records(table)).map(({ source_id: id }) => String(id))

test.each(each)(
  '%s: a nudge brings a changed deal by itself, and says nothing of how fresh the rest is',
  async (crm) => {
    const client = await begin(crm)
    const deal = client.account.truth().deals[0]?.id ?? ''
    const [id = ''] = (await wireIds(client, 'opportunities')).filter(
      (wire) => crm === 'salesforce' || wire === deal,
    )
    const fresh = await client.freshness()
    client.account.editDeal(deal, { amountMinor: 12_345_600 })
    const before = requests()
    // Which of an org's ids is this deal's is the org's own affair: all are named.
    await nudge(
      client,
      'opportunities',
      ...(crm === 'salesforce' ? await wireIds(client, 'opportunities') : [id, id]),
    )
    const looked = await look(client)
    expect(looked?.run).toMatchObject({ status: 'success', trigger: 'nudge', updated: 1 })
    expect(requests() - before).toBeLessThanOrEqual(6)
    expect((await client.records('opportunities')).map((row) => row.amount_minor)).toContain(12_345_600)
    expect(await client.freshness()).toEqual(fresh)
    expect(await waiting()).toBe(0)
    await expectSound(all.url)
    // The next pass finds the same state under the same digest.
    const { opportunities } = (await client.sync()).streams
    expect(opportunities).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0 })
    expect((await replay(all, client, 'verify')).differences).toEqual([])
  },
)

test.each(each)('%s: a nudge that says "deleted" is only a reason to look', async (crm) => {
  const client = await begin(crm)
  const ids = await wireIds(client, 'opportunities')
  await nudge(client, 'opportunities', ...ids)
  expect((await look(client))?.run).toMatchObject({ status: 'success', fetched: ids.length, updated: 0 })
  const gone = client.account.truth().deals[2]?.id ?? ''
  client.account.removeDeal(gone)
  await nudge(client, 'opportunities', ...ids)
  expect((await look(client))?.run).toMatchObject({ status: 'success', updated: 1 })
  const dead = (await client.records('opportunities')).filter((row) => row.deleted_at !== null)
  expect(dead).toHaveLength(1)
  await expectTruth(client)
})

test('a record that nobody is shown is left to the next whole list', async () => {
  const client = await begin('hubspot')
  const person = client.account.truth().people[1]?.id ?? ''
  client.account.purgePerson(person)
  await nudge(client, 'contacts', person, '999')
  expect((await look(client))?.run).toMatchObject({ status: 'success', fetched: 0, updated: 0 })
  expect(await byId(client, 'contacts', person)).toMatchObject({ deleted_at: null })
})

test('HubSpot bug 9, a merged contact answers with another id: it and every kind of activity are looked at by id', async () => {
  const client = await begin('hubspot')
  const { activities, people } = client.account.truth()
  const call = activities.find(({ kind }) => kind === 'call')?.id ?? ''
  const meeting = activities.find(({ kind }) => kind === 'appointment')?.id ?? ''
  client.account.editActivity(call, { title: 'Called again' })
  client.account.removeActivity(meeting)
  const [winner, loser] = people.slice(3, 5).map(({ id }) => id)
  client.account.mergePeople(winner ?? '', loser ?? '')
  const merged = client.account.truth().people.at(-1)?.id ?? ''
  await nudge(client, 'activities', `calls/${call}`, `meetings/${meeting}`)
  await nudge(client, 'contacts', merged, loser ?? '')
  expect((await look(client))?.run).toMatchObject({ status: 'success' })
  expect(await byId(client, 'activities', `calls/${call}`)).toMatchObject({ subject: 'Called again' })
  expect(await byId(client, 'activities', `meetings/${meeting}`)).toMatchObject({ deleted_because: 'flag' })
  expect(await byId(client, 'contacts', loser ?? '')).toMatchObject({ deleted_because: 'merge' })
  const contacts = await client.records('contacts')
  expect(contacts.filter((row) => row.source_id === merged)).toMatchObject([{ deleted_at: null }])
  await expectSound(all.url)
})

test('leads and notes of Pipedrive are looked at one by one, and one that is gone is left to the list', async () => {
  const client = await begin('pipedrive')
  const { people, notes, deals } = client.account.truth()
  const sold = new Set(deals.map(({ personId }) => personId))
  const person = people.find(({ id, kind }) => kind === 'prospect' && !sold.has(id))?.id ?? ''
  const before = await client.records('leads')
  all.simulator.advance(60_000)
  client.account.editPerson(person, { lastName: 'Renamed' })
  const note = client.account.addNote(people.find(({ id }) => id !== person)?.id ?? '', 'Called <b>back</b>.')
  const gone = notes[0]?.id ?? ''
  client.account.removeNote(gone)
  const asked = requests()
  await nudge(client, 'notes', note, gone)
  await nudge(client, 'leads', ...before.map(({ source_id: id }) => String(id)))
  const looked = await look(client)
  expect(looked?.run).toMatchObject({ status: 'success', created: 1 })
  expect(requests() - asked).toBe(2 + 1 + before.length)
  expect(await byId(client, 'notes', note)).toMatchObject({ body: 'Called <b>back</b>.' })
  expect(await byId(client, 'notes', gone)).toMatchObject({ deleted_at: null })
  const renamed = (await client.records('leads')).filter(({ name }) => String(name).includes('Renamed'))
  expect(renamed).toHaveLength(1)
  expect((await replay(all, client, 'verify')).differences).toEqual([])
  const { streams } = await client.sync()
  expect(streams.leads).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0 })
  // A note names its person, so those about the renamed one have changed.
  expect(streams.notes).toMatchObject({ created: 0, retired: 1 })
})

test('activities and notes of Salesforce are looked at by ids that say what they are', async () => {
  const client = await begin('salesforce')
  const { people, activities } = client.account.truth()
  const kindOf = (kind: string) =>
    activities.find((one) => one.kind === kind && one.status !== 'cancelled')?.id ?? ''
  const person = people[2]?.id ?? ''
  all.simulator.advance(60_000)
  const task = salesforceId('Task', Number(kindOf('call')))
  const event = salesforceId('Event', Number(kindOf('appointment')))
  client.account.editActivity(kindOf('call'), { title: 'Called again' })
  client.account.editActivity(kindOf('appointment'), { title: 'Walked the site' })
  const written = [1, 2].map(() => Number(client.account.addNote(person, 'Fees and dates.')))
  const notes = written.map((id) => salesforceId(id % 2 === 1 ? 'ContentDocument' : 'Note', id))
  await nudge(client, 'activities', event, task)
  await nudge(client, 'notes', ...notes)
  expect((await look(client))?.run).toMatchObject({ status: 'success', created: 2, updated: 2 })
  expect(await byId(client, 'activities', task)).toMatchObject({ subject: 'Called again' })
  expect(await byId(client, 'activities', event)).toMatchObject({ subject: 'Walked the site' })
  for (const id of notes) expect(await byId(client, 'notes', id)).toMatchObject({ body: 'Fees and dates.' })
  expect((await replay(all, client, 'verify')).differences).toEqual([])
  const { streams } = await client.sync()
  expect(streams.notes).toMatchObject({ created: 0, updated: 0, retired: 0 })
  expect(streams.activities).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0 })
})

test('lists that lag do not undo what a look found (G2), nor bring back what it saw go (G7)', async () => {
  const client = await begin('hubspot')
  const [edited = '', removed = ''] = client.account.truth().deals.map(({ id }) => id)
  const stampOf = async (id: string) =>
    new Date(String((await byId(client, 'opportunities', id))?.source_updated_at)).toISOString()
  const earlier = await stampOf(edited)
  all.simulator.advance(60_000)
  client.account.editDeal(edited, { amountMinor: 20_000 })
  client.account.removeDeal(removed)
  await nudge(client, 'opportunities', edited, removed)
  expect((await look(client))?.run).toMatchObject({ status: 'success', updated: 2 })
  // What a list shows now is how both were before.
  client.account.editDeal(edited, { wire: { amount: '1.00', hs_lastmodifieddate: earlier } })
  client.account.restoreDeal(removed)
  client.account.editDeal(removed, { wire: { hs_lastmodifieddate: await stampOf(removed) } })
  const { opportunities } = (await client.sync()).streams
  expect(opportunities).toMatchObject({ status: 'success', updated: 0 })
  expect(await byId(client, 'opportunities', edited)).toMatchObject({ amount_minor: 20_000 })
  expect((await byId(client, 'opportunities', removed))?.deleted_at).not.toBeNull()
  expect((await replay(all, client, 'verify')).differences).toEqual([])
  // What the CRM says of a single record is believed at once.
  await nudge(client, 'opportunities', removed)
  expect((await look(client))?.run).toMatchObject({ updated: 1 })
  expect((await byId(client, 'opportunities', removed))?.deleted_at).toBeNull()
})

test('a world that sent webhooks and one that sent none are the same copy after the next run', async () => {
  all = await arrange([
    { ...laurel, startAt: new Date() },
    { ...laurel, webKey: 'twin', accessToken: 'CANARY-TOKEN-twin', startAt: new Date() },
  ])
  const [nudged, quiet] = [await all.connect('laurel'), await all.connect('twin')]
  for (const client of [nudged, quiet]) await client.sync()
  for (const step of [1, 2, 3]) {
    all.simulator.advance(1_200_000)
    for (const { account } of [nudged, quiet]) {
      const { deals, people } = account.truth()
      account.editDeal(deals[step]?.id ?? '', { amountMinor: step * 1_000 })
      account.editPerson(people[step]?.id ?? '', { lastName: `Renamed ${step}` })
      account.addNote(people[step]?.id ?? '', 'Called back.')
    }
    const { deals, people } = nudged.account.truth()
    // Late, twice, and of something that never was.
    await nudge(
      nudged,
      'opportunities',
      deals[step]?.id ?? '',
      deals[step]?.id ?? '',
      deals[step - 1]?.id ?? '',
    )
    await nudge(nudged, 'contacts', people[step]?.id ?? '', '404')
    await look(nudged)
  }
  for (const client of [nudged, quiet]) expect((await client.sync()).run.status).toBe('success')
  const copy = async (client: Client) =>
    (await client.everything()).map((line) =>
      line
        .split(' ')
        .filter((_, at) => at < 3)
        .join(' '),
    )
  expect(await copy(nudged)).toEqual(await copy(quiet))
  await expectTruth(nudged)
})

test('a look waits while a run is open, keeps no slot from its run, and comes no sooner than the pause allows', async () => {
  const client = await begin('hubspot')
  await nudge(client, 'opportunities', client.account.truth().deals[0]?.id ?? '')
  await client.queueRun()
  expect(await claimNudged(all.database, 0)).toEqual([])
  await all.db.query(`delete from sync_runs where status = 'queued'`)
  expect(await claimNudged(all.database, 0)).toHaveLength(1)
  await all.db.query(`update connections set next_due_at = now() - interval '1 minute'`)
  const slots = await all.db.query(
    `select * from app.claim_due_slots(now() + interval '1 hour', interval '1 hour', 10)`,
  )
  expect(slots.rowCount).toBe(1)
  await all.db.query(`delete from sync_runs where status = 'queued'`)
  await look(client)
  await nudge(client, 'opportunities', client.account.truth().deals[1]?.id ?? '')
  expect(await claimNudged(all.database)).toEqual([])
})

test('a look that the CRM refuses keeps its nudges and waits ten minutes; after an hour the run on schedule has seen to them', async () => {
  const client = await begin('hubspot')
  await nudge(client, 'opportunities', client.account.truth().deals[0]?.id ?? '')
  all.simulator.faults.add({ fault: 'server-error', times: 99 })
  expect((await look(client))?.run).toMatchObject({ status: 'failed', error_code: 'E_CRM_DOWN' })
  all.simulator.faults.clear()
  expect(await waiting()).toBe(1)
  expect(await claimNudged(all.database, 0)).toEqual([])
  await all.db.query(`update sync_runs set queued_at = queued_at - interval '11 minutes'`)
  expect((await look(client))?.run.status).toBe('success')
  await nudge(client, 'opportunities', 'stale')
  await all.db.query(`update nudges set received_at = now() - interval '61 minutes' where settled_at is null`)
  expect(await claimNudged(all.database, 0)).toEqual([])
})
