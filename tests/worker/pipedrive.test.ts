import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dialectOf } from '../../simulator/dialects.ts'
import { Pipedrive } from '../../simulator/pipedrive.ts'
import { arrange, type Arrangement, type Client, type Stored, type Synced } from './arrange.ts'
import { connectPipedrive, expectHarbour, harbour } from './pipedrive-client.ts'
import { replay } from './replayed.ts'
import { expectSound } from './soundness.ts'

let all: Arrangement
let client: Client

beforeEach(async () => {
  // What is asked for changes is asked by our clock.
  all = await arrange([{ ...harbour, startAt: new Date() }])
  client = await connectPipedrive(all)
})
afterEach(() => all.close())

const status = ({ run }: Synced) => [run.status, run.error_code, run.error_detail]
const good = ['success', null, null]
const hour = 3_600_000
const live = async (table: string) => (await client.records(table)).filter((row) => row.deleted_at === null)
const byId = async (table: string, id: string) =>
  (await client.records(table)).find((row) => row.source_id === id)

describe('a copy of a Pipedrive company', () => {
  test('holds what the company holds, and a second run writes nothing', async () => {
    expect(status(await client.sync())).toEqual(good)
    await expectHarbour(client)
    const before = await client.everything()
    const again = await client.sync()
    expect(again.run).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0, quarantined: 0 })
    expect(await client.everything()).toEqual(before)
    await expectSound(all.url)
  })
})

const requests = (operation: string) =>
  all.simulator.ledger.entries().filter((entry) => entry.operation === operation)
const asked = (operation: string) => new URLSearchParams(requests(operation).at(-1)?.query)

describe('changes', () => {
  /** Lists of more than so many records are asked for changes only. */
  const onlyChanges = { wholeListUpTo: 0, wholeListHours: 24 }

  beforeEach(async () => {
    client = await connectPipedrive(all, onlyChanges)
    expect(status(await client.sync())).toEqual(good)
    all.simulator.ledger.clear()
  })

  test('arrive once, and are asked for by the second', async () => {
    const { people, deals } = client.account.truth()
    all.simulator.advance(hour)
    client.account.editPerson(people[3]?.id ?? '', { phone: '2125550100' })
    client.account.editDeal(deals[5]?.id ?? '', { amountMinor: 1_234_567 })
    client.account.addNote(people[4]?.id ?? '', 'Called <b>back</b>.')
    client.account.addActivity(people[4]?.id ?? '', { kind: 'call' })
    const { run, streams } = await client.sync()
    expect([run.status, run.error_detail]).toEqual(['success', null])
    // A deal's amount is its person's, too, and a note touches the person it is about.
    expect(streams.contacts).toMatchObject({ updated: 3, created: 0 })
    expect(streams.notes).toMatchObject({ created: 1 })
    expect(streams.activities).toMatchObject({ created: 1 })
    expect(streams.opportunities?.updated).toBe(1)
    await expectHarbour(client)
    expect(asked('v2/persons').get('updated_since')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  test('an activity of a type of the company’s own is called as people call it', async () => {
    const [visit, other] = client.account.truth().activities.filter(({ kind }) => kind === 'call')
    all.simulator.advance(hour)
    client.account.editActivity(visit?.id ?? '', { wire: { type: 'site_visit_2' } })
    client.account.editActivity(other?.id ?? '', { title: 'Fees' })
    expect(status(await client.sync())).toEqual(good)
    const kindOf = async (id = '') => (await client.records('activities')).find((row) => row.source_id === id)
    expect(await kindOf(visit?.id)).toMatchObject({ kind: 'Discovery day', custom: { type: 'site_visit_2' } })
    expect(await kindOf(other?.id)).toMatchObject({ kind: 'call', subject: 'Fees' })
  })

  test('a deal that was deleted is a tombstone in the next run, because the CRM lists it as such', async () => {
    // A prospect whose only deal is deleted is a lead again.
    const { deals, people } = client.account.truth()
    const others = new Set(people.filter(({ kind }) => kind !== 'prospect').map(({ id }) => id))
    const gone = deals.find(({ personId }) => others.has(personId))?.id ?? ''
    client.account.removeDeal(gone)
    const { run, streams } = await client.sync()
    expect(status({ run } as Synced)).toEqual(good)
    expect(streams.opportunities).toMatchObject({ updated: 1, retired: 0 })
    expect(await byId('opportunities', gone)).toMatchObject({ deleted_because: 'flag' })
    const before = await client.everything()
    expect((await client.sync()).run).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0 })
    expect(await client.everything()).toEqual(before)
    await expectHarbour(client)
  })

  test('22. Silent data loss after 2024-12: the feed of recent changes is never asked, and every list is read whole once a day', async () => {
    const person = client.account.truth().people[2]?.id ?? ''
    client.account.removePerson(person)
    const first = await client.sync()
    expect(first.streams.contacts).toMatchObject({ status: 'success', retired: 0 })
    await all.db.query(
      `update stream_cursors set last_full_at = last_full_at - interval '25 hours' where connection_id = $1`,
      [client.connectionId],
    )
    const second = await client.sync()
    expect(status(second)).toEqual(good)
    expect(second.streams.contacts?.retired).toBe(1)
    expect(await byId('contacts', person)).toMatchObject({ deleted_because: 'absence' })
    expect(requests('v1/recents')).toEqual([])
    await expectHarbour(client)
  })

  test('a pass that another run began concludes nothing from what it did not see', async () => {
    all.simulator.faults.add({ fault: 'server-error', operation: 'v2/persons', nth: 3, times: 9 })
    await all.db.query(`update stream_cursors set last_full_at = null where connection_id = $1`, [
      client.connectionId,
    ])
    const { people } = client.account.truth()
    for (const { id } of people) client.account.editPerson(id, { city: 'Tulsa' })
    expect((await client.sync({ full: true })).streams.contacts?.status).toBe('failed')
    all.simulator.faults.clear()
    const { streams } = await client.sync()
    expect(streams.contacts).toMatchObject({ status: 'success', retired: 0 })
    await expectHarbour(client)
  })
})

describe('small lists are read whole in every run', () => {
  beforeEach(async () => {
    expect(status(await client.sync())).toEqual(good)
  })

  test('so that what was deleted is missed at once', async () => {
    const { people, activities, notes } = client.account.truth()
    client.account.removeActivity(activities[1]?.id ?? '')
    client.account.removeNote(notes[0]?.id ?? '')
    client.account.removePerson(people[10]?.id ?? '')
    expect(status(await client.sync({ acceptAbsence: true }))).toEqual(good)
    await expectHarbour(client)
    const { rows } = await all.db.query(
      `select distinct deleted_because from activities where connection_id = $1 and deleted_at is not null`,
      [client.connectionId],
    )
    expect(rows).toEqual([{ deleted_because: 'absence' }])
  })

  test('two people who became one: the loser is gone, and what was theirs is the winner’s', async () => {
    const { people, deals } = client.account.truth()
    const loser = deals[0]?.personId ?? ''
    const winner = people.find(({ id }) => id !== loser)?.id ?? ''
    client.account.mergePeople(winner, loser)
    expect(status(await client.sync({ acceptAbsence: true }))).toEqual(good)
    await expectHarbour(client)
    const contacts = await live('contacts')
    expect(contacts.map((row) => row.source_id)).not.toContain(loser)
  })

  test('23. Missing deals with a green run: one that was put away is read from the archive, and comes back from it', async () => {
    const { deals } = client.account.truth()
    const open = await live('opportunities')
    const put =
      deals.find(({ id }) => open.some((row) => row.source_id === id && row.status === 'open'))?.id ?? ''
    client.account.archiveDeal(put)
    expect(status(await client.sync())).toEqual(good)
    expect(await byId('opportunities', put)).toMatchObject({
      status: 'lost',
      deleted_at: null,
      custom: expect.objectContaining({ is_archived: true }),
    })
    all.simulator.advance(hour)
    client.account.archiveDeal(put, false)
    expect(status(await client.sync())).toEqual(good)
    expect(await byId('opportunities', put)).toMatchObject({
      status: 'open',
      deleted_at: null,
      closed_at: null,
    })
    await expectHarbour(client)
    expect((await live('opportunities')).length).toBe(client.account.truth().deals.length)
  })

  test('one of several lists that comes empty, too short for that to be noticed, retires nobody: each is asked for by its id first', async () => {
    const isArchived = ({ custom }: Stored) => (custom as Stored).is_archived === true
    const [, ...others] = (await live('opportunities')).filter(isArchived)
    for (const { source_id: id } of others) client.account.removeDeal(String(id))
    expect(status(await client.sync())).toEqual(good)
    const before = [await live('opportunities'), await client.freshness()] as const
    expect(before[0].filter(isArchived)).toHaveLength(1)
    all.simulator.faults.add({ fault: 'pipedrive-empty-page', operation: 'v2/deals/archived' })
    all.simulator.faults.add({ fault: 'server-error', operation: 'v2/deals.get', nth: 1, times: 4 })
    const failed = await client.sync()
    expect(failed.streams.opportunities).toMatchObject({ status: 'failed', retired: 0 })
    expect((await client.freshness()).opportunities).toBe(before[1].opportunities)
    expect(await live('opportunities')).toEqual(before[0])
    all.simulator.ledger.clear()
    const found = await client.sync()
    expect(status(found)).toEqual(good)
    expect(found.streams.opportunities).toMatchObject({ updated: 0, retired: 0 })
    expect(requests('v2/deals.get')).toHaveLength(1)
    expect(await live('opportunities')).toEqual(before[0])
    await expectSound(all.url)
  })

  test('a single record that is refused by its id stays as it is, and its stream goes on; of several, all refused, nothing is concluded', async () => {
    const refuse = (times: number) =>
      all.simulator.faults.add({
        fault: 'pipedrive-scope-missing',
        operation: 'v1/notes.get',
        nth: 1,
        times,
      })
    const [one, two] = client.account.truth().notes.map(({ id }) => id)
    for (const id of [one, two]) client.account.removeNote(id ?? '')
    const before = await live('notes')
    refuse(2)
    expect((await client.sync()).streams.notes).toMatchObject({
      status: 'failed',
      error_code: 'E_PERMISSION',
    })
    expect(await live('notes')).toEqual(before)
    all.simulator.faults.clear()
    refuse(1)
    const { run, streams } = await client.sync()
    expect(run).toMatchObject({ status: 'partial', error_code: null })
    expect(streams.notes).toMatchObject({ status: 'partial', retired: 1 })
    expect(streams.notes?.error_detail).toBe(
      '1 records are no longer listed and were refused: they stay as they were',
    )
    expect(await live('notes')).toHaveLength(before.length - 1)
    all.simulator.faults.clear()
    refuse(1)
    expect((await client.sync()).streams.notes).toMatchObject({ status: 'partial', retired: 0 })
    all.simulator.faults.clear()
    expect(status(await client.sync())).toEqual(good)
    await expectHarbour(client)
    await expectSound(all.url)
  })

  test('many that are gone cost one look', async () => {
    await all.close()
    all = await arrange([{ ...harbour, people: 400, startAt: new Date() }])
    client = await connectPipedrive(all, { pageSize: 500 })
    const contacts = { streams: ['contacts'] }
    expect((await client.sync(contacts)).streams.contacts?.created).toBe(400)
    const gone = client.account.truth().people.slice(0, 110)
    for (const { id } of gone) client.account.removePerson(id)
    expect((await client.sync(contacts)).streams.contacts?.error_code).toBe('E_MASS_ABSENCE')
    all.simulator.ledger.clear()
    expect((await client.sync(contacts)).streams.contacts).toMatchObject({ status: 'success', retired: 110 })
    const looks = requests('v2/persons').filter(({ query }) => new URLSearchParams(query).has('ids'))
    expect(looks.map(({ query }) => new URLSearchParams(query).get('ids')?.split(',').length)).toEqual([100])
  })

  test('a list that becomes empty overnight is not believed', async () => {
    all.simulator.faults.add({ fault: 'empty-list', operation: 'v2/persons' })
    const { run, streams } = await client.sync()
    expect([run.status, streams.contacts?.error_code]).toEqual(['suspect', 'E_MASS_ABSENCE'])
    all.simulator.faults.clear()
    await expectHarbour(client)
  })
})

describe('limits', () => {
  async function limited(
    options: Parameters<typeof arrange>[0] extends (infer A)[] | undefined ? Partial<A> : never,
  ) {
    await all.close()
    all = await arrange([{ ...harbour, ...options }])
    client = await connectPipedrive(all)
  }

  test('25. the burst is waited for as long as the header says, and the run goes on', async () => {
    await limited({ pipedrive: { burst: 2 } })
    const { run } = await client.sync({ streams: ['owners', 'pipelines', 'stages'] })
    expect([run.status, run.error_detail]).toEqual(['success', null])
    expect(run.retries).toBeGreaterThan(0)
    const codes = all.simulator.ledger.entries().map(({ status: code }) => code)
    expect(new Set(codes)).toEqual(new Set([200, 429]))
    expect((await live('stages')).length).toBe(18)
  })

  test('25. the day’s budget ends the run at once, keeps what came, and moves the next run', async () => {
    await limited({ pipedrive: { dailyTokens: 200 } })
    const { run } = await client.sync()
    expect([run.status, run.error_code, run.retries]).toEqual(['cancelled', 'E_RATE_LIMITED', 0])
    expect(run.verdict).toMatch(/^Pipedrive asks for a pause of about \d+ (hours|minutes)/)
    expect(run.error_detail).toContain('the day’s tokens')
    expect((await live('owners')).length).toBe(5)
    const { rows } = await all.db.query(
      `select next_due_at > now() + interval '30 seconds' as is_later from connections where id = $1`,
      [client.connectionId],
    )
    expect(rows).toEqual([{ is_later: true }])
    expect(all.simulator.ledger.entries().filter(({ status: code }) => code === 429)).toHaveLength(1)
    all.simulator.advance(24 * hour)
    const { run: next } = await client.sync({ streams: ['owners', 'pipelines', 'stages'] })
    expect([next.status, next.error_detail]).toEqual(['success', null])
  })

  test('25. refusals that do not say which limit it is are waited for twice; the third ends the run until the next day', async () => {
    all.simulator.faults.add({ fault: 'rate-limited-bare', operation: 'v2/pipelines', times: 99 })
    const { run, streams } = await client.sync({ streams: ['pipelines', 'stages'] })
    expect([run.status, run.error_code, run.retries]).toEqual(['cancelled', 'E_RATE_LIMITED', 2])
    expect(run.error_detail).toContain('3 times in a row')
    expect(streams.stages).toBeUndefined()
    expect(all.simulator.ledger.count('v2/pipelines')).toBe(3)
    const { rows } = await all.db.query(
      `select next_due_at > now() + interval '30 seconds' as is_later from connections where id = $1`,
      [client.connectionId],
    )
    expect(rows).toEqual([{ is_later: true }])
  })

  test('25. a page of the gateway is a time to cool down: one request, no tries, no word of permissions', async () => {
    expect(status(await client.sync())).toEqual(good)
    all.simulator.ledger.clear()
    all.simulator.faults.add({ fault: 'pipedrive-cool-down' })
    const { run } = await client.sync()
    expect([run.status, run.error_code]).toEqual(['cancelled', 'E_RATE_LIMITED'])
    expect(run.error_detail).toContain('gateway')
    expect(all.simulator.ledger.entries()).toHaveLength(1)
    all.simulator.faults.clear()
    expect(status(await client.sync())).toEqual(good)
  })
})

describe('access', () => {
  test('with a token that is no longer good asks for a new one, and keeps what is there', async () => {
    expect(status(await client.sync())).toEqual(good)
    const before = await client.everything()
    client.account.setAccessToken('another')
    const { run } = await client.sync()
    expect([run.status, run.error_code]).toEqual(['failed', 'E_AUTH_REVOKED'])
    expect(run.error_detail).toContain('unauthorized access')
    expect(await client.connection()).toMatchObject({ state: 'needs_reconnect' })
    expect(await client.everything()).toEqual(before)
  })

  test('without the scope for one list ends that list alone', async () => {
    all.simulator.faults.add({ fault: 'pipedrive-scope-missing', operation: 'v1/leads' })
    const { run, streams } = await client.sync()
    expect(run.status).toBe('partial')
    expect(streams.leads).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION' })
    expect(streams.opportunities).toMatchObject({ status: 'success' })
  })
})

describe('the shape of answers', () => {
  test('10. Stops at 250 rows: a full page that no longer says whether there is more is an error, and not the end', async () => {
    all.simulator.faults.add({ fault: 'pipedrive-paging-missing', operation: 'v2/persons' })
    const { streams } = await client.sync()
    expect(streams.contacts).toMatchObject({ status: 'failed', error_code: 'E_CRM_BAD_REPLY' })
    expect(streams.contacts?.error_detail).toContain('next_cursor')
  })

  test('4. Sync ends early: an empty page in the middle does not end a list that says it goes on', async () => {
    all.simulator.faults.add({ fault: 'pipedrive-empty-page', operation: 'v2/persons', nth: 2, times: 1 })
    const { streams } = await client.sync()
    expect(streams.contacts?.pages).toBeGreaterThan(6)
    expect((await live('contacts')).length).toBeGreaterThan(40)
  })

  test('definitions of fields that come empty change nothing of what is stored', async () => {
    expect(status(await client.sync())).toEqual(good)
    const before = [await live('leads'), await live('opportunities'), await live('contacts')]
    all.simulator.faults.add({ fault: 'pipedrive-empty-page', operation: 'v2/dealFields' })
    all.simulator.faults.add({ fault: 'pipedrive-empty-page', operation: 'v2/personFields' })
    const { streams } = await client.sync()
    for (const stream of ['leads', 'opportunities', 'contacts'])
      expect(streams[stream]).toMatchObject({ status: 'failed', error_code: 'E_CRM_BAD_REPLY' })
    expect([await live('leads'), await live('opportunities'), await live('contacts')]).toEqual(before)
  })

  test('a field that vanished since a pass broke off is noticed before that pass goes on', async () => {
    expect(status(await client.sync())).toEqual(good)
    const [first] = client.account.truth().deals
    client.account.editDeal(first?.id ?? '', { amountMinor: 1_234_567 })
    all.simulator.faults.add({ fault: 'server-error', operation: 'v2/deals', nth: 2, times: 99 })
    expect((await client.sync()).streams.opportunities).toMatchObject({ status: 'failed', updated: 1 })
    all.simulator.faults.clear()
    const before = await client.records('opportunities')
    const account = dialectOf(client.account, Pipedrive)
    account.deleteField('Market', true)
    const { opportunities } = (await client.sync()).streams
    expect(opportunities).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION' })
    expect(await client.records('opportunities')).toEqual(before)
    account.deleteField('Market', false)
    expect(status(await client.sync())).toEqual(good)
    await expectHarbour(client)
  })

  test('11. a field that vanishes is drift, and never an empty value', async () => {
    expect(status(await client.sync())).toEqual(good)
    const before = await live('opportunities')
    all.simulator.faults.add({ fault: 'field-missing', operation: 'v2/deals', params: { field: 'value' } })
    const { streams } = await client.sync()
    expect(streams.opportunities).toMatchObject({ status: 'partial', error_code: 'E_QUARANTINE' })
    const after = await live('opportunities')
    expect(after.map((row) => row.amount_minor)).toEqual(before.map((row) => row.amount_minor))
  })
})

test('what is stored is what a replay of the raw answers gives', async () => {
  await client.sync()
  const { deals, people } = client.account.truth()
  client.account.removeDeal(deals[1]?.id ?? '')
  client.account.editPerson(people[1]?.id ?? '', { company: 'Blue Heron Ventures' })
  expect(status(await client.sync())).toEqual(good)
  const report = await replay(all, client, 'verify')
  expect(report.differences).toEqual([])
  expect(report.records).toBeGreaterThan(200)
})
