import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { violations, visit } from '../pages/browser.ts'
import { idOf } from '../keys.ts'
import { seedTidewell } from '../seed.ts'
import { stranger, type Visitor } from '../visitor.ts'

let app: TestApp
let browser: Browser
let tenantId: string
let userId: string

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  tenantId = (await seedTidewell(app.seed)).tenantId
  await seedTidewell(app.seed, { slug: 'harbour', name: 'Harbour' })
  userId = await idOf(app.seed, app.ana.email)
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

beforeEach(() => void app.logged.splice(0))

const told = () => app.logged.filter(({ msg }) => msg === 'browser.error')

describe('what fails in a browser', () => {
  test('is one line in the log and a message to the reader, and is told three times of a page', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/leads?q=Acme`, { as: app.ana })
    await page.evaluate(() => {
      Element.prototype.closest = () => {
        throw new RangeError('"Acme of Waco" is no place\nbut 555-0100')
      }
    })
    for (const _ of 'again') await page.locator('h1').click()
    await expect.poll(() => told().length).toBe(3)
    expect(told()[0]).toMatchObject({
      level: 40,
      tenant_id: tenantId,
      user_id: userId,
      request_id: expect.stringMatching(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/) as unknown,
      page: '/w/tidewell/leads',
      error: 'RangeError',
      words: '"…" is no place',
    })
    const frames = told().flatMap((line) => line['frames'])
    expect(frames.length).toBeGreaterThan(2)
    for (const frame of frames) expect(frame).toMatch(/^\/_\/Scripts[\w.-]+\.js:\d+:\d+$/)
    expect(JSON.stringify(app.logged)).not.toMatch(/Acme|555-0100/)
    expect(await page.locator('.toast').innerText()).toContain('Something on this page failed')
    await close()
  })

  test('is told of what nobody waited for, too', async () => {
    const { page, close } = await visit(browser, `${app.url}/w`, { as: app.ana })
    await page.evaluate(() => {
      window.fetch = () => {
        throw new TypeError('no way out')
      }
      window.dispatchEvent(new Event('online'))
    })
    await expect.poll(told).toMatchObject([{ page: '/w', error: 'TypeError', words: 'no way out' }])
    expect(told()[0]).not.toHaveProperty('tenant_id')
    expect(await violations(page)).toEqual([])
    await close()
  })

  test('is counted', async () => {
    const counted = async () => {
      const text = await (await fetch(`${app.url}/metrics`)).text()
      return Number(/^nat_browser_errors_total (\d+)$/m.exec(text)?.[1])
    }
    const before = await counted()
    await send(app.ana, report)
    expect(await counted()).toBe(before + 1)
  })

  test('in what is not ours is nobody’s business', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/leads`, { as: app.ana })
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.evaluate(() => {
      setTimeout(() => {
        throw new Error('of an extension')
      })
      void Promise.reject(new Error('of an extension'))
      void Promise.reject()
    })
    await page.waitForTimeout(300)
    expect(asked.filter((url) => url.includes('browser-errors'))).toEqual([])
    await close()
  })
})

test('a transition between pages that is cut short is nothing that failed', async () => {
  const { page, complaints, close } = await visit(browser, `${app.url}/w/tidewell/leads`, { as: app.ana })
  const reason = await page.evaluate(async () => {
    const unheard = new Promise<string>((tell) =>
      window.addEventListener('unhandledrejection', (event) => tell(String(event.reason))),
    )
    const transition = document.startViewTransition()
    void transition.ready
    transition.skipTransition()
    return unheard
  })
  expect(reason).toBe('AbortError: Transition was skipped')
  await page.evaluate(() => console.warn('said after it'))
  await expect.poll(() => complaints).toContain('said after it')
  expect(complaints).toEqual(['said after it'])
  await close()
})

const report = { page: '/w/tidewell/due', name: 'TypeError', message: 'x', frames: ['/_/Scripts.js:1:2'] }

const send = (
  visitor: Visitor,
  body: unknown,
  headers: Record<string, string> = {},
  workspace = 'tidewell',
) =>
  visitor.send(`/api/v1/browser-errors?workspace=${workspace}`, {
    method: 'POST',
    headers: { origin: app.url, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

describe('a report', () => {
  test.each([
    ['is no JSON', '{'],
    ['is a list', []],
    ['is larger than any page’s', { ...report, message: 'x'.repeat(70_000) }],
    ['has a long message', { ...report, message: 'x'.repeat(501) }],
    ['has a query', { ...report, page: '/w/tidewell/leads?q=Acme' }],
    ['names another place as its page', { ...report, page: 'https://elsewhere.test/' }],
    ['has words for a name', { ...report, name: 'Acme of Waco' }],
    ['has no frame', { ...report, frames: [] }],
    ['has a frame of another file', { ...report, frames: ['https://elsewhere.test/_/a.js:1:1'] }],
    ['has more frames than are asked for', { ...report, frames: Array(6).fill('/_/a.js:1:1') }],
    ['says more', { ...report, record: 'Acme' }],
  ])('that %s is refused, and leaves nothing of itself', async (_, body) => {
    expect((await send(app.ana, body)).status).toBe(400)
    expect(told()).toEqual([])
    expect(JSON.stringify(app.logged)).not.toMatch(/Acme|elsewhere/)
  })

  test('is cut to 200 letters of its first line, without what it quotes', async () => {
    const message = `can't read 'Acme of Waco' or "Bright Co of ${'y'.repeat(40)}" ${'z'.repeat(300)}\nAcme`
    expect((await send(app.ana, { ...report, message })).status).toBe(204)
    const words = String(told()[0]?.['words'])
    expect(words).toMatch(/^can't read '…' or "…" z+$/)
    expect(words).toHaveLength(200)
    await send(app.ana, { ...report, message: 'Unexpected token, "Acme of Wa' })
    expect(told()[1]?.['words']).toBe('Unexpected token, "…"')
  })

  test('shows nothing that opens an invitation', async () => {
    await send(app.ana, { ...report, page: '/invite/a-secret-of-a-letter' })
    expect(told()[0]?.['page']).toBe('/invite/[token]')
  })

  test('by a stranger, by another site or by a program is refused', async () => {
    expect((await send(stranger(app.url), report)).status).toBe(401)
    expect((await send(app.ana, report, { origin: 'https://elsewhere.test' })).status).toBe(403)
    expect((await send(app.ana, report, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect(told()).toEqual([])
  })

  test('names a workspace of the sender’s, and no other', async () => {
    const viewer = await app.as('viewer', tenantId)
    expect((await send(viewer, report)).status).toBe(204)
    expect((await send(viewer, report, {}, 'harbour')).status).toBe(204)
    expect((await send(viewer, report, {}, 'nobody')).status).toBe(204)
    expect(told().map(({ tenant_id }) => tenant_id)).toEqual([tenantId, undefined, undefined])
  })
})
