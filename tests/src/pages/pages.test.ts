import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { minutesAgo, seedFailedRun, seedTidewell } from '../seed.ts'
import { follow, overflowing, violations, visit } from './browser.ts'

let app: TestApp
let browser: Browser
const addresses: Record<string, string> = {}
let seededAtMs: number

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  seededAtMs = Date.now()
  const tidewell = await seedTidewell(app.seed)
  const failedRun = await seedFailedRun(app.seed, tidewell.connection)
  await seedTidewell(app.seed, { slug: 'kettle', name: 'Kettle Street', ageMinutes: 195 })
  await app.seed.connection(await app.seed.tenant('bramble', { name: 'Bramble & Bay' }))
  Object.assign(addresses, {
    workspaces: '/w',
    overview: '/w/tidewell/overview',
    sync: '/w/tidewell/sync',
    runs: '/w/tidewell/sync/runs',
    run: `/w/tidewell/sync/runs/${failedRun}`,
    stale: '/w/kettle/overview',
    'never synced': '/w/bramble/overview',
    'not found': '/w/nobody',
  })
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const names = ['workspaces', 'overview', 'sync', 'runs', 'run', 'stale', 'never synced', 'not found']
const looks = [
  { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const

describe.each(names)('the page "%s"', (name) => {
  test.each(looks)(
    '$colorScheme at $viewport.width px pleases axe and the policy, and fits',
    async (look) => {
      const { page, complaints, close } = await visit(browser, app.url + addresses[name], {
        ...look,
        as: app.ana,
      })
      expect(await violations(page)).toEqual([])
      expect(await overflowing(page)).toEqual([])
      expect(await page.locator('h1').count()).toBe(1)
      expect(complaints.filter((line) => !line.includes('404'))).toEqual([])
      await close()
    },
  )
})

describe('without scripts', () => {
  const plain = () => ({ javaScriptEnabled: false, as: app.ana })

  test('the overview shows each figure with its own as-of', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/overview`, plain())
    const figures = await page.locator('.kpis > div').allInnerTexts()
    expect(figures.map((text) => text.split('\n').slice(0, 2))).toEqual([
      ['Open value', '$185,251'],
      ['Weighted by likely %', '$0'],
      ['Won this month', '0'],
      ['New leads', '2'],
      ['Overdue actions', '1'],
    ])
    expect(figures[0]).toContain('4 deals, 1 without an amount, and CA$100,000')
    expect(figures[1]).toContain('3 without a likelihood')
    expect(await page.locator('[aria-labelledby=start-here] li').allInnerTexts()).toEqual([
      expect.stringMatching(/^3 d late\s+Late/),
    ])
    await page.getByRole('link', { name: '30 d' }).click()
    expect(await page.locator('.kpis > div').nth(3).innerText()).toContain('on the 30 d before')
    await follow(page, () => page.getByRole('link', { name: "Don't show this again" }).click())
    expect(await page.getByRole('heading', { name: 'First things' }).count()).toBe(0)
    await page.goto(`${app.url}/w/tidewell/overview?since=nonsense`)
    expect(await page.getByRole('heading', { name: 'First things' }).count()).toBe(0)
    // It was 14 minutes old when it was made, and a slow machine comes here later.
    const mostMinutes = 15 + (Date.now() - seededAtMs) / 60_000
    for (const figure of figures) {
      const [, minutes] = /As of .*\d:\d\d [AP]M, (\d+) min ago/.exec(figure) ?? []
      expect(Number(minutes)).toBeGreaterThanOrEqual(14)
      expect(Number(minutes)).toBeLessThanOrEqual(mostMinutes)
    }
    expect(await page.locator('.banner').count()).toBe(0)
    await close()
  })

  test('a stale client’s page says so in the agreed words', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/kettle/overview`, plain())
    expect(await page.getByRole('status').locator('b').innerText()).toBe(
      'Data is 3 hours old - sync may be delayed',
    )
    await follow(page, () => page.getByRole('link', { name: 'See sync status' }).click())
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Sync')
    expect(await page.locator('.banner').count()).toBe(1)
    await close()
  })

  test('a figure that was never synced is a dash and says so, never a zero', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/bramble/overview`, plain())
    expect(await page.locator('.kpis .figure').allInnerTexts()).toEqual(['–', '–', '–', '–', '–'])
    expect(await page.locator('.kpis').innerText()).toContain('Not synced yet from ClientTether.')
    expect(await page.getByRole('heading', { name: 'Not synced yet' }).isVisible()).toBe(true)
    await close()
  })

  test('"Run now" queues a run and says so; while it is open the page offers to refresh', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/bramble/sync`, plain())
    await follow(page, () => page.getByRole('button', { name: 'Run now' }).click())
    expect(new URL(page.url()).pathname).toBe('/w/bramble/sync')
    expect(await page.getByText('The run is asked for.').isVisible()).toBe(true)
    const { rows } = await app.seed.client.query(
      `select r.status, r.trigger from sync_runs r join tenants t on t.id = r.tenant_id where t.slug = 'bramble'`,
    )
    expect(rows).toEqual([{ status: 'queued', trigger: 'person' }])
    await page.getByRole('link', { name: 'Refresh every 30 s' }).click()
    expect(await page.locator('meta[http-equiv=refresh]').getAttribute('content')).toBe('30')
    await close()
  })

  test('a run that was asked for and has ended is not still said to begin', async () => {
    const { page, close } = await visit(browser, `${app.url}${addresses['sync']}?asked=queued`, plain())
    expect(await page.getByText('The run you asked for has ended.').isVisible()).toBe(true)
    await close()
  })

  test('a run tells what failed, with the operator’s detail folded away, and what was set aside', async () => {
    const { page, close } = await visit(browser, app.url + addresses['run'], plain())
    expect(await page.getByText('ClientTether had an error while we read notes.').isVisible()).toBe(true)
    expect(await page.getByText('502 after 4 attempts').first().isVisible()).toBe(false)
    await page.getByText('For the operator: E_CRM_DOWN').last().click()
    expect(await page.getByText('502 after 4 attempts').last().isVisible()).toBe(true)
    const aside = page.getByRole('table', { name: 'Records set aside' })
    expect(await aside.getByRole('row').last().innerText()).toMatch(
      /5512\s+Leads\s+Expected a number.*\s+units/,
    )
    expect(await page.getByText('GET /api/v2/leads?page=1').isVisible()).toBe(true)
    await close()
  })

  test('a count that differs from the CRM’s own is marked', async () => {
    const { page, close } = await visit(browser, app.url + addresses['run'], plain())
    const leads = page.getByRole('table', { name: 'Streams' }).getByRole('row', { name: 'Leads' })
    expect(await leads.innerText()).toContain('145, 1 more')
    await close()
  })
})

test('a client whose first run failed is told why', async () => {
  const connection = await app.seed.connection(await app.seed.tenant('refused'), { state: 'needs_reconnect' })
  const error = { error_code: 'E_AUTH_REVOKED', error_public: 'ClientTether refused our key.' }
  await app.seed.run(connection, { status: 'failed', ...error })
  const { page, close } = await visit(browser, `${app.url}/w/refused/overview`, { as: app.ana })
  expect(await page.locator('.notice').innerText()).toContain('ClientTether refused our key.')
  expect(await page.getByRole('button', { name: 'Run now' }).count()).toBe(0)
  await close()
})

test('the list of clients says which need attention', async () => {
  const { page, close } = await visit(browser, `${app.url}/w`, { as: app.ana })
  const rows = await page.getByRole('row').allInnerTexts()
  expect(rows.find((row) => row.includes('Kettle'))).toContain('Synced 3 hours ago')
  expect(rows.find((row) => row.includes('Bramble'))).toContain('Not synced yet')
  await page.getByRole('link', { name: 'Tidewell Car Wash' }).click()
  expect(await page.title()).toBe('Overview · Tidewell Car Wash')
  await close()
})

test('the keyboard reaches the content first', async () => {
  const { page, close } = await visit(browser, `${app.url}/w/tidewell/overview`, { as: app.ana })
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
  await close()
})

test('runs are listed by fifty, and every one is reached', async () => {
  const connection = await app.seed.connection(await app.seed.tenant('busy'))
  const made = new Set<string>()
  for (let n = 0; n < 120; n++) {
    made.add(await app.seed.run(connection, { queued_at: minutesAgo(200 - n) }))
  }
  const { page, close } = await visit(browser, `${app.url}/w/busy/sync/runs`, { as: app.ana })
  const seen: string[] = []
  for (;;) {
    const links = page.locator('tbody th a')
    seen.push(
      ...(await links.evaluateAll((all) => all.map((a) => a.getAttribute('href')?.split('/').at(-1) ?? ''))),
    )
    const older = page.getByRole('link', { name: 'Older runs' })
    if ((await older.count()) === 0) break
    await follow(page, () => older.click())
  }
  expect(seen).toHaveLength(120)
  expect(new Set(seen)).toEqual(made)
  await close()
})

test('an open page about a run shows its end, and leaves the reader where they are', async () => {
  const connection = await app.seed.connection(await app.seed.tenant('waiting'))
  await app.seed.run(connection, { status: 'running', finished_at: null })
  const { page, complaints, close } = await visit(browser, `${app.url}/w/waiting/sync`, { as: app.ana })
  const sentence = page.locator('.head p')
  expect(await sentence.innerText()).toBe('Nothing was synced yet, a run is under way.')
  await app.seed.client.query(
    `update sync_runs set status = 'success', finished_at = now() where connection_id = $1`,
    [connection.id],
  )
  const link = page.getByRole('link', { name: 'All runs' })
  await link.focus()
  await expect.poll(() => sentence.innerText()).toBe('Nothing was synced yet.')
  expect(await link.evaluate((element) => element === document.activeElement)).toBe(true)
  expect(complaints).toEqual([])
  await close()
})
