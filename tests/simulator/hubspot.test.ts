import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dialectOf } from '../../simulator/dialects.ts'
import { HubSpot } from '../../simulator/hubspot.ts'
import {
  startSimulator,
  type AccountOptions,
  type FaultName,
  type SimulatedAccount,
  type Simulator,
} from '../../simulator/main.ts'

const portal: AccountOptions = {
  crm: 'hubspot',
  webKey: 'portal',
  accessToken: 'pat-na1-portal',
  seed: 7,
  people: 40,
  changesPerDay: 0,
}

let simulator: Simulator
let account: SimulatedAccount
beforeEach(() => start())
afterEach(() => simulator.close())

async function start(more: Partial<AccountOptions> = {}): Promise<void> {
  await simulator?.close()
  simulator = await startSimulator({ accounts: [{ ...portal, ...more }] })
  account = simulator.account(portal.webKey)
}

type Row = { id: string; properties: Record<string, string | null>; archived: boolean } & Record<
  string,
  unknown
>
type Body = Record<string, unknown> & {
  results: Row[]
  total?: number
  paging?: { next?: { after: string } }
}
type Answer = { status: number; headers: Headers; body: Body }

async function ask(path: string, body?: unknown, token = portal.accessToken): Promise<Answer> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await fetch(`${simulator.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}` },
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type') === 'application/json'
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : { text }) as Body,
  }
}

const DEALS = '/crm/objects/2026-09/deals'
const search = (body: object) => ask(`${DEALS}/search`, { filterGroups: [], ...body })

describe('versions', () => {
  test.each([
    '/crm/v3/objects/deals?limit=3',
    '/crm/objects/2026-03/deals?limit=3',
    '/crm/objects/2026-09/deals?limit=3',
    '/crm/objects/2026-09/0-3?limit=3',
  ])('%s answers', async (path) => expect((await ask(path)).body.results).toHaveLength(3))

  test('an unknown one does not', async () =>
    expect((await ask('/crm/objects/1999-01/deals')).status).toBe(404))
})

describe('records', () => {
  test('say nothing of a property that does not exist, and null of an empty one', async () => {
    const { body } = await ask(`${DEALS}?limit=1&properties=amount,closed_lost_reason,no_such_thing`)
    expect(body.results[0]?.properties).toMatchObject({ closed_lost_reason: null })
    expect(body.results[0]?.properties).not.toHaveProperty('no_such_thing')
    expect(body.results[0]).not.toHaveProperty('associations')
  })

  test('lose a property that was taken off the account', async () => {
    dialectOf(account, HubSpot).hideProperty('deals', 'amount')
    expect((await ask(DEALS)).body.results[0]?.properties).not.toHaveProperty('amount')
    const names = async (query: string) =>
      (await ask(`/crm/properties/2026-09/deals${query}`)).body.results.map(({ name }) => name)
    expect(await names('')).not.toContain('amount')
    expect(await names('?archived=true')).toEqual(['amount'])
  })

  test('that were archived stay listed apart for ninety days; those that were purged do not', async () => {
    const [deal] = account.truth().deals
    const [person] = account.truth().people.slice(-1)
    account.removeDeal(deal?.id ?? '')
    account.purgePerson(person?.id ?? '')
    const archived = async (type: string) =>
      (await ask(`/crm/v3/objects/${type}?archived=true`)).body.results.map(({ id }) => id)
    expect(await archived('deals')).toEqual([deal?.id])
    expect(await archived('contacts')).toEqual([])
    simulator.advance(91 * 86_400_000)
    expect(await archived('deals')).toEqual([])
  })

  test('keep their instant of change when they are archived or brought back', async () => {
    const [deal] = account.truth().deals
    const stamp = async () => (await ask(`${DEALS}/${deal?.id}`)).body.updatedAt
    const before = await stamp()
    simulator.advance(60_000)
    account.removeDeal(deal?.id ?? '')
    expect((await ask(`${DEALS}/${deal?.id}`)).status).toBe(404)
    account.restoreDeal(deal?.id ?? '')
    expect(await stamp()).toBe(before)
  })

  test('of a batch that are not there are named as errors', async () => {
    const [deal] = account.truth().deals
    const { status, body } = await ask(`${DEALS}/batch/read`, {
      inputs: [{ id: deal?.id }, { id: '1' }],
      properties: [],
    })
    expect([status, body.results.map(({ id }) => id), body.numErrors]).toEqual([207, [deal?.id], 1])
  })

  test('a former owner is listed among the archived ones, without a user', async () => {
    const [owner] = account.truth().owners
    dialectOf(account, HubSpot).archiveOwner(Number(owner?.id))
    expect((await ask('/crm/v3/owners')).body.results.map(({ id }) => id)).not.toContain(owner?.id)
    expect((await ask('/crm/v3/owners?archived=true')).body.results).toMatchObject([
      { id: owner?.id, archived: true, userId: null },
    ])
  })
})

describe('search', () => {
  test('refuses what is too much', async () => {
    const filter = { propertyName: 'amount', operator: 'HAS_PROPERTY' }
    const groups = (count: number, each: number) =>
      Array.from({ length: count }, () => ({ filters: Array.from({ length: each }, () => filter) }))
    for (const body of [
      { limit: 201 },
      { filterGroups: groups(6, 1) },
      { filterGroups: groups(1, 7) },
      { filterGroups: groups(5, 4) },
      { sorts: [{ propertyName: 'amount' }, { propertyName: 'dealname' }] },
      { filterGroups: [{ filters: [{ ...filter, operator: 'LIKE' }] }] },
      { query: 'x'.repeat(3_100) },
      { limit: 200, after: '9900' },
    ])
      expect((await search(body)).status, JSON.stringify(body).slice(0, 80)).toBe(400)
    expect((await search({ filterGroups: groups(3, 6), limit: 200 })).status).toBe(200)
  })

  test('finds by every operator', async () => {
    const found = async (operator: string, more: object) =>
      (
        await search({
          limit: 200,
          filterGroups: [{ filters: [{ propertyName: 'amount', operator, ...more }] }],
        })
      ).body.total
    const amounts = account
      .truth()
      .deals.flatMap(({ amountMinor }) => (amountMinor === null ? [] : [amountMinor / 100]))
    const all = account.truth().deals.length
    const middle = amounts.toSorted((a, b) => a - b)[Math.floor(amounts.length / 2)] ?? 0
    const count = (isIn: (amount: number) => boolean) => amounts.filter(isIn).length
    expect(await found('GT', { value: String(middle) })).toBe(count((amount) => amount > middle))
    expect(await found('LTE', { value: String(middle) })).toBe(count((amount) => amount <= middle))
    expect(await found('BETWEEN', { value: '0', highValue: String(middle) })).toBe(
      count((amount) => amount <= middle),
    )
    expect(await found('HAS_PROPERTY', {})).toBe(amounts.length)
    expect(await found('NOT_HAS_PROPERTY', {})).toBe(all - amounts.length)
  })

  test('sorts and compares ids as text', async () => {
    const { body } = await search({ limit: 200, sorts: ['hs_object_id'] })
    const ids = body.results.map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted())
    const filters = [{ propertyName: 'hs_object_id', operator: 'GT', value: '100' }]
    expect((await search({ filterGroups: [{ filters }] })).body.total).toBe(account.truth().deals.length)
    expect(
      (
        await search({
          filterGroups: [{ filters: [{ propertyName: 'hs_object_id', operator: 'GT', value: '99' }] }],
        })
      ).body.total,
    ).toBe(0)
  })

  test('knows a change only when its index has caught up', async () => {
    await start({ hubspot: { searchLagSeconds: 30 } })
    const [deal] = account.truth().deals
    simulator.advance(60_000)
    account.editDeal(deal?.id ?? '', { amountMinor: 1 })
    const ids = async () => (await search({ limit: 200 })).body.results.map(({ id }) => id)
    expect(await ids()).not.toContain(deal?.id)
    simulator.advance(31_000)
    expect(await ids()).toContain(deal?.id)
  })

  test('does not find what was archived', async () => {
    const [deal] = account.truth().deals
    account.removeDeal(deal?.id ?? '')
    expect((await search({ limit: 200 })).body.results.map(({ id }) => id)).not.toContain(deal?.id)
  })
})

describe('access', () => {
  test('a scope that is missing is named', async () => {
    dialectOf(account, HubSpot).setScopes(['crm.objects.contacts.read'])
    const { status, body } = await ask(DEALS)
    expect([status, body.category]).toEqual([403, 'MISSING_SCOPES'])
    expect(JSON.stringify(body.errors)).toContain('crm.objects.deals.read')
    expect((await ask('/crm/v3/objects/contacts')).status).toBe(200)
  })

  test('mail comes without its content to who may not read that', async () => {
    const [person] = account.truth().people
    account.addActivity(person?.id ?? '', { kind: 'email', title: 'Secret', description: 'Words' })
    const subject = async () =>
      (await ask('/crm/v3/objects/emails?properties=hs_email_subject')).body.results[0]?.properties
        .hs_email_subject
    expect(await subject()).toBe('Secret')
    dialectOf(account, HubSpot).setScopes(['crm.objects.contacts.read'])
    expect(await subject()).toBeNull()
  })

  test('OAuth gives a token for a refresh token in the body, and the same refresh token again', async () => {
    const oauth = { clientId: 'app', clientSecret: 'app secret', refreshToken: 'na1-first', rotates: false }
    await start({ oauth })
    const post = async (form: Record<string, string>) => {
      const response = await fetch(`${simulator.url}/oauth/2026-09/token`, {
        method: 'POST',
        body: new URLSearchParams(form),
      })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    const form = {
      grant_type: 'refresh_token',
      client_id: 'app',
      client_secret: 'app secret',
      refresh_token: 'na1-first',
    }
    const { status, body } = await post(form)
    expect([status, body.refresh_token, body.expires_in, body.hub_id]).toEqual([
      200,
      'na1-first',
      1_800,
      62_515,
    ])
    expect((await ask(DEALS, undefined, String(body.access_token))).status).toBe(200)
    expect((await ask(DEALS, undefined, 'another')).status).toBe(401)
    expect(await post({ ...form, refresh_token: 'spoiled' })).toMatchObject({
      status: 400,
      body: { status: 'BAD_REFRESH_TOKEN' },
    })
    expect((await post({ ...form, client_secret: '' })).body.status).toBe('BAD_CLIENT_SECRET')
    expect((await post({ ...form, client_id: 'nobody' })).body.status).toBe('BAD_CLIENT_ID')
    expect((await post({ ...form, grant_type: 'password' })).body.status).toBe('BAD_GRANT_TYPE')
  })

  test('account details name the zone and the currency', async () => {
    expect((await ask('/account-info/v3/details')).body).toMatchObject({
      timeZone: 'US/Eastern',
      companyCurrency: 'USD',
      utcOffset: '-05:00',
      utcOffsetMilliseconds: -18_000_000,
    })
  })
})

describe('limits', () => {
  test('are said with every answer but that of a search', async () => {
    await start({ hubspot: { burst: 50, daily: 1_000 } })
    const { headers } = await ask(DEALS)
    expect(headers.get('x-hubspot-ratelimit-max')).toBe('50')
    expect(headers.get('x-hubspot-ratelimit-remaining')).toBe('49')
    expect(headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('999')
    expect((await search({})).headers.get('x-hubspot-ratelimit-max')).toBeNull()
  })

  test.each([
    [{ burst: 2 }, 'TEN_SECONDLY_ROLLING'],
    [{ daily: 2 }, 'DAILY'],
    [{ searchesPerSecond: 2 }, 'SECONDLY'],
  ])('%o are told apart', async (hubspot, policy) => {
    await start({ hubspot })
    expect([(await search({})).status, (await search({})).status]).toEqual([200, 200])
    const { status, headers, body } = await search({})
    expect([status, body.policyName, headers.get('retry-after')]).toEqual([429, policy, null])
  })

  test('the day turns at midnight of the account', async () => {
    await start({ hubspot: { daily: 1, timeZone: 'US/Pacific' } })
    expect([(await ask(DEALS)).status, (await ask(DEALS)).status]).toEqual([200, 429])
    // 15:00 UTC is 07:00 there; the next midnight is seventeen hours away.
    simulator.advance(16.9 * 3_600_000)
    expect((await ask(DEALS)).status).toBe(429)
    simulator.advance(0.2 * 3_600_000)
    expect((await ask(DEALS)).status).toBe(200)
  })
})

type HubSpotFault = Extract<FaultName, `hubspot-${string}`>
const LIST = `${DEALS}?limit=10`

/** What each fault shows; the compiler sees to it that none is missing. */
const signs: Record<HubSpotFault, (answer: Answer) => void> = {
  'hubspot-burst-limit': ({ status, body }) =>
    expect([status, body.policyName]).toEqual([429, 'TEN_SECONDLY_ROLLING']),
  'hubspot-search-limit': ({ status, body }) => expect([status, body.policyName]).toEqual([429, 'SECONDLY']),
  'hubspot-daily-limit': ({ status, body }) => expect([status, body.policyName]).toEqual([429, 'DAILY']),
  'hubspot-moving': ({ status, headers }) =>
    expect([status, headers.get('retry-after')]).toEqual([477, '3600']),
  'hubspot-locked': ({ status }) => expect(status).toBe(423),
  'hubspot-too-slow': ({ status, body }) =>
    expect([status, body.text]).toEqual([524, expect.stringContaining('<html>')]),
  'hubspot-malformed-token': ({ status }) => expect(status).toBe(530),
  'hubspot-short-page': ({ body }) => {
    expect(body.results).toHaveLength(1)
    expect(body.paging?.next?.after).toBe(body.results[0]?.id)
  },
  'hubspot-empty-page': ({ body }) => {
    expect(body.results).toHaveLength(0)
    expect(body.paging?.next?.after).toBeTruthy()
  },
  'hubspot-paging-renamed': ({ body }) => {
    expect(body).not.toHaveProperty('paging')
    expect(body.pageInfo).toBeTruthy()
  },
  'hubspot-next-missing': ({ body }) => expect(body.paging).toEqual({}),
  'hubspot-errors-within': ({ status, body }) =>
    expect([status, body.results.length, body.errors]).toEqual([
      207,
      9,
      [expect.objectContaining({ category: 'INTERNAL_ERROR' })],
    ]),
  'hubspot-nothing': ({ body }) => {
    expect(body.results).toEqual([])
    expect(body).not.toHaveProperty('paging')
  },
}

test.each(Object.keys(signs) as HubSpotFault[])('the fault %s shows', async (fault) => {
  simulator.faults.add({ fault, operation: 'deals' })
  signs[fault](await ask(LIST))
  expect(simulator.faults.fired(fault)).toBe(1)
  simulator.faults.clear()
  expect((await ask(LIST)).body.results).toHaveLength(10)
})
