import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientAddress } from '../../../src/server/address.ts'
import { refuseOpenHost } from '../../../src/server/hosts.ts'
import { serve, startApp, webSecret, type TestApp } from '../app.ts'
import { connectAsWeb } from '../place.ts'
import { seedTidewell } from '../seed.ts'

let app: TestApp

beforeAll(async () => {
  app = await startApp()
  await seedTidewell(app.seed)
})

afterAll(() => app.close())

/** Sends headers that fetch would not let anyone set. */
async function send(path: string, headers: Record<string, string>, method = 'GET') {
  const sent = request(`${app.url}${path}`, { method, headers }).end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const text = (await answer.toArray()).join('')
  return { status: answer.statusCode, headers: answer.headers, text }
}

describe('every answer', () => {
  test.each(['/w', '/w/tidewell/overview', '/favicon.svg', '/nowhere', '/api/v1/sync/status', '/healthz'])(
    'of %s carries the security headers and its request id',
    async (path) => {
      const { headers } = await fetch(app.url + path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('same-origin')
      expect(headers.get('permissions-policy')).toContain('camera=()')
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toContain('unsafe')
      expect(headers.get('x-request-id')).toMatch(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/)
    },
  )

  test('leaves one line in the log, under the same id', async () => {
    const { headers } = await app.ana.get('/w/tidewell/overview?secret=1')
    const id = headers.get('x-request-id')
    await expect
      .poll(() => app.logged.find((line) => line['request_id'] === id))
      .toMatchObject({
        msg: 'request',
        method: 'GET',
        path: '/w/tidewell/overview',
        route: '/w/[workspace]/overview',
        status: 200,
      })
  })

  test('of a hashed file may be kept for ever, of a page not at all', async () => {
    const page = await app.ana.get('/w/tidewell/overview')
    const style = /href="(\/_\/[^"]+\.css)"/.exec(await page.text())?.[1] ?? ''
    expect(page.headers.get('cache-control')).toBe('no-store')
    expect((await fetch(app.url + style)).headers.get('cache-control')).toContain('immutable')
  })
})

test.each([
  ['/w/tidewell/overview', 'gzip'],
  ['/w/tidewell/settings/audit', 'gzip'],
  ['/w/tidewell/settings/security', null],
  ['/w/tidewell/settings/keys', null],
  ['/w/tidewell/settings/connections', null],
])('%s travels packed as far as no secret can stand on it: %s', async (path, encoding) => {
  const page = await app.ana.get(path, { 'accept-encoding': 'gzip' })
  expect([page.status, page.headers.get('content-encoding')]).toEqual([200, encoding])
})

test('a part of a file that nobody can give ends no program', async () => {
  for (const range of ['bytes=5-2', 'bytes=99999999-', 'bytes=a-b']) {
    expect([200, 206, 416]).toContain((await send('/favicon.svg', { range })).status)
    expect((await send('/healthz', {})).status).toBe(200)
  }
})

test('a method that no page can be asked with is refused', async () => {
  expect((await send('/w', {}, 'TRACE')).status).toBe(405)
})

describe('the Host header', () => {
  test.each(['evil.test', 'evil.test:4321', 'localhost.evil.test', '127.0.0.1.evil.test', 'a b'])(
    '"%s" is refused',
    async (host) => {
      const { status, text } = await send('/w', { host })
      expect([400, 421]).toContain(status)
      expect(text).not.toContain('Workspaces')
    },
  )

  test.each(['localhost', 'LOCALHOST:4321', '127.0.0.1:80', '[::1]:4321'])(
    '"%s" is answered',
    async (host) => {
      expect((await send('/sign-in', { host })).status).toBe(200)
    },
  )

  test('of PUBLIC_URL is answered too', async () => {
    const web = await serve(app, { PUBLIC_URL: 'https://sync.example.com/' })
    const sent = request(`${web.url}/healthz`, { headers: { host: 'sync.example.com' } }).end()
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    answer.resume()
    expect(answer.statusCode).toBe(200)
    // Whoever came by TLS once comes by TLS only; on this machine nothing promises it.
    expect(answer.headers['strict-transport-security']).toContain('max-age=63072000')
    expect((await send('/healthz', { host: 'localhost' })).headers).not.toHaveProperty(
      'strict-transport-security',
    )
    await web.close()
  })
})

describe('the address of whoever asks', () => {
  const proxies = ['10.0.0.0/8', '2001:db8::1']
  test.each([
    ['the socket’s where no proxy is named', '203.0.113.9', '1.2.3.4, 5.6.7.8', [], '203.0.113.9'],
    ['the socket’s where it is no proxy of ours', '203.0.113.9', '1.2.3.4', proxies, '203.0.113.9'],
    ['what our proxy says', '10.0.0.1', '198.51.100.7', proxies, '198.51.100.7'],
    [
      'the last one, left of which strangers write',
      '10.0.0.1',
      '1.2.3.4, 198.51.100.7',
      proxies,
      '198.51.100.7',
    ],
    [
      'behind two proxies the one before them',
      '10.0.0.1',
      '1.2.3.4, 198.51.100.7, 10.9.9.9',
      proxies,
      '198.51.100.7',
    ],
    ['the proxy’s when what it says is no address', '10.0.0.1', '198.51.100.7, evil', proxies, '10.0.0.1'],
    ['the proxy’s when it says nothing', '10.0.0.1', undefined, proxies, '10.0.0.1'],
    ['one, however it is spelt', '::ffff:10.0.0.1', '::ffff:198.51.100.7', proxies, '198.51.100.7'],
    ['of version 6 as well', '2001:db8::1', '2001:DB8:0::7', proxies, '2001:db8::7'],
  ] as const)('is %s', (_words, remoteAddress, forwarded, trusted, expected) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
    const asked = { socket: { remoteAddress }, headers } as Pick<IncomingMessage, 'socket' | 'headers'>
    expect(clientAddress(asked, trusted)).toBe(expected)
  })
})

test('what browsers are given holds no secret, no map of the sources and nothing of the server', () => {
  const root = join(import.meta.dirname, '../../../dist/client')
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  expect(files.length).toBeGreaterThan(3)
  expect(files.filter(({ name }) => name.endsWith('.map'))).toEqual([])
  const inside =
    /sourceMappingURL|postgres:|PRIVATE KEY|tdm_[\w-]{43}|TIDEMARK_SECRET|tidemark_web|["'`]node:/
  for (const { parentPath, name } of files) {
    const text = readFileSync(join(parentPath, name), 'utf8')
    expect(text, name).not.toMatch(inside)
    expect(text, name).not.toContain(webSecret)
  }
})

describe('a failure of ours', () => {
  test('is a page with a reference that finds the line in the log, and no trace', async () => {
    const { client } = app.seed
    await client.query('alter table won_targets rename to targets_elsewhere')
    const answer = await app.ana.get('/w/tidewell/settings/targets')
    const html = await answer.text()
    await client.query('alter table targets_elsewhere rename to won_targets')
    const id = answer.headers.get('x-request-id') ?? ''
    expect(answer.status).toBe(500)
    expect(html).toContain(id)
    expect(html).not.toMatch(/targets_elsewhere|relation|node:|node_modules/)
    const tenant_id = (await client.query<{ id: string }>(`select id from tenants where slug = 'tidewell'`))
      .rows[0]?.id
    expect(app.logged).toContainEqual(
      expect.objectContaining({ request_id: id, tenant_id, msg: 'page failed' }),
    )
  })
})

describe('an address that others can reach', () => {
  const opening = (HOST: string, PUBLIC_URL?: string) => () => refuseOpenHost({ HOST, PUBLIC_URL })

  test('must be named, and reached by TLS', async () => {
    await expect(serve(app, { HOST: '0.0.0.0' })).rejects.toThrow(/PUBLIC_URL must say/)
    expect(opening('0.0.0.0', 'http://sync.example.com')).toThrow(/in the open.*https:/)
    expect(opening('127.0.0.1', 'http://sync.example.com')).toThrow(/in the open/)
    expect(opening('0.0.0.0', 'https://sync.example.com')).not.toThrow()
  })

  test('may be everywhere for a container that is published on loopback', () => {
    for (const address of ['http://localhost:4321', 'http://127.0.0.1:4321', 'http://[::1]:4321'])
      expect(opening('0.0.0.0', address)).not.toThrow()
  })
})

describe('a request that changes something', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const path = '/w/tidewell/sync/run-now'

  test('from another site is refused, whatever it claims to be', async () => {
    for (const headers of [
      { ...form, origin: 'https://evil.test' },
      { ...form, origin: 'null' },
      { 'content-type': 'text/plain' },
      { ...form, 'sec-fetch-site': 'cross-site' },
      { 'content-type': 'application/json', origin: 'https://evil.test' },
      form,
    ]) {
      expect((await send(path, headers, 'POST')).status, JSON.stringify(headers)).toBe(403)
    }
  })

  test.each(['/w', '/w/tidewell/overview', '/healthz', '/api/v1/sync/status'])(
    'is not taken by %s',
    async (address) => {
      const answer = await fetch(app.url + address, { method: 'POST', headers: { origin: app.url } })
      expect(answer.status).toBe(405)
      expect(answer.headers.get('allow')).toBe('GET, HEAD')
    },
  )

  test.each(['/api/v1/sync/status', '/w/tidewell/overview', '/healthz'])(
    'and pages of other sites may not even read %s',
    async (address) => {
      for (const method of ['GET', 'OPTIONS']) {
        const asked = { origin: 'https://evil.test', 'access-control-request-method': 'GET' }
        const { headers } = await fetch(app.url + address, { method, headers: asked, redirect: 'manual' })
        expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([])
      }
    },
  )

  test.each(['PUT', 'DELETE', 'PATCH'])('by %s is taken by nobody', async (method) => {
    expect((await fetch(app.url + path, { method, headers: { origin: app.url } })).status).toBe(405)
  })
})

describe('a malformed request', () => {
  test.each([
    '/%E0%A4%A',
    '/w/%E0%A4%A/overview',
    '//evil.test/w',
    '/w/tidewell/sync/runs?before=%00',
    '/..%2f..%2fpackage.json',
  ])('for %s is no failure of ours', async (path) => {
    const { status, text } = await send(path, {})
    expect(status).toBeLessThan(500)
    expect(text).not.toContain('dependencies')
  })

  test.each([
    '/w/tidewell/overview%0d%0aset-cookie:%20planted=1',
    '/w%0d%0aset-cookie:%20planted=1/x',
    '/sign-in?next=%0d%0aset-cookie:%20planted=1',
    '/sign-in?next=/w%0d%0aset-cookie:%20planted=1',
    '/api/sync/status%0d%0aset-cookie:%20planted=1?workspace=%0d%0aset-cookie:%20planted=1',
    '/api/auth/callback/x%0d%0aset-cookie:%20planted=1?state=%0d%0aset-cookie:%20planted=1',
    '/w/tidewell/export/hot-list%0d%0aset-cookie:%20planted=1',
  ])('for %s makes no second header', async (path) => {
    const cookie = [...app.ana.cookies].map((pair) => pair.join('=')).join('; ')
    for (const headers of [{}, { cookie }] as Record<string, string>[]) {
      const answer = await send(path, headers)
      expect(answer.status).toBeLessThan(500)
      expect(answer.headers['set-cookie']?.join() ?? '').not.toContain('planted')
    }
  })

  test('of more than a megabyte, nested or packed, is refused soon, and the next one is answered', async () => {
    const big = 'x'.repeat(2_000_000)
    const cookie = [...app.ana.cookies].map((pair) => pair.join('=')).join('; ')
    const json = { 'content-type': 'application/json', origin: app.url }
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: app.url }
    const tries: [string, { headers: Record<string, string>; body: string | Uint8Array<ArrayBuffer> }][] = [
      ['/api/v1/sync/runs?workspace=tidewell', { headers: json, body: `{"connection":"${big}"}` }],
      [
        '/api/v1/sync/runs?workspace=tidewell',
        { headers: json, body: '['.repeat(100_000) + ']'.repeat(100_000) },
      ],
      [
        '/api/v1/sync/runs?workspace=tidewell',
        {
          headers: { ...json, 'content-encoding': 'gzip' },
          body: new Uint8Array(gzipSync('['.repeat(50_000_000))),
        },
      ],
      ['/sign-in', { headers: form, body: `email=${big}` }],
      // Within the megabyte, and more fields than anybody has use for.
      ['/sign-in', { headers: form, body: 'a&'.repeat(400_000) }],
      ['/w/tidewell/sync/run-now', { headers: form, body: `connection=${big}` }],
    ]
    for (const [path, init] of tries) {
      const startedMs = performance.now()
      // Each on a connection of its own: what is left of a refused body stands in the way of the next request.
      const sent = request(app.url + path, {
        method: 'POST',
        headers: { cookie, ...init.headers },
        agent: false,
      })
      sent.on('error', () => undefined).end(init.body)
      const [answer] = (await once(sent, 'response')) as [IncomingMessage]
      sent.destroy()
      const status = answer.statusCode
      expect([400, 401, 413, 422], path).toContain(status)
      expect(performance.now() - startedMs, path).toBeLessThan(3_000)
    }
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
  })

  test('with a body that never ends is answered while it is sent', async () => {
    const cookie = [...app.ana.cookies].map((pair) => pair.join('=')).join('; ')
    const headers = { cookie, origin: app.url, 'transfer-encoding': 'chunked' }
    const sent = request(`${app.url}/api/v1/sync/runs?workspace=tidewell`, { method: 'POST', headers })
    sent.on('error', () => undefined)
    const sending = setInterval(() => sent.write('x'.repeat(65_536)), 5)
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    clearInterval(sending)
    sent.destroy()
    expect(answer.statusCode).toBe(400)
  })

  test('with a form that is none is told so', async () => {
    for (const [type, body] of [
      ['application/json', '{}'],
      ['application/x-www-form-urlencoded', 'connection=7'],
    ] as const) {
      const headers = { 'content-type': type, origin: app.url }
      const answer = await app.ana.send('/w/tidewell/sync/run-now', { method: 'POST', headers, body })
      expect(answer.status).toBe(400)
    }
  })
})

test('"Run now" on a page that is older than the pause says why nothing was started', async () => {
  const tenantId = await app.seed.tenant('resting')
  const { id } = await app.seed.connection(tenantId, { state: 'paused' })
  const answer = await app.ana.post('/w/resting/sync/run-now', { connection: id })
  const leadsTo = answer.headers.get('location') ?? ''
  expect(leadsTo).toBe('/w/resting/sync?asked=paused')
  expect(await (await app.ana.get(leadsTo)).text()).toContain(
    'The connection is paused, so nothing was started.',
  )
})

describe('what is not there', () => {
  test.each([
    ['/w/nobody/overview', 'There is no workspace with this address.'],
    [
      '/w/tidewell/sync/runs/01937f00-0000-7000-8000-000000000000',
      'This run isn&#39;t in Tidewell Car Wash.',
    ],
    ['/w/tidewell/sync/runs/not-an-id', 'This run isn&#39;t in Tidewell Car Wash.'],
    ['/nowhere', 'There is no page with this address.'],
    ['/w/%00/overview', 'There is no workspace with this address.'],
    ['/w/Tidewell/overview', 'There is no workspace with this address.'],
  ])('%s says so', async (path, words) => {
    const answer = await app.ana.get(path)
    expect(answer.status).toBe(404)
    expect((await answer.text()).replaceAll("isn't", 'isn&#39;t')).toContain(words)
  })
})

describe('when the database is away', () => {
  test('pages say that nothing is lost and come back, programs get 503, and nobody sees a trace', async () => {
    const databaseUrl = 'postgres://nobody@127.0.0.1:1/nothing'
    const nowhere = connectAsWeb(databaseUrl)
    const web = await serve({ database: nowhere, databaseUrl })
    const headers = { cookie: [...app.ana.cookies].map((pair) => pair.join('=')).join('; ') }
    const page = await fetch(`${web.url}/w/tidewell/overview`, { headers })
    const html = await page.text()
    expect(page.status).toBe(503)
    expect(page.headers.get('retry-after')).toBe('30')
    expect(html).toContain('We&#39;re restarting')
    expect(html).toContain('Nothing is lost.')
    const api = await fetch(`${web.url}/api/v1/sync/status?workspace=tidewell`, { headers })
    const body = await api.text()
    expect(api.status).toBe(503)
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'unavailable' } })
    expect(html + body).not.toMatch(/ECONNREFUSED|node:|at \w+ \(/)
    expect((await fetch(`${web.url}/healthz`)).status).toBe(200)
    expect(await (await fetch(`${web.url}/metrics`)).text()).toContain('tidemark_database_up 0')
    await web.close()
    await nowhere.close()
  })
})

test('stopping lets a request under way end, and answers no new one', async () => {
  const web = await serve(app)
  const { client } = app.seed
  await client.query('begin; lock table tenants')
  const cookie = [...app.ana.cookies].map((pair) => pair.join('=')).join('; ')
  const underWay = fetch(`${web.url}/w/tidewell/overview`, { headers: { cookie } })
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(async () => (await client.query(waiting)).rowCount).toBe(1)
  const closed = web.close()
  await expect(fetch(`${web.url}/healthz`)).rejects.toThrow()
  await client.query('commit')
  expect((await underWay).status).toBe(200)
  const before = Date.now()
  await closed
  expect(Date.now() - before).toBeLessThan(1_000)
})
