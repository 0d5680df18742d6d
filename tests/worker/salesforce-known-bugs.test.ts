import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dialectOf } from '../../simulator/dialects.ts'
import { salesforceId } from '../../simulator/salesforce-ids.ts'
import { Salesforce } from '../../simulator/salesforce.ts'
import { claimNudged } from '../../worker/nudge.ts'
import { runNow } from '../../worker/run-now.ts'
import { arrange, type Arrangement, type Client, type Synced } from './arrange.ts'
import { connectSalesforce, expectLarkspur, larkspur } from './salesforce-client.ts'

// Bugs of other tools that copy Salesforce, by the words in which they were reported: none of them is ours.

let all: Arrangement
let client: Client

beforeEach(() => begin())
afterEach(() => all.close())

async function begin(more: Partial<typeof larkspur> = {}, settings = {}): Promise<void> {
  // What is asked for changes is asked by our clock, and assertions are good by it.
  all = await arrange([{ ...larkspur, startAt: new Date(), ...more }])
  client = await connectSalesforce(all, settings)
}

const status = ({ run }: Pick<Synced, 'run'>) => [run.status, run.error_code, run.error_detail]
const good = ['success', null, null]
const hour = 3_600_000
const dialect = () => dialectOf(client.account, Salesforce)
const byId = async (table: string, id: string) =>
  (await client.records(table)).find((row) => row.source_id === id)
const requests = (operation: string) =>
  all.simulator.ledger.entries().filter((entry) => entry.operation === operation)
const asked = (operation: string) =>
  requests(operation).map(({ query }) => new URLSearchParams(query).get('q') ?? query)

describe('13. Rows with the same SystemModstamp as the last page are lost', () => {
  test('no: the place is a stamp and an id, so equal stamps go over as many pages as they need', async () => {
    const { people } = client.account.truth()
    for (const { id } of people) client.account.editPerson(id, { city: 'Tulsa' })
    expect(status(await client.sync())).toEqual(good)
    await expectLarkspur(client)
    all.simulator.advance(hour)
    for (const { id } of people) client.account.editPerson(id, { phone: '2125550100' })
    const { streams } = await client.sync()
    expect(streams.contacts?.pages).toBeGreaterThan(4)
    await expectLarkspur(client)
  })
})

describe('14. Late-visible rows are skipped', () => {
  test('no: each pass begins ten minutes before the last one did', async () => {
    const now = Math.floor(Date.now() / 1_000)
    const id = client.account.addPerson({ kind: 'customer', createdAt: now - 240, visibleAt: now + 60 })
    expect(status(await client.sync())).toEqual(good)
    const contact = salesforceId('Contact', Number(id))
    expect(await byId('contacts', contact)).toBeUndefined()
    all.simulator.advance(300_000)
    expect(status(await client.sync())).toEqual(good)
    expect(await byId('contacts', contact)).toMatchObject({ deleted_at: null })
    await expectLarkspur(client)
  })
})

describe('15. Formula and roll-up fields stay old', () => {
  test('no longer than a day: what changed without a stamp is found when every list is read whole', async () => {
    expect(status(await client.sync())).toEqual(good)
    const deal = client.account.truth().deals[0]?.id ?? ''
    const id = salesforceId('Opportunity', Number(deal))
    dialect().recalculate(Number(deal), { Market__c: 'Of a formula' })
    expect(status(await client.sync())).toEqual(good)
    expect(await byId('opportunities', id)).not.toMatchObject({ market: 'Of a formula' })
    await all.db.query(
      `update stream_cursors set last_full_at = last_full_at - interval '25 hours' where connection_id = $1`,
      [client.connectionId],
    )
    expect(status(await client.sync())).toEqual(good)
    expect(await byId('opportunities', id)).toMatchObject({ market: 'Of a formula' })
  })
})

describe('17. A whole batch disappears', () => {
  test('no: an answer with fewer records than it counts is no answer, and nothing is concluded from it', async () => {
    expect(status(await client.sync())).toEqual(good)
    const before = await client.everything()
    all.simulator.faults.add({ fault: 'salesforce-rows-missing', operation: 'queryAll.Contact' })
    const { streams } = await client.sync({ full: true })
    expect(streams.contacts).toMatchObject({ status: 'failed', error_code: 'E_SHORT_READ', retired: 0 })
    all.simulator.faults.clear()
    expect(status(await client.sync())).toEqual(good)
    expect(await client.everything()).toEqual(before)
  })
})

describe('18. Refresh-token rotation race', () => {
  test('no: each renewal stores the next token before it is used, and a session that ends in the middle is renewed once', async () => {
    expect(status(await client.sync())).toEqual(good)
    client.account.endAccess()
    all.simulator.advance(hour)
    expect(status(await client.sync())).toEqual(good)
    client.account.endAccess()
    const [one, two] = await Promise.all([
      client.sync({ streams: ['owners'] }),
      client.sync({ streams: ['stages'] }).catch(() => null),
    ])
    expect(one.run.status).toBe('success')
    expect(two?.run.error_code ?? null).toBeNull()
    expect(client.account.grant?.uses()).toMatchObject({ reused: 0, isRevoked: false })
    await expectLarkspur(client)
  })

  test('an assertion uses nothing up: a session that ends is simply begun anew', async () => {
    client = await connectSalesforce(all, {}, 'salesforce')
    expect(status(await client.sync())).toEqual(good)
    client.account.endAccess()
    expect(status(await client.sync())).toEqual(good)
    expect(requests('services/oauth2/token').map(({ query }) => query)).toEqual(['assertion', 'assertion'])
  })

  test('consent that was taken back asks a person to reconnect', async () => {
    client.account.revokeAccess()
    const { run } = await client.sync()
    expect([run.status, run.error_code]).toEqual(['failed', 'E_AUTH_REVOKED'])
    expect(run.error_detail).toContain('expired access/refresh token')
    expect(await client.connection()).toMatchObject({ state: 'needs_reconnect' })
  })
})

describe('19. 403 misread', () => {
  const due = async () => {
    const { rows } = await all.db.query<{ is_later: boolean }>(
      `select next_due_at > now() + interval '30 minutes' as is_later from connections where id = $1`,
      [client.connectionId],
    )
    return rows[0]?.is_later
  }

  test('no: without requests the run pauses at once, keeps what came, and the next one goes on from there', async () => {
    await all.close()
    await begin({ salesforce: { ...larkspur.salesforce, dailyRequests: 24 } }, { stopAtShare: 1 })
    const { run, streams } = await client.sync()
    expect([run.status, run.error_code, run.retries]).toEqual(['cancelled', 'E_RATE_LIMITED', 0])
    expect(run.error_detail).toContain('24 of its 24')
    expect(streams.owners).toMatchObject({ status: 'success' })
    expect(await client.connection()).toMatchObject({ state: 'active' })
    expect(await due()).toBe(true)
    all.simulator.advance(26 * hour)
    const next = await client.sync()
    expect(next.streams.companies).toMatchObject({ status: 'success' })
  })

  test('no: a refusal says the same, also where an object may be missing', async () => {
    all.simulator.faults.add({ fault: 'salesforce-daily-limit', operation: 'describe.EmailMessage' })
    const { run } = await client.sync()
    expect([run.status, run.error_code]).toEqual(['cancelled', 'E_RATE_LIMITED'])
    expect(run.error_detail).toContain('TotalRequests')
  })

  test('no: too many at once is waited for', async () => {
    all.simulator.faults.add({
      fault: 'salesforce-concurrent-limit',
      operation: 'queryAll.Opportunity',
      nth: 1,
      times: 2,
    })
    const { run } = await client.sync()
    expect(status({ run })).toEqual(good)
    expect(run.retries).toBe(2)
  })

  test('no: we leave a share of the day to others', async () => {
    await all.close()
    await begin({ salesforce: { ...larkspur.salesforce, dailyRequests: 1_000, requestsOfOthers: 790 } })
    const { run } = await client.sync()
    expect([run.status, run.error_code]).toEqual(['cancelled', 'E_RATE_LIMITED'])
    expect(run.error_detail).toContain('800 of its 1000')
    dialect().setRequestsOfOthers(0)
    expect((await client.sync()).run.status).toBe('success')
  })

  test('no: an org without an API says so, and a list that the user may not see ends alone', async () => {
    dialect().hide('Opportunity')
    const { run, streams } = await client.sync()
    expect(run.status).toBe('partial')
    expect(streams.opportunities).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION' })
    expect(streams.contacts).toMatchObject({ status: 'success' })
    all.simulator.faults.add({ fault: 'salesforce-no-api' })
    expect((await client.sync()).run).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION' })
  })
})

describe('20. New custom fields are invisible until a restart, and a hidden field breaks the whole SOQL', () => {
  test('no: what the user sees is asked in every pass; a field of the org’s own may come and go', async () => {
    dialect().hide('Opportunity.Units__c')
    expect(status(await client.sync())).toEqual(good)
    expect(asked('queryAll.Opportunity')[0]).not.toContain('Units__c')
    dialect().hide('Opportunity.Units__c', false)
    expect(status(await client.sync({ full: true }))).toEqual(good)
    await expectLarkspur(client)
  })

  test('no: a field with a column of ours that vanishes is no empty value: the stream says what to allow, and the data stays', async () => {
    expect(status(await client.sync())).toEqual(good)
    const before = await client.records('opportunities')
    dialect().hide('Opportunity.Amount')
    const { streams } = await client.sync()
    expect(streams.opportunities).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION' })
    expect(streams.opportunities?.error_detail).toContain('Opportunity.Amount')
    expect(await client.records('opportunities')).toEqual(before)
  })

  test('no: nor is one that was mapped and read before: neither a pass nor a look writes over what is stored, until a person says that it is gone', async () => {
    expect(status(await client.sync())).toEqual(good)
    const before = await client.records('opportunities')
    const fresh = await client.freshness()
    dialect().hide('Opportunity.Units__c')
    all.simulator.advance(60_000)
    const [deal] = client.account.truth().deals.filter(({ units }) => units !== null)
    client.account.editDeal(deal?.id ?? '', { amountMinor: 12_345_600 })
    const id = salesforceId('Opportunity', Number(deal?.id))
    await all.db.query(
      `insert into nudges (tenant_id, connection_id, event_key, stream, source_id) values ($1, $2, 'edited', 'opportunities', $3)`,
      [client.tenantId, client.connectionId, id],
    )
    const [looked] = await claimNudged(all.database, 0)
    if (looked === undefined) throw new Error('nobody looks')
    await runNow(all.worker, all.database, looked, new AbortController().signal)
    const looks = (await client.readRun(looked.runId)).streams.opportunities
    const passed = (await client.sync({ full: true })).streams.opportunities
    for (const stream of [looks, passed]) {
      expect(stream).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION' })
      expect(stream?.error_detail).toContain('Opportunity.Units__c can no longer be seen')
    }
    expect(await client.records('opportunities')).toEqual(before)
    expect((await client.freshness()).opportunities).toBe(fresh.opportunities)
    dialect().hide('Opportunity.Units__c', false)
    expect(status(await client.sync())).toEqual(good)
    await expectLarkspur(client)
    dialect().hide('Opportunity.Units__c')
    expect(status(await client.sync({ full: true, acceptAbsence: true }))).toEqual(good)
    expect(status(await client.sync({ full: true }))).toEqual(good)
    expect((await byId('opportunities', id))?.units).toBeNull()
  })

  test('no: one that vanishes while we read ends this pass, and the next one describes anew', async () => {
    all.simulator.faults.add({
      fault: 'salesforce-field-hidden',
      operation: 'queryAll.Opportunity',
      nth: 2,
      params: { name: 'Opportunity.Market__c' },
    })
    const { streams } = await client.sync()
    expect(streams.opportunities).toMatchObject({ status: 'failed', error_code: 'E_SHORT_READ' })
    all.simulator.faults.clear()
    expect(status(await client.sync())).toEqual(good)
  })

  test('no: an object that the org lacks is not asked for, and the rest of its stream is', async () => {
    dialect().hide('EmailMessage')
    dialect().hide('Note')
    expect(status(await client.sync())).toEqual(good)
    expect((await client.records('activities')).length).toBeGreaterThan(0)
    expect(requests('queryAll.Note')).toEqual([])
  })

  test('no: an object whose records are stored is not as if there were none when the user loses sight of it', async () => {
    expect(status(await client.sync())).toEqual(good)
    const before = await client.records('notes')
    dialect().hide('Note')
    const { streams } = await client.sync()
    expect(streams.notes).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION' })
    expect(streams.notes?.error_detail).toContain('stored records can no longer be seen, such as 002')
    expect(await client.records('notes')).toEqual(before)
    dialect().hide('Note', false)
    expect(status(await client.sync())).toEqual(good)
  })

  test('no: what was written to an object before it was hidden for an hour arrives, whatever came of the others meanwhile', async () => {
    await all.close()
    await begin({ startAt: new Date(Date.now() - 2 * hour) })
    expect(status(await client.sync())).toEqual(good)
    const { people } = client.account.truth()
    // A classic note and a document.
    for (const nth of [0, 1]) client.account.addNote(people[nth]?.id ?? '', 'Wants Alpena and Cheboygan')
    all.simulator.advance(hour)
    dialect().hide('Note')
    expect((await client.sync()).streams.notes).toMatchObject({ status: 'failed', created: 1 })
    dialect().hide('Note', false)
    expect(status(await client.sync())).toEqual(good)
    const written = (await client.records('notes')).filter(({ body }) =>
      String(body).includes('Alpena and Cheboygan'),
    )
    expect(written).toHaveLength(2)
  })

  test('no: a worker that stops behind an object that was hidden from it does not make the next one forget that it was', async () => {
    await all.close()
    await begin({ startAt: new Date(Date.now() - 2 * hour) })
    expect(status(await client.sync())).toEqual(good)
    const { people } = client.account.truth()
    const written = async () =>
      (await client.records('notes')).filter(({ body }) => String(body).includes('Alpena and Cheboygan'))
    // Of every two, one is a document; they fill more pages than are read ahead.
    for (const { id } of [...people, ...people]) client.account.addNote(id, 'Wants Alpena and Cheboygan')
    all.simulator.advance(hour)
    dialect().hide('Note')
    const stopping = new AbortController()
    const run = { ...client, runId: await client.queueRun() }
    await runNow(all.worker, all.database, run, stopping.signal, (fact) => {
      if (fact.event === 'page.landed' && fact.stream === 'notes' && fact.wrote) stopping.abort()
    })
    expect((await client.readRun(run.runId)).run.status).toBe('cancelled')
    expect((await written()).length).toBeLessThan(people.length)
    const fresh = await client.freshness()
    expect((await client.sync()).streams.notes).toMatchObject({
      status: 'failed',
      error_code: 'E_PERMISSION',
    })
    expect(await written()).toHaveLength(people.length)
    expect((await client.freshness()).notes).toBe(fresh.notes)
    dialect().hide('Note', false)
    expect(status(await client.sync())).toEqual(good)
    expect(await written()).toHaveLength(2 * people.length)
  })

  test('no: an object of several that is listed empty while its records are stored is not as if they had gone', async () => {
    expect(status(await client.sync())).toEqual(good)
    const stored = async () => [await client.records('owners'), await client.records('notes')]
    const before = await stored()
    for (const operation of ['queryAll.Group', 'queryAll.Note'])
      all.simulator.faults.add({ fault: 'salesforce-nothing', operation })
    const { streams } = await client.sync({ full: true })
    for (const stream of ['owners', 'notes'])
      expect(streams[stream]).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION', retired: 0 })
    expect(await stored()).toEqual(before)
    all.simulator.faults.clear()
    expect(status(await client.sync())).toEqual(good)
    expect(await stored()).toEqual(before)
  })

  test('no: an object that is refused for an hour is not as if there were none, and what was written meanwhile arrives', async () => {
    expect(status(await client.sync())).toEqual(good)
    const { people } = client.account.truth()
    const ids = [0, 1].map((nth) =>
      client.account.addNote(people[nth]?.id ?? '', 'Wants Alpena and Cheboygan'),
    )
    all.simulator.faults.add({ fault: 'salesforce-no-api', operation: 'describe.ContentDocument' })
    expect((await client.sync()).run).toMatchObject({ status: 'failed', error_code: 'E_PERMISSION' })
    all.simulator.faults.clear()
    expect(status(await client.sync())).toEqual(good)
    const written = (await client.records('notes')).filter(({ body }) =>
      String(body).includes('Alpena and Cheboygan'),
    )
    expect(written).toHaveLength(ids.length)
  })
})

describe('21. QUERY_TIMEOUT and INVALID_QUERY_LOCATOR abort long reads and restart from zero', () => {
  test('no: there is no locator to lose, and after a break the next run goes on behind the last record', async () => {
    await all.close()
    await begin({ salesforce: { ...larkspur.salesforce, rowsPerAnswer: 4 } })
    all.simulator.faults.add({
      fault: 'salesforce-query-timeout',
      operation: 'queryAll.Contact',
      nth: 6,
      times: 99,
    })
    const { streams } = await client.sync()
    expect(streams.contacts).toMatchObject({ status: 'failed', error_code: 'E_CRM_DOWN', fetched: 20 })
    all.simulator.faults.clear()
    all.simulator.ledger.clear()
    expect(status(await client.sync())).toEqual(good)
    expect(asked('queryAll.Contact')[0]).toContain('Id >')
    expect(all.simulator.ledger.entries().some(({ operation }) => operation === 'queryMore')).toBe(false)
    await expectLarkspur(client)
  })

  test('no: a page that takes too long is asked for by half until it comes, and those behind it are no larger', async () => {
    await all.close()
    await begin({ salesforce: { ...larkspur.salesforce, rowsInTime: 12 } }, { pageSize: 45 })
    expect(status(await client.sync())).toEqual(good)
    const limits = asked('queryAll.Contact').map((query) => /LIMIT (\d+)$/.exec(query)?.[1])
    expect(limits.slice(0, 5)).toEqual(['45', '45', '22', '22', '11'])
    expect(new Set(limits.slice(4))).toEqual(new Set(['11']))
    await expectLarkspur(client)
  })
})
