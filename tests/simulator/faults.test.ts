import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FaultName, Simulator } from '../../simulator/main.ts'
import { faultNames } from '../../simulator/fault-names.ts'
import { until } from '../support/until.ts'
import { larkspur, read, rosewood, startQuiet, visit, type Visit } from './visit.ts'

let simulator: Simulator
beforeEach(async () => {
  simulator = await startQuiet()
})
afterEach(() => simulator.close())

const PAGE = 'read_client_list?limit=100&offset=0'
const SECOND = 'read_client_list?limit=100&offset=100'

type Body = { TotalRecord?: unknown; data: Record<string, unknown>[] } & Record<string, unknown>
const bodyOf = ({ bytes }: Visit) => JSON.parse(bytes.toString()) as Body
const firstOf = (seen: Visit) => bodyOf(seen).data[0] ?? {}
const idsOf = (body: { data: Record<string, unknown>[] }) => body.data.map(({ client_id: id }) => id)

async function ask(path = PAGE): Promise<Visit> {
  return visit(simulator, path)
}

/** Puts the fault up for good and asks once. */
async function under(fault: FaultName, params: Record<string, unknown> = {}, path = PAGE): Promise<Visit> {
  simulator.faults.add({ fault, params })
  return ask(path)
}

const answers = (status: number, text: string) => async (fault: FaultName) => {
  const seen = await under(fault)
  expect(seen.status).toBe(status)
  expect(seen.bytes.toString()).toContain(text)
}

const retryAfter = (expected: string | undefined | RegExp) => async (fault: FaultName) => {
  const { status, headers } = await under(fault)
  expect(status).toBe(429)
  if (expected instanceof RegExp) expect(headers['retry-after']).toMatch(expected)
  else expect(headers['retry-after']).toBe(expected)
}

async function staysSilent(fault: FaultName): Promise<void> {
  const silent = Symbol('silent')
  const waited = new Promise((resolve) => setTimeout(() => resolve(silent), 100))
  simulator.faults.add({ fault })
  expect(await Promise.race([bookEvent(), waited])).toBe(silent)
  // On a slow machine the request may still be on its way.
  await expect.poll(() => simulator.faults.fired(fault)).toBe(1)
}

/** A write: somebody's event, by its name. */
async function bookEvent(): Promise<string> {
  const { webKey, accessToken, people } = accountAtHand()
  const event = { client_id: people[0]?.id ?? '', title: 'Booked here', start_date: '2030-01-07 09:00:00' }
  const answer = await fetch(`${simulator.baseUrl}create_client_event?${new URLSearchParams(event)}`, {
    method: 'POST',
    headers: { 'x-web-key': webKey, 'x-access-token': accessToken },
  })
  return answer.text()
}

const accountAtHand = () => {
  const account = simulator.account(larkspur.webKey)
  return { webKey: account.webKey, accessToken: account.accessToken, people: account.truth().people }
}
const eventsMade = () =>
  simulator
    .account(larkspur.webKey)
    .truth()
    .activities.filter(({ title }) => title === 'Booked here').length

/** Faults in the words of one CRM are proven beside it. */
type CommonFault = Exclude<FaultName, `hubspot-${string}` | `salesforce-${string}` | `pipedrive-${string}`>

/** One proof per fault; the compiler sees to it that none is missing. */
const proofs: Record<CommonFault, (fault: FaultName) => Promise<void>> = {
  'unauthorised-json': answers(401, '"Message":"Unauthorized: Invalid Access Token"'),
  'unauthorised-text': answers(401, 'Unauthorized'),
  'unauthorised-200': answers(200, '"CT_401"'),
  'unknown-web-key': answers(401, 'Invalid Web Key'),
  'token-rotated': async (fault) => {
    simulator.faults.add({ fault, nth: 2, params: { newToken: 'token-2' } })
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 401])
    expect(simulator.account(larkspur.webKey).accessToken).toBe('token-2')
  },
  forbidden: answers(403, 'Forbidden'),
  'operation-not-found': answers(404, 'CT_404'),
  'rate-limited-seconds': retryAfter('7'),
  'rate-limited-date': retryAfter(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/),
  'rate-limited-negative': retryAfter('-5'),
  'rate-limited-huge': retryAfter('999999'),
  'rate-limited-garbage': retryAfter('soon'),
  'rate-limited-bare': retryAfter(undefined),
  'server-error': answers(500, 'Internal Server Error'),
  'server-error-afterwards': async (fault) => {
    await answers(500, 'Internal Server Error')(fault)
    await bookEvent()
    expect(eventsMade()).toBe(1)
  },
  'write-refused': async (fault) => {
    simulator.faults.add({ fault, params: { message: 'Not on Sundays' } })
    expect(await bookEvent()).toContain('Not on Sundays')
    expect(eventsMade()).toBe(0)
  },
  'bad-gateway-html': answers(502, '<html>'),
  unavailable: answers(503, '<html>'),
  'gateway-timeout': answers(504, '<html>'),
  'login-page': answers(200, '<form'),
  redirect: async (fault) => {
    const { status, headers } = await under(fault, { location: 'http://127.0.0.1:9/away' })
    expect([status, headers.location]).toEqual([302, 'http://127.0.0.1:9/away'])
  },
  'no-content': answers(204, ''),
  'empty-body': async (fault) => {
    const { status, bytes, headers } = await under(fault)
    expect([status, bytes.length, headers['content-type']]).toEqual([200, 0, 'application/json'])
  },
  'error-body': async (fault) => {
    const seen = await under(fault, { code: 'CT_501' })
    expect([seen.status, bodyOf(seen).ResultCode]).toEqual([200, 'CT_501'])
  },
  'slow-answer': async (fault) => {
    const seen = await under(fault, { ms: 120 })
    expect(seen.ms).toBeGreaterThanOrEqual(110)
    expect(bodyOf(seen).data).toHaveLength(100)
    simulator.faults.clear()
    const before = simulator.faults.fired(fault)
    const held = under(fault, { ms: 3_600_000 })
    await until(() => simulator.faults.fired(fault) > before)
    simulator.faults.clear()
    expect(bodyOf(await held).data).toHaveLength(100)
  },
  'slow-drip': async (fault) => {
    const seen = await under(fault, { ms: 1 }, 'read_client_by_id/5')
    expect(seen.ms).toBeGreaterThanOrEqual(seen.bytes.length)
    expect(Number(seen.headers['content-length'])).toBe(seen.bytes.length)
  },
  'never-answers': staysSilent,
  'never-arrives': async (fault) => {
    await staysSilent(fault)
    simulator.faults.clear()
    await bookEvent()
    expect(eventsMade()).toBe(1)
  },
  'hung-up': async (fault) => expect((await under(fault)).error).toBe('socket hang up'),
  'cut-body': async (fault) => {
    const { bytes, headers, error } = await under(fault)
    expect(error).toBe('aborted')
    expect(bytes.length).toBe(Math.floor(Number(headers['content-length']) / 2))
  },
  'reset-while-chunked': async (fault) => {
    const { bytes, headers, error } = await under(fault)
    expect(headers['transfer-encoding']).toBe('chunked')
    expect(bytes.length).toBeGreaterThan(1000)
    expect(error).toMatch(/aborted|ECONNRESET/)
  },
  'truncated-gzip': async (fault) => {
    const { bytes, headers, error } = await under(fault)
    expect([error, headers['content-encoding']]).toEqual([null, 'gzip'])
    expect(Number(headers['content-length'])).toBe(bytes.length)
    expect(() => gunzipSync(bytes)).toThrow('unexpected end of file')
  },
  'gzip-bomb': async (fault) => {
    const { bytes } = await under(fault, { megabytes: 20 })
    expect(bytes.length).toBeLessThan(200_000)
    const inflated = gunzipSync(bytes)
    expect(inflated.length).toBeGreaterThan(20_000_000)
    expect(inflated.at(-1)).toBe('}'.charCodeAt(0))
  },
  'huge-headers': async (fault) => expect((await under(fault)).headers['x-trace']).toHaveLength(20_000),
  'many-headers': async (fault) =>
    expect(Object.keys((await under(fault)).headers).length).toBeGreaterThan(100),
  'invalid-json': async (fault) => {
    const seen = await under(fault)
    expect(() => bodyOf(seen)).toThrow(SyntaxError)
    expect(seen.bytes.toString()).toMatch(/\],\}$/)
  },
  'cut-json': async (fault) => {
    const seen = await under(fault)
    expect(() => bodyOf(seen)).toThrow(SyntaxError)
    expect([seen.error, Number(seen.headers['content-length'])]).toEqual([null, seen.bytes.length])
  },
  'total-missing': async (fault) => expect(bodyOf(await under(fault))).not.toHaveProperty('TotalRecord'),
  'total-as-text': async (fault) => expect(bodyOf(await under(fault)).TotalRecord).toBe('250'),
  'other-key-spelling': async (fault) => {
    const body = bodyOf(await under(fault))
    expect([body.resultCode, body.ResultCode]).toEqual(['CT200', undefined])
  },
  'data-missing': async (fault) => expect(bodyOf(await under(fault))).not.toHaveProperty('data'),
  'data-not-an-array': async (fault) => expect(Array.isArray(bodyOf(await under(fault)).data)).toBe(false),
  'empty-list': async (fault) =>
    expect(bodyOf(await under(fault))).toMatchObject({ TotalRecord: 0, data: [] }),
  'half-list': async (fault) => {
    const second = bodyOf(await under(fault, {}, SECOND))
    expect([second.TotalRecord, second.data.length]).toEqual([125, 25])
  },
  'half-list-full-total': async (fault) => {
    const second = bodyOf(await under(fault, {}, SECOND))
    expect([second.TotalRecord, second.data.length]).toEqual([250, 25])
  },
  'total-too-high': async (fault) => expect(bodyOf(await under(fault)).TotalRecord).toBe(750),
  'same-page-for-ever': async (fault) => {
    const first = idsOf(bodyOf(await ask()))
    expect(idsOf(bodyOf(await under(fault, {}, SECOND)))).toEqual(first)
  },
  'alternate-pages': async (fault) => {
    const pages = [bodyOf(await ask(PAGE)), bodyOf(await ask(SECOND))].map(idsOf)
    simulator.faults.add({ fault })
    const seen = [bodyOf(await ask()), bodyOf(await ask()), bodyOf(await ask())].map(idsOf)
    expect(seen).toEqual([pages[0], pages[1], pages[0]])
  },
  'page-overlaps': async (fault) => {
    const last = idsOf(bodyOf(await ask())).at(-1)
    expect(idsOf(bodyOf(await under(fault, {}, SECOND)))[0]).toBe(last)
  },
  'row-inserted': async (fault) => {
    simulator.faults.add({ fault })
    expect(bodyOf(await ask(PAGE)).TotalRecord).toBe(250)
    expect(bodyOf(await ask(SECOND)).TotalRecord).toBe(251)
    expect(simulator.account(rosewood.webKey).totals().people).toBe(251)
  },
  'row-removed': async (fault) => {
    const second = idsOf(bodyOf(await ask(SECOND)))
    const shifted = bodyOf(await under(fault, {}, SECOND))
    expect([shifted.TotalRecord, idsOf(shifted)[0]]).toEqual([249, second[1]])
  },
  'other-account': async (fault) => {
    const theirs = simulator.account(larkspur.webKey).truth().people.slice(0, 100)
    expect(idsOf(bodyOf(await under(fault)))).toEqual(theirs.map(({ id }) => id))
  },
  'long-text': async (fault) => expect(firstOf(await under(fault)).firstName).toHaveLength(1_000_000),
  'huge-body': async (fault) => expect((await under(fault)).bytes.length).toBeGreaterThan(30_000_000),
  emoji: async (fault) => expect(firstOf(await under(fault)).firstName).toContain('👩‍👩‍👧'),
  'lone-surrogate': async (fault) => {
    const seen = await under(fault)
    expect(seen.bytes.toString()).toContain(String.raw`half \ud800 pair`)
    expect(String(firstOf(seen).firstName).isWellFormed()).toBe(false)
  },
  'null-character': async (fault) => {
    const seen = await under(fault)
    expect(seen.bytes.toString()).toContain(String.raw`before\u0000after`)
  },
  'script-text': async (fault) => expect(firstOf(await under(fault)).firstName).toContain('<script>'),
  'invalid-utf8': async (fault) => {
    const { bytes } = await under(fault)
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow(TypeError)
  },
  latin1: async (fault) => {
    const seen = await under(fault)
    expect(seen.headers['content-type']).toContain('iso-8859-1')
    expect(seen.bytes.includes(Buffer.from('caf\u00e9', 'latin1'))).toBe(true)
  },
  'byte-order-mark': async (fault) => {
    expect((await under(fault)).bytes.subarray(0, 4).toString('hex')).toBe('efbbbf7b')
  },
  'duplicate-keys': async (fault) => {
    const seen = await under(fault)
    expect(seen.bytes.toString()).toMatch(/"data":\[\{"client_id":"\d+".*?"client_id":"second"\}/)
    expect(firstOf(seen).client_id).toBe('second')
  },
  'deep-nesting': async (fault) =>
    expect((await under(fault)).bytes.toString()).toContain('['.repeat(20_000)),
  'proto-key': async (fault) => {
    const first = firstOf(await under(fault))
    expect(Object.getOwnPropertyDescriptor(first, '__proto__')?.value).toEqual({ isAdmin: true })
  },
  'number-id': async (fault) => {
    expect((await under(fault)).bytes.toString()).toContain('"client_id":9007199254740993,')
  },
  'strange-date': async (fault) => expect(firstOf(await under(fault)).created).toBe('0000-00-00 00:00:00'),
  'strange-amount': async (fault) => expect(firstOf(await under(fault)).deal_size).toBe('1.234,56'),
  'unknown-field': async (fault) => {
    expect(bodyOf(await under(fault)).data.every((row) => row.favourite_colour === 'teal')).toBe(true)
  },
  'field-missing': async (fault) =>
    expect(firstOf(await under(fault))).not.toHaveProperty('last_modified_date'),
  'field-null': async (fault) => expect(firstOf(await under(fault, { field: 'email' })).email).toBeNull(),
  'id-missing': async (fault) => {
    const { data } = bodyOf(await under(fault))
    expect([data[0]?.client_id, typeof data[1]?.client_id]).toEqual([undefined, 'string'])
  },
}

const common = Object.entries(faultNames).filter(([name]) => !/^(hubspot|salesforce|pipedrive)-/.test(name))
test.each(common)('%s: %s', async (name) => {
  const fault = name as CommonFault
  await proofs[fault](fault)
  expect(simulator.faults.fired(fault)).toBeGreaterThanOrEqual(1)
  expect(simulator.ledger.entries().some((entry) => entry.fault === fault)).toBe(true)
})

const statuses = async (count: number, path = PAGE) => {
  const seen: number[] = []
  for (let i = 0; i < count; i++) seen.push((await ask(path)).status)
  return seen
}

test('a rule waits for its nth request and ends after its times', async () => {
  simulator.faults.add({ fault: 'server-error', nth: 2, times: 2 })
  expect(await statuses(5)).toEqual([200, 500, 500, 200, 200])
  expect(simulator.faults.fired('server-error')).toBe(2)
})

test('a rule keeps to its operation and its account', async () => {
  simulator.faults.add({ fault: 'server-error', operation: 'read_user_list' })
  simulator.faults.add({ fault: 'unavailable', account: larkspur.webKey })
  expect([...(await statuses(1)), ...(await statuses(1, 'read_user_list'))]).toEqual([200, 500])
  const headers = { 'X-Web-Key': larkspur.webKey, 'X-Access-Token': larkspur.accessToken }
  expect((await visit(simulator, PAGE, headers)).status).toBe(503)
})

test('a rule keeps to its hours on the simulated clock', async () => {
  simulator.faults.add({
    fault: 'unavailable',
    from: '2026-11-20T16:00:00Z',
    until: new Date('2026-11-20T17:00:00Z'),
  })
  const seen: number[] = []
  for (let hour = 0; hour < 3; hour++) {
    seen.push(...(await statuses(1)))
    simulator.advance(3_600_000)
  }
  expect(seen).toEqual([200, 503, 200])
})

test('chance is seeded: the same rule meets the same requests', async () => {
  const draws: number[][] = []
  for (let round = 0; round < 2; round++) {
    const takeDown = simulator.faults.add({ fault: 'server-error', probability: 0.4, seed: 3 })
    draws.push(await statuses(30))
    takeDown()
  }
  expect(draws[0]).toEqual(draws[1])
  expect(new Set(draws[0])).toEqual(new Set([200, 500]))
})

test('no rule, no fault; an unknown name is refused', async () => {
  simulator.faults.add({ fault: 'server-error' })
  simulator.faults.clear()
  expect(await statuses(2)).toEqual([200, 200])
  expect(() => simulator.faults.add({ fault: 'toString' as FaultName })).toThrow(
    'no fault is called toString',
  )
  expect((await read(simulator, PAGE)).data).toHaveLength(100)
})

test('a fault that finds nothing to spoil does not count as fired', async () => {
  simulator.faults.add({ fault: 'emoji', times: 1 })
  await ask('read_client_by_id/12')
  expect(simulator.faults.fired('emoji')).toBe(0)
  await ask()
  expect(simulator.faults.fired('emoji')).toBe(1)
  expect(simulator.ledger.entries().map(({ fault }) => fault)).toEqual([null, 'emoji'])
})

test('a compressed answer can be spoiled too', async () => {
  await simulator.close()
  simulator = await startQuiet({ gzip: true })
  simulator.faults.add({ fault: 'total-missing' })
  const headers = {
    'X-Web-Key': rosewood.webKey,
    'X-Access-Token': rosewood.accessToken,
    'Accept-Encoding': 'gzip',
  }
  const { bytes } = await visit(simulator, PAGE, headers)
  expect(gunzipSync(bytes).toString()).not.toContain('TotalRecord')
})
