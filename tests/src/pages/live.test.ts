import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { seedTidewell, type Connection } from '../seed.ts'
import type { Visitor } from '../visitor.ts'
import { overflowing, violations, visit } from './browser.ts'

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

/** The same, while nobody hears of it. */
const endRunUnheard = () => app.seed.run(connection, { queued_at: new Date() })

const addDeal = (title: string) =>
  app.seed.record('opportunities', connection, { title, status: 'open', amount_minor: 100, currency: 'USD' })

/** Waits until the page listens, so that nothing is said before somebody hears it. */
async function open(path: string, as: Visitor = app.ana) {
  const visited = await visit(browser, 'about:blank', { viewport: { width: 1280, height: 500 } })
  const { page } = visited
  const cookies = [...as.cookies].map(([name, value]) => ({ name, value, url: app.url }))
  await page.context().addCookies(cookies)
  const listening = page.waitForResponse((answer) => answer.url().endsWith('/events'))
  await page.goto(app.url + path)
  await listening
  return visited
}

/** Puts another tab before this one, or takes it away, as far as the page can tell: a browser without windows shows all it has. */
const hide = (page: Page, isHidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden })
    document.dispatchEvent(new Event('visibilitychange'))
  }, isHidden)

const said = async (page: Page) => (await page.locator('live-data').innerText()).replaceAll(/\s+/g, ' ')

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

describe('a page that comes back', () => {
  test('shows at once what a run brought while nobody looked, beside what is being typed', async () => {
    const { page, complaints, close } = await open('/w/tidewell/pipeline')
    const found = () => page.locator('[data-result]').innerText()
    const before = await found()
    const field = page.getByRole('searchbox', { name: 'Search', exact: true })
    await field.fill('bos')
    await field.evaluate((element: HTMLInputElement) => element.setSelectionRange(1, 2))
    const isQuiet = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/events'))
    await hide(page, true)
    await isQuiet
    await addDeal('Unseen')
    await endRunUnheard()
    await hide(page, false)
    await expect.poll(found).not.toBe(before)
    const selection = await field.evaluate((element: HTMLInputElement) => [
      document.activeElement === element,
      element.value,
      element.selectionStart,
      element.selectionEnd,
    ])
    expect(selection).toEqual([true, 'bos', 1, 2])
    expect([await said(page), complaints]).toEqual(['', []])
    await close()
  })

  test('is asked for again when it was read half a minute ago, and not before', async () => {
    const { page, close } = await open('/w/tidewell/overview')
    let asked = 0
    page.on('request', (request) => (asked += request.url().endsWith('/overview') ? 1 : 0))
    const openSince = (ms: number) =>
      page.evaluate((now) => {
        performance.now = () => now
        Date.now = () => performance.timeOrigin + now
        window.dispatchEvent(new Event('focus'))
      }, ms)
    await openSince(29_000)
    await page.waitForTimeout(400)
    expect(asked).toBe(0)
    await openSince(31_000)
    await expect.poll(() => asked).toBe(1)
    await hide(page, true)
    await openSince(200_000)
    await page.waitForTimeout(400)
    expect(asked).toBe(1)
    await hide(page, false)
    await expect.poll(() => asked).toBe(2)
    await close()
  })

  test('from a place without a network says so, from when it is, and catches up by itself', async () => {
    const { page, close } = await open('/w/tidewell/overview')
    const before = await openDeals(page).innerText()
    await page.context().setOffline(true)
    await expect.poll(() => said(page)).toMatch(/^You’re offline\. It was read just now\.$/)
    await addDeal('Offline')
    await endRunUnheard()
    await page.context().setOffline(false)
    await expect.poll(() => openDeals(page).innerText()).not.toBe(before)
    expect(await said(page)).toBe('')
    await close()
  })

  test('and cannot be had says that it is not up to date, with a way to try again', async () => {
    const { page, close } = await open('/w/tidewell/overview')
    const before = await openDeals(page).innerText()
    await page.route('**/overview', (route) => route.abort())
    await addDeal('Away')
    await endRun()
    await expect.poll(() => said(page)).toMatch(/^This page could not be brought up to date\. It was read/)
    expect(await openDeals(page).innerText()).toBe(before)
    await page.unroute('**/overview')
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect.poll(() => openDeals(page).innerText()).not.toBe(before)
    expect(await said(page)).toBe('')
    await close()
  })

  test('is as old as it is after a sleep, in which the count of the browser stood still', async () => {
    const { page, close } = await open('/w/tidewell/overview')
    expect(await page.locator('.banner').count()).toBe(0)
    await page.route('**/overview', (route) => route.abort())
    await page.evaluate((hours) => {
      const now = Date.now.bind(Date)
      Date.now = () => now() + hours * 3_600_000
    }, 3)
    await hide(page, false)
    await expect
      .poll(() => page.locator('.banner b').allInnerTexts())
      .toEqual(['Data is 3 hours old - sync may be delayed', 'This page could not be brought up to date.'])
    expect(await said(page)).toContain('It was read 3 h ago.')
    await close()
  })

  test('shows nothing of a client to whoever was signed out, but keeps what they have typed', async () => {
    const visitor = await app.as('admin', connection.tenantId)
    const [reading, typing] = [
      await open('/w/tidewell/overview', visitor),
      await open('/w/tidewell/settings/members', visitor),
    ]
    await typing.page.getByLabel('Email addresses').fill('new@example.com')
    await app.seed.client.query(
      'delete from auth.sessions where user_id = (select id from auth.users where email = $1)',
      [visitor.email],
    )
    for (const { page } of [reading, typing]) {
      await hide(page, true)
      await hide(page, false)
    }
    await reading.page.waitForURL('**/sign-in?*')
    await expect.poll(() => said(typing.page)).toMatch(/^You were signed out\./)
    expect(await typing.page.getByLabel('Email addresses').inputValue()).toBe('new@example.com')
    await reading.close()
    await typing.close()
  })

  test('by the button Back, after signing out, is a page to sign in on', async () => {
    const { page, close } = await open('/w/tidewell/overview', await app.as('viewer', connection.tenantId))
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL('**/sign-in?done=out')
    await page.goBack()
    await page.waitForURL('**/sign-in?next=*')
    expect(await page.getByText('Tidewell').count()).toBe(0)
    await close()
  })
})

test('a sync under way is said beside the age, also where there is little room, and no more once the data is stale', async () => {
  const { connection } = await seedTidewell(app.seed, { slug: 'underway', name: 'Under Way' })
  await app.seed.run(connection, { status: 'running', finished_at: null })
  const viewport = { width: 320, height: 640 }
  const { page, complaints, close } = await visit(browser, `${app.url}/w/underway/leads`, {
    as: app.ana,
    viewport,
  })
  const chip = page.locator('.top .chip')
  expect(await chip.innerText()).toMatch(/^1\d min ago, syncing now$/)
  expect(await chip.getAttribute('data-tone')).toBe('busy')
  expect(await violations(page)).toEqual([])
  expect(await overflowing(page)).toEqual([])
  await page.route('**/w/underway/leads', () => undefined)
  await page.evaluate(() => {
    const now = performance.now.bind(performance)
    performance.now = () => now() + 180 * 60_000
    window.dispatchEvent(new Event('pageshow'))
  })
  await expect.poll(() => chip.innerText()).toBe('3 hours ago')
  expect(await chip.getAttribute('data-tone')).toBe('doubt')
  expect(complaints).toEqual([])
  await close()
})
