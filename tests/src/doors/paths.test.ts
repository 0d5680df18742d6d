import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../app.ts'
import { seedTidewell } from '../seed.ts'

let app: TestApp
let elsewhere: string

beforeAll(async () => {
  app = await startApp()
  await seedTidewell(app.seed)
  const { tenantId } = await seedTidewell(app.seed, { slug: 'harbour', name: 'Harbour' })
  const visitor = await app.as('admin', tenantId)
  elsewhere = [...visitor.cookies].map((pair) => pair.join('=')).join('; ')
})

afterAll(() => app.close())

/** Sends a path as it is written; fetch would tidy it up first. */
async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const { hostname, port } = new URL(app.url)
  const sent = request({
    hostname,
    port,
    path,
    method,
    headers: { host: `${hostname}:${port}`, ...headers },
  }).end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, text: (await answer.toArray()).join('') }
}

/** Ways to write `/w/tidewell/overview` that a router and a guard might read differently. */
const spellings = [
  '/%77/tidewell/overview',
  '/w/%74idewell/overview',
  '/w/%2574idewell/overview',
  '/w/tidewell/%6Fverview',
  '/w/tidewell/overview/',
  '/w/tidewell//overview',
  '//w/tidewell/overview',
  '/./w/tidewell/overview',
  '/x/../w/tidewell/overview',
  '/x/..;/w/tidewell/overview',
  '/w/harbour/../tidewell/overview',
  '/w/harbour/%2e%2e/tidewell/overview',
  '/w/harbour%2f..%2ftidewell/overview',
  '/w/tidewell/overview.',
  '/w/tidewell/overview%00',
  '/w/tidewell/overview;x=1',
  '/w/tidewell\\overview',
  '/W/tidewell/overview',
  '/w/TIDEWELL/overview',
  '/w/tidewell/overview?workspace=harbour',
  '/w/tidewell/overview#/w/harbour/overview',
  '/_server-islands/Overview?p=/w/tidewell/overview',
  '/_actions/overview',
  '/_/../w/tidewell/overview',
  '/_image?href=/w/tidewell/overview',
]

describe.each(spellings)('%s', (path) => {
  test('opens nothing to a stranger, nor to a member of another workspace', async () => {
    for (const headers of [{}, { cookie: elsewhere }] as Record<string, string>[]) {
      for (const method of ['GET', 'HEAD', 'POST']) {
        const { status, text } = await ask(path, { origin: app.url, ...headers }, method)
        expect(text, method).not.toContain('Open opportunities')
        expect(status, method).not.toBe(200)
        expect(status, method).toBeLessThan(500)
      }
    }
  })
})

test('what somebody writes into headers moves no request to another workspace', async () => {
  const headers = {
    cookie: elsewhere,
    'x-original-url': '/w/tidewell/overview',
    'x-rewrite-url': '/w/tidewell/overview',
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'https://evil.test/?',
    'x-tidemark-address': '127.0.0.1',
  }
  const { status, text } = await ask('/w/harbour/overview', headers)
  expect(status).toBe(200)
  expect(text).toContain('Harbour')
  expect(text).not.toContain('Tidewell')
  expect(text).not.toContain('evil.test')
  const refused = async () =>
    (await app.seed.client.query(`select from auth.events where deed = 'workspace_refused'`)).rowCount ?? 0
  const before = await refused()
  expect((await ask('/w/tidewell/overview', headers)).status).toBe(404)
  // A header that contradicts the address is written down like an address that is not theirs.
  expect((await ask('/w/harbour/overview', { ...headers, 'x-tenant-id': 'tidewell' })).status).toBe(404)
  expect(await refused()).toBe(before + 2)
})
