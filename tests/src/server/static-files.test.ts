import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startFiles } from '../../../src/server/static-files.ts'

let folder: string
let server: Server
let url: string
let lines: Record<string, unknown>[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'files-'))
  mkdirSync(join(folder, '_'))
  writeFileSync(join(folder, '_/app.1a2b.js'), 'console.log("a tide")')
  writeFileSync(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"></svg>')
  writeFileSync(join(folder, 'speculation-rules.json'), '{}')
  lines = []
  const log = pino(
    {},
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  )
  const files = startFiles(folder)
  server = createServer((req, res) => files(req, res, log, () => res.writeHead(204).end()))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  rmSync(folder, { recursive: true })
})

test('the rules of what is asked for ahead are of the one kind that browsers take', async () => {
  const rules = await fetch(`${url}/speculation-rules.json`)
  expect(rules.headers.get('content-type')).toBe('application/speculationrules+json')
})

test('a file is given with its kind, and asked for again only where its name does not carry its hash', async () => {
  const script = await fetch(`${url}/_/app.1a2b.js?v=1`)
  expect([script.status, script.headers.get('content-type'), await script.text()]).toEqual([
    200,
    expect.stringMatching(/^text\/javascript/),
    'console.log("a tide")',
  ])
  expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  const icon = await fetch(`${url}/favicon.svg`)
  expect([icon.headers.get('content-type'), icon.headers.get('cache-control')]).toEqual([
    'image/svg+xml',
    'no-cache',
  ])
  // As a browser asks; fetch would add that it wants nothing kept.
  const again = await send('/favicon.svg', { 'if-none-match': icon.headers.get('etag') ?? '' })
  expect(again.statusCode).toBe(304)
  expect((await fetch(`${url}/favicon.svg`, { method: 'HEAD' })).headers.get('content-length')).toBe('46')
})

test('a file that is gone from under the running program is not here, says the log, and the next one is answered', async () => {
  rmSync(join(folder, '_/app.1a2b.js'))
  const gone = await fetch(`${url}/_/app.1a2b.js`)
  expect([gone.status, gone.headers.get('cache-control'), await gone.text()]).toEqual([
    404,
    'no-store',
    'This file is not here any more.\n',
  ])
  expect(lines).toMatchObject([{ level: 40, msg: 'file.gone', path: '/_/app.1a2b.js' }])
  expect((await fetch(`${url}/favicon.svg`)).status).toBe(200)
})

test.each([
  'bytes=5-2',
  'bytes=999-',
  'bytes=a-b',
  'bytes=-',
  'bytes=0-1,3-4',
  'lines=1-2',
  'bytes=0-99999999999999999999',
])('a part that nobody can give, %s, ends no program', async (range) => {
  const answer = await fetch(`${url}/favicon.svg`, { headers: { range } })
  expect([200, 206, 416]).toContain(answer.status)
  await answer.text()
  expect((await fetch(`${url}/favicon.svg`)).status).toBe(200)
  expect(lines).toEqual([])
})

test.each([
  '/_',
  '/_/',
  '/',
  '/../package.json',
  '/%2e%2e/package.json',
  '/_/%00',
  '/favicon.svg/',
  '/nothing.js',
])('%s is for whoever comes next', async (path) => {
  expect((await send(path)).statusCode).toBe(204)
})

test('nothing is sent to a file', async () => {
  expect((await fetch(`${url}/favicon.svg`, { method: 'POST', body: 'x' })).status).toBe(204)
})

/** Sends path and headers as they are. */
async function send(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo
  const sent = request({ port, host: '127.0.0.1', path, headers }).end()
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return answer.resume()
}
