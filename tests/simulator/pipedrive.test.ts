import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startSimulator, type AccountOptions, type FaultName, type Simulator } from '../../simulator/main.ts'

const harbour: AccountOptions = {
  crm: 'pipedrive',
  webKey: 'harbour',
  accessToken: 'token-of-harbour',
  seed: 7,
  people: 60,
  deals: 40,
  changesPerDay: 0,
}

let simulator: Simulator
const start = async (options: Partial<AccountOptions> = {}) => {
  simulator = await startSimulator({ accounts: [{ ...harbour, ...options }] })
}
beforeEach(() => start())
afterEach(() => simulator.close())

type Body = { success: boolean; data: Record<string, unknown>[]; additional_data?: Record<string, unknown> }
type Seen = { status: number; headers: Headers; text: string; body: Body }

async function ask(path: string, token = harbour.accessToken): Promise<Seen> {
  const response = await fetch(`${simulator.url}${path}`, { headers: { 'x-api-token': token } })
  const text = await response.text()
  const body = (text.startsWith('{') ? JSON.parse(text) : {}) as Body
  return { status: response.status, headers: response.headers, text, body }
}
const account = () => simulator.account('harbour')
const left = ({ headers }: Seen) => Number(headers.get('x-daily-ratelimit-token-remaining'))

describe('a list of version 2', () => {
  test('ends with a cursor that is null, at most 500 rows a page, 100 without a limit', async () => {
    await simulator.close()
    await start({ people: 620 })
    const first = await ask('/api/v2/persons?limit=900')
    expect(first.body.data).toHaveLength(500)
    const cursor = String(first.body.additional_data?.next_cursor)
    const last = await ask(`/api/v2/persons?limit=900&cursor=${cursor}`)
    expect([last.body.data.length, last.body.additional_data?.next_cursor]).toEqual([120, null])
    expect((await ask('/api/v2/persons')).body.data).toHaveLength(100)
  })

  test('of exactly as many rows as asked for has no second page', async () => {
    const { body } = await ask('/api/v2/persons?limit=60')
    expect([body.data.length, body.additional_data]).toEqual([60, { next_cursor: null }])
    expect((await ask('/api/v2/persons?limit=59')).body.additional_data?.next_cursor).toEqual(
      expect.any(String),
    )
  })

  test('takes a cursor only with the filters that it was made with', async () => {
    const { body } = await ask('/api/v2/persons?limit=5&updated_since=2020-01-01T00:00:00Z')
    const cursor = String(body.additional_data?.next_cursor)
    expect((await ask(`/api/v2/persons?limit=5&cursor=${cursor}`)).status).toBe(400)
    expect((await ask('/api/v2/persons?cursor=odd')).status).toBe(400)
  })

  test('sorted by the time of change loses no row of those that share a second', async () => {
    for (const { id } of account().truth().people.slice(0, 30)) account().editPerson(id, { city: 'Tulsa' })
    const seen: unknown[] = []
    for (let cursor = ''; ;) {
      const { body } = await ask(`/api/v2/persons?limit=7&sort_by=update_time&sort_direction=desc${cursor}`)
      seen.push(...body.data.map(({ id }) => id))
      const next = body.additional_data?.next_cursor
      if (typeof next !== 'string') break
      cursor = `&cursor=${next}`
    }
    expect(seen).toHaveLength(60)
    expect(new Set(seen).size).toBe(60)
  })

  test.each([
    ['/api/v2/persons?updated_since=2026-01-01T00:00:00.000Z', 'updated_since'],
    ['/api/v2/persons?updated_since=yesterday', 'updated_since'],
    ['/api/v2/stages?updated_since=2026-01-01T00:00:00Z', 'updated_since'],
    ['/api/v2/deals?limit=0', 'limit'],
    ['/api/v2/deals?sort_by=title', 'sort_by'],
    ['/v1/notes?start=one', 'start'],
    ['/v1/notes?sort=user_id', 'sort'],
  ])('%s is refused for its %s', async (path, parameter) => {
    const { status, body, text } = await ask(path)
    expect([status, body.success]).toEqual([400, false])
    expect(text).toContain(parameter)
  })
})

describe('deals', () => {
  test('move between the list, the archive and the deleted ones, and are gone after thirty days', async () => {
    const [one, two] = account()
      .truth()
      .deals.map(({ id }) => id)
    const idsOf = async (path: string) => (await ask(path)).body.data.map(({ id }) => String(id))
    account().archiveDeal(one ?? '')
    account().removeDeal(two ?? '')
    const listed = await idsOf('/api/v2/deals')
    expect([listed.includes(one ?? ''), listed.includes(two ?? '')]).toEqual([false, false])
    expect(await idsOf('/api/v2/deals/archived')).toContain(one)
    expect(await idsOf('/api/v2/deals?status=deleted')).toEqual([two])
    account().archiveDeal(one ?? '', false)
    expect(await idsOf('/api/v2/deals')).toContain(one)
    simulator.advance(31 * 86_400_000)
    expect(await idsOf('/api/v2/deals?status=deleted')).toEqual([])
  })

  test('hold custom fields by codes that the definitions explain', async () => {
    const { data: fields } = (await ask('/api/v2/dealFields')).body
    const { data: deals } = (await ask('/api/v2/deals')).body
    const values = deals[0]?.custom_fields as Record<string, unknown>
    for (const code of Object.keys(values))
      expect(fields.map(({ field_code: known }) => known)).toContain(code)
    expect(Object.keys(values).every((code) => /^[0-9a-f]{40}$/.test(code))).toBe(true)
  })

  test('are seen only as they are laid over by a test', async () => {
    const { id } = account().truth().deals[2] ?? { id: '' }
    account().editDeal(id, { wire: { value: 1_000, currency: 'JPY' } })
    const row = (await ask('/api/v2/deals?limit=500')).body.data.find(({ id: each }) => String(each) === id)
    expect(row).toMatchObject({ value: 1_000, currency: 'JPY' })
  })
})

describe('a list of version 1', () => {
  test('says whether it goes on and where, and shifts when a row before goes', async () => {
    const first = await ask('/v1/notes?limit=10')
    expect(first.body.additional_data).toEqual({
      pagination: { start: 0, limit: 10, more_items_in_collection: true, next_start: 10 },
    })
    const next = await ask('/v1/notes?limit=10&start=10')
    account().removeNote(String(first.body.data[0]?.id))
    const shifted = await ask('/v1/notes?limit=10&start=10')
    expect(shifted.body.data[0]).toEqual(next.body.data[1])
  })

  test('of leads may have its paging without anything around it', async () => {
    await simulator.close()
    await start({ pipedrive: { leadsPaging: 'flat' } })
    expect((await ask('/v1/leads?limit=2')).body.additional_data).toEqual({
      start: 0,
      limit: 2,
      more_items_in_collection: true,
    })
  })
})

describe('limits', () => {
  test('each request costs its tokens, and the budget is new at midnight', async () => {
    await simulator.close()
    await start({ pipedrive: { dailyTokens: 35 } })
    expect(left(await ask('/api/v2/deals'))).toBe(25)
    expect(left(await ask('/api/v2/deals/archived'))).toBe(5)
    const refused = await ask('/api/v2/deals')
    expect([refused.status, left(refused), refused.body.success]).toEqual([429, 0, false])
    expect((await ask('/api/v2/stages')).status).toBe(429)
    simulator.advance(86_400_000)
    expect([(await ask('/api/v2/deals')).status, left(await ask('/api/v2/deals'))]).toEqual([200, 15])
  })

  test('so many requests in two seconds, and tokens are left', async () => {
    await simulator.close()
    await start({ pipedrive: { burst: 3 } })
    const seen = []
    for (let times = 0; times < 4; times += 1) seen.push(await ask('/api/v2/stages'))
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 200, 429])
    const last = seen.at(-1)?.headers
    expect([last?.get('x-ratelimit-remaining'), last?.get('x-ratelimit-reset')]).toEqual(['0', '2'])
    expect(Number(last?.get('x-daily-ratelimit-token-remaining'))).toBeGreaterThan(0)
  })

  test('whoever goes on asking gets a page of the gateway, for a quarter of an hour', async () => {
    await simulator.close()
    await start({ pipedrive: { dailyTokens: 0 } })
    const seen: number[] = []
    for (let times = 0; times < 12; times += 1) seen.push((await ask('/api/v2/stages')).status)
    expect(seen.slice(-2)).toEqual([429, 403])
    expect((await ask('/api/v2/stages')).text).toMatch(/^<!DOCTYPE html>/)
    simulator.advance(16 * 60_000)
    expect((await ask('/api/v2/stages')).status).toBe(429)
  })

  test('answers may keep silent about what is left', async () => {
    await simulator.close()
    await start({ pipedrive: { limitHeaders: false } })
    expect((await ask('/api/v2/deals')).headers.get('x-daily-ratelimit-token-remaining')).toBeNull()
  })
})

test('what is asked without a token, with another’s, or under an unknown path is refused', async () => {
  expect((await ask('/api/v2/deals', 'another')).body).toMatchObject({ success: false, errorCode: 401 })
  expect((await fetch(`${simulator.url}/api/v2/deals`)).status).toBe(401)
  expect((await ask('/v1/deals')).status).toBe(404)
  const posted = await fetch(`${simulator.url}/api/v2/deals`, {
    method: 'POST',
    headers: { 'x-api-token': harbour.accessToken },
  })
  expect(posted.status).toBe(404)
})

describe('a fault in Pipedrive’s own form', () => {
  test.each<[FaultName, number, RegExp]>([
    ['pipedrive-cool-down', 403, /^<!DOCTYPE html>/],
    ['pipedrive-scope-missing', 403, /Scope and URL mismatch/],
    ['pipedrive-not-open', 402, /not open/],
    ['pipedrive-paging-missing', 200, /^(?!.*additional_data)/],
    ['pipedrive-empty-page', 200, /"data":\[\],"additional_data":\{"next_cursor":"/],
  ])('%s', async (fault, status, text) => {
    simulator.faults.add({ fault, operation: 'v2/persons' })
    const seen = await ask('/api/v2/persons?limit=5')
    expect(seen.status).toBe(status)
    expect(seen.text).toMatch(text)
    expect((await ask('/api/v2/deals')).status).toBe(200)
    expect(simulator.faults.fired(fault)).toBe(1)
  })
})
