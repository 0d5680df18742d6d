import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { seedTidewell, type Connection } from '../seed.ts'
import { visit } from './browser.ts'

let app: TestApp
let browser: Browser
let connection: Connection

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  connection = (await seedTidewell(app.seed)).connection
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

/** What a worker does when a run has ended. */
const endRun = () =>
  app.seed.client.query(`select pg_notify('tidemark_runs', $1)`, [
    JSON.stringify({ tenant: connection.tenantId, connection: connection.id, run: connection.id }),
  ])

const addDeal = (title: string) =>
  app.seed.record('opportunities', connection, { title, status: 'open', amount_minor: 100, currency: 'USD' })

/** Waits until the page listens, so that nothing is said before somebody hears it. */
async function open(path: string, viewport = { width: 1280, height: 500 }) {
  const visited = await visit(browser, 'about:blank', { viewport })
  const { page } = visited
  const cookies = [...app.ana.cookies].map(([name, value]) => ({ name, value, url: app.url }))
  await page.context().addCookies(cookies)
  const listening = page.waitForResponse((answer) => answer.url().endsWith('/events'))
  await page.goto(app.url + path)
  await listening
  return visited
}

const openDeals = (page: Page) => page.locator('.kpis dd', { hasText: /^\s*\d+ deals?\b/ })

describe('a page that is open when a run ends', () => {
  test('shows what it brought, and stays where the reader is', async () => {
    const { page, complaints, close } = await open('/w/tidewell/overview')
    const before = await openDeals(page).innerText()
    await page.evaluate(() => window.scrollTo(0, 200))
    const link = page.getByRole('link', { name: 'Sync runs' })
    await link.focus()
    await page.getByText('Show as table').first().click()
    await link.focus()
    const scrolled = await page.evaluate(() => window.scrollY)
    await addDeal('Boston')
    await endRun()
    await expect.poll(() => openDeals(page).innerText(), { interval: 50 }).not.toBe(before)
    expect(await page.evaluate(() => window.scrollY)).toBe(scrolled)
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent.trim())).toBe('Sync runs')
    expect(await page.locator('details[open]').count()).toBeGreaterThan(0)
    expect(complaints).toEqual([])
    await close()
  })

  test('keeps what is being typed, and where', async () => {
    const { page, complaints, close } = await open('/w/tidewell/settings/members')
    const field = page.getByLabel('Email addresses')
    await field.fill('new@example.com, other@example.com')
    await field.evaluate((element: HTMLTextAreaElement) => element.setSelectionRange(3, 7))
    const answered = page.waitForResponse((answer) => answer.url().endsWith('/settings/members'))
    await endRun()
    await answered
    await page.waitForTimeout(200)
    expect(await field.inputValue()).toBe('new@example.com, other@example.com')
    const selection = await field.evaluate((element: HTMLTextAreaElement) => [
      document.activeElement === element,
      element.selectionStart,
      element.selectionEnd,
    ])
    expect(selection).toEqual([true, 3, 7])
    expect(complaints).toEqual([])
    await close()
  })

  test('is left alone by the runs of other workspaces', async () => {
    const other = await seedTidewell(app.seed, { slug: 'harbour', name: 'Harbour' })
    const { page, close } = await open('/w/tidewell/overview')
    let asked = 0
    page.on('request', (request) => (asked += request.url().endsWith('/overview') ? 1 : 0))
    await app.seed.client.query(`select pg_notify('tidemark_runs', $1)`, [
      JSON.stringify({ tenant: other.tenantId, connection: other.tenantId, run: other.runId }),
    ])
    await page.waitForTimeout(400)
    expect(asked).toBe(0)
    await close()
  })
})
