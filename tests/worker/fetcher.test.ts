import { gzipSync } from 'node:zlib'
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { clientTether } from '../../worker/connectors/clienttether.ts'
import { RetriableError, StoppedError, type SyncError } from '../../worker/errors.ts'
import { createFetcher, longestWaitMs, type Fetcher } from '../../worker/fetcher.ts'
import { retryAfterMs } from '../../worker/status-fault.ts'
import { listOf, sendJson, startStub, type StubCrm } from './stub-crm.ts'

const open: { close: () => Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

type Options = Partial<Parameters<typeof createFetcher>[0]>
const secrets = { accessToken: 'CANARY-TOKEN', webKey: 'CT_rosewood' }

async function arrangeStub(answer: (response: ServerResponse, nth: number) => void, options: Options = {}) {
  const stub = await startStub((response, _path, nth) => answer(response, nth))
  const quiets: number[] = []
  const fetcher = createFetcher({
    connector: clientTether,
    baseUrl: stub.url,
    secrets,
    allowPrivateHosts: true,
    turn: async () => {},
    quiet: async (ms) => void quiets.push(ms),
    stopping: new AbortController().signal,
    retryWaitsMs: [5, 10, 20],
    timeoutMs: 5_000,
    ...options,
  })
  open.push(stub, fetcher)
  return { stub, fetcher, quiets }
}

const ask = (fetcher: Fetcher) => fetcher.ask({ method: 'GET', path: 'read_client_list' }, 'leads')
const failureOf = (fetcher: Fetcher): Promise<SyncError> =>
  ask(fetcher).then(
    () => Promise.reject(new Error('an answer came')),
    (error: SyncError) => error,
  )
const gaps = ({ requests }: StubCrm) =>
  requests.slice(1).map(({ atMs }, at) => atMs - (requests[at]?.atMs ?? 0))

describe('a request', () => {
  test('carries who asks, what it accepts and what it wants', async () => {
    const { stub, fetcher } = await arrangeStub((response) => sendJson(response, listOf({ client_id: '1' })))
    const { reply } = await fetcher.ask(
      { method: 'GET', path: 'read_client_list', query: { limit: '100', offset: '0' } },
      'leads',
    )
    expect(reply.status).toBe(200)
    expect(stub.requests[0]).toMatchObject({
      path: '/v2/api/read_client_list?limit=100&offset=0',
      headers: {
        'x-access-token': 'CANARY-TOKEN',
        'x-web-key': 'CT_rosewood',
        accept: 'application/json',
        'accept-encoding': 'gzip',
      },
    })
  })

  test('waits for its turn before every try', async () => {
    let turns = 0
    const { fetcher } = await arrangeStub((response) => sendJson(response, '', 500), {
      turn: async () => void (turns += 1),
    })
    await failureOf(fetcher)
    expect(turns).toBe(4)
  })
})

describe('one call and three retries', () => {
  // Only how short a wait may be is asked: a busy machine can make every wait longer.
  test.each([
    ['a quarter less', 0, 0.75],
    ['a quarter more', 1, 1.25],
  ])(
    'wait longer each time, and up to %s, so that workers do not come back together',
    async (_, luck, share) => {
      vi.spyOn(Math, 'random').mockReturnValue(luck)
      const waits = [40, 80, 160]
      const { stub, fetcher } = await arrangeStub((response) => sendJson(response, 'down', 503), {
        retryWaitsMs: waits,
      })
      expect(await failureOf(fetcher)).toMatchObject({ code: 'E_CRM_DOWN', message: 'status 503' })
      expect(stub.requests).toHaveLength(4)
      expect(fetcher.traffic).toMatchObject({ requests: 4, retries: 3 })
      for (const [at, gap] of gaps(stub).entries())
        expect(gap).toBeGreaterThanOrEqual((waits[at] ?? 0) * share - 2)
    },
  )

  test('wait 1, 2 and 4 seconds unless told otherwise', async () => {
    const stopping = new AbortController()
    const { stub, fetcher } = await arrangeStub((response) => sendJson(response, '', 500), {
      retryWaitsMs: undefined,
      stopping: stopping.signal,
    })
    const failure = failureOf(fetcher)
    await expect.poll(() => stub.requests.length).toBe(2)
    expect(gaps(stub)[0]).toBeGreaterThanOrEqual(748)
    stopping.abort()
    expect(await failure).toBeInstanceOf(StoppedError)
  })

  test.each([
    [400, 1],
    [401, 1],
    [403, 1],
    [404, 1],
    [408, 4],
    [409, 1],
    [410, 1],
    [422, 1],
    [425, 4],
    [429, 4],
    [500, 4],
    [501, 4],
    [502, 4],
    [503, 4],
    [504, 4],
    [524, 4],
  ])('status %i is asked for %i times', async (status, times) => {
    const { stub, fetcher } = await arrangeStub((response) => sendJson(response, '{"Message":"No"}', status))
    await failureOf(fetcher)
    expect(stub.requests).toHaveLength(times)
  })

  test('go by the status and not by the code inside its body', async () => {
    const { stub, fetcher, quiets } = await arrangeStub((response) =>
      sendJson(response, '{"ResultCode":"CT_429","Message":"Too many"}', 429, { 'retry-after': '0.02' }),
    )
    expect(await failureOf(fetcher)).toMatchObject({ code: 'E_RATE_LIMITED' })
    expect([stub.requests.length, quiets]).toEqual([4, []])
    const forbidden = await arrangeStub((response) => sendJson(response, '{"ResultCode":"CT_403"}', 403))
    expect(await failureOf(forbidden.fetcher)).toMatchObject({ code: 'E_PERMISSION' })
  })

  test('C18: go on after a kept connection was closed at the moment of writing', async () => {
    const { fetcher } = await arrangeStub((response, nth) => {
      if (nth === 2) response.socket?.destroy()
      else sendJson(response, listOf())
    })
    await ask(fetcher)
    await expect(ask(fetcher)).resolves.toMatchObject({ reply: { status: 200 } })
  })

  test('are given up at once when the worker stops', async () => {
    const stopping = new AbortController()
    const { fetcher } = await arrangeStub((response) => sendJson(response, '', 500), {
      retryWaitsMs: [60_000],
      stopping: stopping.signal,
    })
    const failure = failureOf(fetcher)
    setTimeout(() => stopping.abort(), 50)
    expect(await failure).toBeInstanceOf(StoppedError)
  })
})

describe('what Retry-After says', () => {
  const now = Date.UTC(2026, 10, 20, 15)
  test.each<[string | undefined, number | undefined]>([
    ['7', 7_000],
    [' 120 ', 120_000],
    ['Fri, 20 Nov 2026 15:00:09 GMT', 9_000],
    ['999999', 999_999_000],
    ['0', undefined],
    ['-5', undefined],
    ['Fri, 20 Nov 2026 14:59:00 GMT', undefined],
    ['soon', undefined],
    ['1.5', undefined],
    ['1e9', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %j ms', (header, ms) => expect(retryAfterMs(header, now)).toBe(ms))

  test('is kept by every worker, and waited for', async () => {
    const { stub, fetcher, quiets } = await arrangeStub((response, nth) =>
      nth === 1 ? sendJson(response, '', 429, { 'retry-after': '1' }) : sendJson(response, listOf()),
    )
    await ask(fetcher)
    expect(quiets).toEqual([1_000])
    expect(gaps(stub)[0]).toBeGreaterThanOrEqual(998)
  })

  test('is honoured for 503 as well', async () => {
    const { fetcher, quiets } = await arrangeStub((response, nth) =>
      nth === 1 ? sendJson(response, '', 503, { 'retry-after': '1' }) : sendJson(response, listOf()),
    )
    await ask(fetcher)
    expect(quiets).toEqual([1_000])
  })

  test('beyond two minutes ends the request, so that the next run comes later', async () => {
    const { stub, fetcher } = await arrangeStub((response) =>
      sendJson(response, '', 429, { 'retry-after': String(longestWaitMs / 1_000 + 1) }),
    )
    const failure = await failureOf(fetcher)
    expect(failure).toBeInstanceOf(RetriableError)
    expect(failure).toMatchObject({ code: 'E_RATE_LIMITED', retryAfterMs: longestWaitMs + 1_000 })
    expect(stub.requests).toHaveLength(1)
  })
})

describe('a body', () => {
  test('that drips is timed as a whole', async () => {
    const { fetcher } = await arrangeStub(
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const drip = setInterval(() => response.write(' '), 10)
        response.on('close', () => clearInterval(drip))
      },
      { timeoutMs: 120, retryWaitsMs: [] },
    )
    const startedMs = performance.now()
    expect(await failureOf(fetcher)).toMatchObject({ code: 'E_CRM_DOWN' })
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  })

  test('that is compressed is read', async () => {
    const { fetcher } = await arrangeStub((response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(listOf({ client_id: '1' }))),
    )
    const { bytes, reply } = await ask(fetcher)
    expect(bytes.toString()).toBe(listOf({ client_id: '1' }))
    expect(reply.body).toMatchObject({ TotalRecord: 1 })
  })

  test('that is larger than 32 MB is not read to its end', async () => {
    let sent = 0
    const { fetcher } = await arrangeStub((response) => {
      const megabyte = Buffer.alloc(1_048_576, ' ')
      const pour = () => {
        while (sent < 200 && response.write(megabyte)) sent += 1
        if (sent < 200) response.once('drain', () => ((sent += 1), pour()))
      }
      response.writeHead(200, { 'content-type': 'application/json' })
      pour()
    })
    expect(await failureOf(fetcher)).toMatchObject({ code: 'E_CRM_BAD_REPLY' })
    expect(sent).toBeLessThan(60)
  })

  test('with more or fewer bytes than announced is no answer', async () => {
    const { fetcher } = await arrangeStub((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' })
      response.write(listOf())
      setTimeout(() => response.socket?.end(), 5)
    })
    expect(await failureOf(fetcher)).toMatchObject({ code: 'E_CRM_DOWN' })
  })
})

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])(
    '%i is not followed, and the key is sent nowhere else',
    async (status) => {
      const elsewhere = await startStub((response) => sendJson(response, listOf({ client_id: 'stolen' })))
      open.push(elsewhere)
      const { stub, fetcher } = await arrangeStub((response) =>
        response.writeHead(status, { location: `${elsewhere.url}read_client_list` }).end(),
      )
      expect(await failureOf(fetcher)).toMatchObject({ code: 'E_CRM_BAD_REPLY' })
      expect([stub.requests.length, elsewhere.requests.length]).toEqual([1, 0])
    },
  )
})

test('the complaint of a CRM reaches the operator in a form that can be stored', async () => {
  const { fetcher } = await arrangeStub((response) =>
    sendJson(response, JSON.stringify({ ResultCode: 'CT_501', Message: `bad\0key${'x'.repeat(5_000)}` })),
  )
  const failure = await failureOf(fetcher)
  expect(failure.message).toContain('bad\uFFFDkey')
  expect(failure.message.length).toBeLessThan(400)
})

test('C14: a certificate that nobody vouches for is an error, not a warning', async () => {
  const { createServer } = await import('node:https')
  const { certificate, key } = await import('./self-signed.ts')
  const server = createServer({ cert: certificate, key }, (_request, response) => response.end(listOf()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const { fetcher } = await arrangeStub(() => undefined, { baseUrl: `https://127.0.0.1:${port}/` })
  expect(await failureOf(fetcher)).toMatchObject({ code: 'E_CRM_DOWN', message: /SELF_SIGNED|certificate/i })
  server.close()
})
