import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import send from 'send'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { visit } from '../src/pages/browser.ts'
import { expectSound, looks } from '../src/pages/looks.ts'
import { launchBrowser } from '../support/browser.ts'

let folder: string
let server: Server
let browser: Browser
let url: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-styleguide-'))
  const astro = join(import.meta.dirname, '../../node_modules/.bin/astro')
  await promisify(execFile)(astro, ['build', '--root', import.meta.dirname, '--outDir', folder])
  server = createServer((request, response) => {
    send(request, new URL(request.url ?? '/', 'http://here').pathname, { root: folder }).pipe(response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser.close()
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

test.each(looks)('every component is sound, $colorScheme at $viewport.width px', async (look) => {
  expect((await fetch(url)).status).toBe(200)
  const visited = await visit(browser, url, look)
  for (const summary of await visited.page.locator('main summary').all()) await summary.click()
  await expectSound(visited)
  expect(await visited.page.locator('h1').innerText()).toBe('Every component, in every state')
  await visited.close()
})

test('it is where people look for it, too', async () => {
  const answer = await fetch(`${url}/styleguide`)
  expect(answer.status).toBe(200)
  expect(await answer.text()).toContain('<h1>Every component, in every state</h1>')
})
