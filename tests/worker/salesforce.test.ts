import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dialectOf } from '../../simulator/dialects.ts'
import { pastOf } from '../../simulator/past.ts'
import { salesforceId } from '../../simulator/salesforce-ids.ts'
import { Salesforce } from '../../simulator/salesforce.ts'
import { arrange, type Arrangement, type Client, type Synced } from './arrange.ts'
import { connectSalesforce, expectLarkspur, larkspur } from './salesforce-client.ts'
import { replay } from './replayed.ts'
import { expectSound } from './soundness.ts'

let all: Arrangement
let client: Client
let startAt: Date

beforeEach(() => begin())
afterEach(() => all.close())

async function begin(more: Partial<typeof larkspur> = {}, settings = {}): Promise<void> {
  // What is asked for changes is asked by our clock, and assertions are good by it.
  startAt = new Date()
  all = await arrange([{ ...larkspur, startAt, ...more }])
  client = await connectSalesforce(all, settings)
}

const status = ({ run }: Pick<Synced, 'run'>) => [run.status, run.error_code, run.error_detail]
const good = ['success', null, null]
const hour = 3_600_000
const byId = async (table: string, id: string) =>
  (await client.records(table)).find((row) => row.source_id === id)
const requests = (operation: string) =>
  all.simulator.ledger.entries().filter((entry) => entry.operation === operation)

describe('a copy of a Salesforce org', () => {
  test('holds what the org holds, and a second run writes nothing', async () => {
    client.account.addActivity(client.account.truth().people[0]?.id ?? '', { kind: 'email', title: 'FDD' })
    expect(status(await client.sync())).toEqual(good)
    await expectLarkspur(client)
    const before = await client.everything()
    const again = await client.sync()
    expect(again.run).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0, quarantined: 0 })
    expect(await client.everything()).toEqual(before)
    // Of the allowance that the whole org shares.
    expect(again.run.requests).toBeLessThanOrEqual(38)
    await expectSound(all.url)
  })
})

describe('changes', () => {
  beforeEach(async () => {
    // What was written in the very second in which a pass begins is asked for once more by the next one.
    all.simulator.advance(60_000)
    expect(status(await client.sync())).toEqual(good)
    all.simulator.ledger.clear()
  })

  test('arrive once, and nothing else is asked for', async () => {
    const { people, deals } = client.account.truth()
    all.simulator.advance(hour)
    client.account.editDeal(deals[5]?.id ?? '', { amountMinor: 1_234_567 })
    client.account.addNote(people[4]?.id ?? '', 'Called <b>back</b>.')
    client.account.addActivity(people[4]?.id ?? '', { kind: 'call' })
    const { run, streams } = await client.sync()
    expect(status({ run })).toEqual(good)
    expect(streams.opportunities).toMatchObject({ updated: 1, fetched: 1 })
    expect(streams.notes).toMatchObject({ created: 1, fetched: 1 })
    expect(streams.activities).toMatchObject({ created: 1 })
    await expectLarkspur(client)
    const before = await client.everything()
    expect((await client.sync()).run).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0 })
    expect(await client.everything()).toEqual(before)
  })

  test('a lead that was converted is a contact, and what was done with it is theirs', async () => {
    const id = client.account.addPerson({ kind: 'prospect' })
    client.account.addActivity(id, { kind: 'task' })
    client.account.addNote(id, 'Met at the fair')
    expect(status(await client.sync())).toEqual(good)
    await expectLarkspur(client)
    all.simulator.advance(hour)
    client.account.addDeal(id)
    expect(status(await client.sync())).toEqual(good)
    await expectLarkspur(client)
    const lead = await byId('leads', salesforceId('Lead', Number(id)))
    const contact = await byId('contacts', salesforceId('Contact', Number(id)))
    expect(lead).toMatchObject({ contact_kind: 'converted', contact_id: contact?.id })
  })

  test('what was deleted is a tombstone, and what was undeleted is back', async () => {
    const deal = client.account.truth().deals[2]?.id ?? ''
    const note = client.account.truth().notes[0]?.id ?? ''
    client.account.removeDeal(deal)
    client.account.removeNote(note)
    const { run, streams } = await client.sync()
    expect(status({ run })).toEqual(good)
    expect(streams.opportunities).toMatchObject({ updated: 1, retired: 0 })
    const id = salesforceId('Opportunity', Number(deal))
    expect(await byId('opportunities', id)).toMatchObject({ deleted_because: 'flag' })
    await expectLarkspur(client)
    all.simulator.advance(60_000)
    client.account.restoreDeal(deal)
    expect(status(await client.sync())).toEqual(good)
    expect(await byId('opportunities', id)).toMatchObject({ deleted_at: null })
    await expectLarkspur(client)
  })

  test('what was deleted for good is told by the feed of deletions', async () => {
    const person = client.account.truth().people.find(({ kind }) => kind === 'customer')?.id ?? ''
    all.simulator.advance(2 * 60_000)
    client.account.purgePerson(person)
    all.simulator.advance(2 * 60_000)
    expect(status(await client.sync())).toEqual(good)
    expect(await byId('contacts', salesforceId('Contact', Number(person)))).toMatchObject({
      deleted_because: 'feed',
    })
  })

  test('what was deleted for good by a transaction that took long is told by the feed once that is over', async () => {
    await all.close()
    await begin({ startAt: new Date(Date.now() - 5 * 24 * hour) })
    expect(status(await client.sync())).toEqual(good)
    const person = client.account.truth().people.find(({ kind }) => kind === 'customer')?.id ?? ''
    const contact = () => byId('contacts', salesforceId('Contact', Number(person)))
    all.simulator.advance(hour)
    client.account.purgePerson(person)
    all.simulator.advance(hour / 2)
    all.simulator.faults.add({ fault: 'salesforce-deletions-late', operation: 'deleted.Contact' })
    const before = await client.freshness()
    expect(status(await client.sync())).toEqual(good)
    expect(await contact()).toMatchObject({ deleted_at: null })
    expect((await client.freshness()).contacts).not.toBe(before.contacts)
    all.simulator.faults.clear()
    all.simulator.advance(hour)
    expect(status(await client.sync())).toEqual(good)
    expect(await contact()).toMatchObject({ deleted_because: 'feed' })
  })

  test('two contacts who became one: the loser’s id means the winner from now on, and what was theirs is the winner’s', async () => {
    const { deals } = client.account.truth()
    const [winner = '', loser = ''] = deals.map(({ personId }) => personId)
    client.account.mergePeople(winner, loser)
    expect(status(await client.sync())).toEqual(good)
    await expectLarkspur(client)
    expect(await byId('contacts', salesforceId('Contact', Number(loser)))).toMatchObject({
      deleted_because: 'merge',
    })
    const { rows } = await all.db.query(
      `select alias_source_id, source_id from record_aliases where connection_id = $1 and stream = 'contacts'`,
      [client.connectionId],
    )
    expect(rows).toEqual([
      {
        alias_source_id: salesforceId('Contact', Number(loser)),
        source_id: salesforceId('Contact', Number(winner)),
      },
    ])
    expect((await replay(all, client, 'verify')).differences).toEqual([])
  })

  test('an event is done when it is over, although nobody touches it', async () => {
    const { people } = client.account.truth()
    const now = Math.floor(Date.now() / 1_000)
    const id = client.account.addActivity(people[0]?.id ?? '', {
      kind: 'appointment',
      startAt: now + 1_800,
      endAt: now + 3_600,
    })
    expect(status(await client.sync())).toEqual(good)
    const event = salesforceId('Event', Number(id))
    expect(await byId('activities', event)).toMatchObject({ is_done: false, completed_at: null })
    all.simulator.advance(2 * hour)
    expect(status(await client.sync())).toEqual(good)
    expect(await byId('activities', event)).toMatchObject({ is_done: true })
    expect((await byId('activities', event))?.completed_at).not.toBeNull()
  })

  test('activities of more than a year ago stay, although Salesforce archives them', async () => {
    const before = (await client.records('activities')).filter((row) => row.kind === 'event').length
    expect(before).toBeGreaterThan(0)
    all.simulator.advance(500 * 24 * hour)
    expect(status(await client.sync({ full: true }))).toEqual(good)
    const events = (await client.records('activities')).filter((row) => row.kind === 'event')
    expect(events.filter((row) => row.deleted_at === null)).toHaveLength(before)
  })

  test('a gap of more than fifteen days is closed by reading everything', async () => {
    const person = client.account.truth().people.find(({ kind }) => kind === 'customer')?.id ?? ''
    client.account.removePerson(person)
    all.simulator.advance(40 * 24 * hour)
    await all.db.query(
      `update stream_cursors set watermark = watermark - interval '20 days', last_full_at = now() where connection_id = $1`,
      [client.connectionId],
    )
    expect(status(await client.sync({ acceptAbsence: true }))).toEqual(good)
    await expectLarkspur(client)
    expect(requests('deleted.Contact')).toEqual([])
    expect(await byId('contacts', salesforceId('Contact', Number(person)))).toMatchObject({
      deleted_because: 'absence',
    })
  })
})

describe('what Salesforce remembers of an opportunity', () => {
  const asked = () =>
    requests('queryAll.OpportunityHistory').map(({ query }) => new URLSearchParams(query).get('q') ?? '')
  const remembered = async () =>
    (await client.records('stage_changes')).toSorted((a, b) => Number(a.happened_at) - Number(b.happened_at))

  test('is copied from its beginning, once, beside our own history and not into it', async () => {
    expect(status(await client.sync())).toEqual(good)
    const [first] = client.account.truth().stages
    const past = pastOf(client.account.options, startAt).flatMap(({ id, states }) =>
      states.map(
        ({ at, stage }) =>
          `${salesforceId('Opportunity', Number(id))} ${at.toISOString()} ${stage ?? first?.name}`,
      ),
    )
    const deals = new Map((await client.records('opportunities')).map((row) => [row.id, row.source_id]))
    const rows = await remembered()
    expect(past.length).toBeGreaterThan(deals.size)
    const copied = rows.map(
      (row) =>
        `${String(deals.get(row.opportunity_id))} ${new Date(String(row.happened_at)).toISOString()} ${String(row.stage_name)}`,
    )
    expect(copied.toSorted()).toEqual(past.toSorted())
    all.simulator.advance(30 * hour)
    const [deal] = client.account.truth().deals
    const last = client.account.truth().stages[5]
    client.account.editDeal(deal?.id ?? '', { stageId: Number(last?.id), amountMinor: 7_700_000 })
    all.simulator.ledger.clear()
    expect(status(await client.sync())).toEqual(good)
    expect(asked()[0]).toContain('SystemModstamp >=')
    expect(await client.records('stage_changes')).toHaveLength(rows.length + 1)
    expect(await client.records('stage_changes')).toContainEqual(
      expect.objectContaining({ stage_name: last?.name, amount_minor: 7_700_000, currency: 'USD' }),
    )
    const { rows: versions } = await all.db.query('select stage_name from opportunity_versions')
    expect(versions).toHaveLength(1)
    expect((await replay(all, client, 'verify')).differences).toEqual([])
  })

  test('is there within a day where a long transaction showed it late', async () => {
    await all.close()
    await begin({ startAt: new Date(Date.now() - 5 * 24 * hour) })
    expect(status(await client.sync())).toEqual(good)
    const before = (await remembered()).length
    const [deal] = client.account.truth().deals
    const last = client.account.truth().stages[5]
    all.simulator.advance(hour)
    client.account.editDeal(deal?.id ?? '', { stageId: Number(last?.id) })
    all.simulator.advance(hour)
    all.simulator.faults.add({ fault: 'salesforce-nothing', operation: 'queryAll.OpportunityHistory' })
    expect(status(await client.sync())).toEqual(good)
    expect(await remembered()).toHaveLength(before)
    all.simulator.faults.clear()
    all.simulator.advance(24 * hour)
    expect(status(await client.sync())).toEqual(good)
    expect(await remembered()).toHaveLength(before + 1)
  })

  test('is not missed where the user may not see it', async () => {
    dialectOf(client.account, Salesforce).hide('OpportunityHistory')
    const { run, streams } = await client.sync()
    expect([run.status, streams.stage_changes?.status]).toEqual(['success', 'success'])
    expect(await client.records('stage_changes')).toEqual([])
  })
})

describe('a note of the new kind', () => {
  const long = `<p>${'Fees, dates &amp; who signs. '.repeat(40)}</p>`
  const texts = () => requests('read.ContentVersion').length
  let id = 0

  /** Every other note is of the new kind. */
  beforeEach(() => {
    const { people } = client.account.truth()
    id =
      [1, 2].map(() => Number(client.account.addNote(people[3]?.id ?? '', long))).find((n) => n % 2 === 1) ??
      0
  })
  const stored = () => byId('notes', salesforceId('ContentDocument', id))
  const hasLongText = (note: { id: string; text: string }) =>
    Number(note.id) % 2 === 1 && Buffer.byteLength(note.text) > 255
  const rewrite = (text: string) => dialectOf(client.account, Salesforce).rewrite(id, text)

  test('has all of its text, asked for once each time it is written anew', async () => {
    expect(status(await client.sync())).toEqual(good)
    expect(await stored()).toMatchObject({ body: long })
    const first = texts()
    expect(first).toBe(client.account.truth().notes.filter(hasLongText).length)
    all.simulator.advance(60_000)
    const { run } = await client.sync({ full: true })
    expect(run).toMatchObject({ status: 'success', updated: 0 })
    expect(texts()).toBe(first)
    all.simulator.advance(60_000)
    rewrite(`${long}<p>Signed.</p>`)
    const before = all.simulator.ledger.entries().length
    const { run: third, streams } = await client.sync()
    expect(streams.notes).toMatchObject({ updated: 1 })
    // The text is one of the requests that a run counts, and so part of the share of the org's day.
    expect(third.requests).toBe(all.simulator.ledger.entries().length - before)
    expect(texts()).toBe(first + 1)
    expect(await stored()).toMatchObject({ body: `${long}<p>Signed.</p>` })
    expect((await replay(all, client, 'verify')).differences).toEqual([])
  })

  test('that the user may not read ends where its preview does, and says so', async () => {
    all.simulator.faults.add({ fault: 'forbidden', operation: 'read.ContentVersion' })
    expect(status(await client.sync())).toEqual(good)
    const { body } = (await stored()) ?? {}
    expect(body).toMatch(/^Fees, dates .{230,}…$/)
    expect((await replay(all, client, 'verify')).differences).toEqual([])
  })

  test('of which no text was read because the day’s requests were used up arrives with all of it', async () => {
    all.simulator.faults.add({ fault: 'salesforce-daily-limit', operation: 'read.ContentVersion' })
    const { run } = await client.sync()
    expect([run.status, run.error_code]).toEqual(['cancelled', 'E_RATE_LIMITED'])
    expect(await stored()).toBeUndefined()
    all.simulator.faults.clear()
    expect(status(await client.sync())).toEqual(good)
    expect(await stored()).toMatchObject({ body: long })
  })

  test('stays with its person when fewer links of it come than Salesforce counts', async () => {
    expect(status(await client.sync())).toEqual(good)
    const before = await client.records('notes')
    all.simulator.advance(60_000)
    for (const text of ['Signed.', 'Not yet.']) {
      rewrite(text)
      all.simulator.faults.add({ fault: 'salesforce-rows-missing', operation: 'query.ContentDocumentLink' })
      const { streams } = await client.sync()
      expect(streams.notes).toMatchObject({ status: 'failed', error_code: 'E_SHORT_READ' })
      expect(await client.records('notes')).toEqual(before)
      all.simulator.faults.clear()
    }
    expect(status(await client.sync())).toEqual(good)
    expect(await stored()).toMatchObject({
      body: 'Not yet.',
      contact_id: before.find((row) => row.source_id === salesforceId('ContentDocument', id))?.contact_id,
    })
  })

  test('is not the page of a gateway, and arrives when the gateway is gone', async () => {
    all.simulator.faults.add({ fault: 'login-page', operation: 'read.ContentVersion' })
    const { run, streams } = await client.sync()
    expect([run.status, streams.notes?.status, streams.notes?.error_code]).toEqual([
      'partial',
      'failed',
      'E_CRM_BAD_REPLY',
    ])
    expect(await stored()).toBeUndefined()
    all.simulator.faults.clear()
    expect(status(await client.sync())).toEqual(good)
    expect(await stored()).toMatchObject({ body: long })
  })
})

describe('several currencies', () => {
  test('each amount is in its own, to the last of its decimals', async () => {
    await all.close()
    await begin({ salesforce: { ...larkspur.salesforce, currencies: ['JPY', 'KWD', 'EUR'] } })
    expect(status(await client.sync())).toEqual(good)
    const { deals } = client.account.truth()
    const stored = await client.records('opportunities')
    for (const deal of deals) {
      const row = stored.find(({ source_id: id }) => id === salesforceId('Opportunity', Number(deal.id)))
      const currency = ['JPY', 'KWD', 'EUR'][Number(deal.id) % 3]
      expect(row).toMatchObject({
        amount_minor: deal.amountMinor,
        currency: deal.amountMinor === null ? null : currency,
      })
    }
  })
})

test('what is stored is what a replay of the raw answers gives', async () => {
  await client.sync()
  const { deals, people } = client.account.truth()
  client.account.removeDeal(deals[1]?.id ?? '')
  client.account.editPerson(people[1]?.id ?? '', { company: 'Blue Heron Ventures' })
  client.account.addNote(people[2]?.id ?? '', 'Signed.')
  expect(status(await client.sync())).toEqual(good)
  const report = await replay(all, client, 'verify')
  expect(report.differences).toEqual([])
  expect(report.records).toBeGreaterThan(200)
})
