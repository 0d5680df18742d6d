import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { seedTidewell } from '../seed.ts'
import { follow, violations, visit } from './browser.ts'
import { tabTo } from './looks.ts'

let app: TestApp
let browser: Browser
const phone = { viewport: { width: 390, height: 844 } }

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  await seedTidewell(app.seed)
  await seedTidewell(app.seed, { slug: 'kettle', name: 'Kettle Street' })
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const open = (path = '/w/tidewell/sync', look = {}) =>
  visit(browser, app.url + path, { as: app.ana, ...look })
const pathOf = (page: Page) => new URL(page.url()).pathname

describe('from one page to another', () => {
  test('a place of the navigation is there without a transition, one run comes with it', async () => {
    const { page, complaints, close } = await open('/w/tidewell/notes', { reducedMotion: 'no-preference' })
    await page.addInitScript(() => {
      window.addEventListener('pagereveal', ({ viewTransition }) =>
        Object.assign(window, { hasTransition: viewTransition !== null }),
      )
    })
    const hasTransition = () => page.evaluate(() => (window as { hasTransition?: boolean }).hasTransition)
    await follow(page, () => page.locator('.side').getByRole('link', { name: 'Sync', exact: true }).click())
    expect(await hasTransition()).toBe(false)
    await follow(page, () => page.locator('main a[href*="/runs/"]').first().click())
    expect(await hasTransition()).toBe(true)
    expect(complaints).toEqual([])
    await close()
  })
})

describe('by keyboard alone', () => {
  test('W, a few letters and Enter lead to the same page of another workspace', async () => {
    const { page, complaints, close } = await open()
    await page.keyboard.press('w')
    await page.getByRole('option', { name: 'Kettle Street' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.type('kett')
    await follow(page, () => page.keyboard.press('Enter'))
    expect(pathOf(page)).toBe('/w/kettle/sync')
    expect(complaints).toEqual([])
    await close()
  })

  test('the palette goes to pages and settings, says when nothing fits, and gives the focus back', async () => {
    const { page, complaints, close } = await open()
    await tabTo(page, /^Search or jump/)
    await page.keyboard.press('Enter')
    const field = page.getByRole('combobox', { name: 'Search or jump to' })
    await field.waitFor()
    expect(await violations(page)).toEqual([])
    await page.keyboard.type('zzz')
    await page.getByText('Nothing called “zzz”.').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toBe('omni')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('members')
    await follow(page, () => page.keyboard.press('Enter'))
    expect(pathOf(page)).toBe('/w/tidewell/settings/members')
    expect(complaints).toEqual([])
    await close()
  })

  test('a click beside the palette closes it and reaches nothing of the page, and who tabs on leaves it', async () => {
    const { page, complaints, close } = await open()
    const here = page.url()
    const isOpen = () => page.locator('#palette').evaluate((layer) => layer.matches(':popover-open'))
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'Search or jump to' }).waitFor()
    const link = await page.locator('.side li a').last().boundingBox()
    await page.mouse.click((link?.x ?? 0) + 5, (link?.y ?? 0) + 5)
    expect(await isOpen()).toBe(false)
    expect(page.url()).toBe(here)
    await page.keyboard.press('Control+k')
    for (let tabs = 0; tabs < 4 && (await isOpen()); tabs += 1) await page.keyboard.press('Tab')
    expect(await isOpen()).toBe(false)
    await page.keyboard.press('Control+k')
    await page.keyboard.type('zzz')
    for (let times = 0; times < 12; times += 1) await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Control+k')
    expect(await isOpen()).toBe(false)
    await page.keyboard.press('Control+k')
    expect(await page.getByRole('combobox').inputValue()).toBe('')
    expect(await page.getByRole('option', { selected: true }).innerText()).toContain('Due actions')
    await page.keyboard.type('zzz')
    await page.locator('#palette').evaluate((layer: HTMLElement) => {
      // Before the browser tells that it was closed.
      layer.hidePopover()
      layer.showPopover()
    })
    expect(await page.getByRole('combobox').inputValue()).toBe('')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Control+k')
    await expect.poll(() => page.locator('#palette .choices').evaluate((list) => list.scrollTop)).toBe(0)
    expect(complaints).toEqual([])
    await close()
  })

  test('the palette says what was probably meant, knows deeds by their sign, and finds whatever is typed', async () => {
    const { page, complaints, close } = await open()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('pieplin')
    await page.getByText('Nothing called “pieplin”. Did you mean').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Pipeline' }).press('Enter')
    expect(await page.getByRole('option', { selected: true }).innerText()).toContain('Pipeline')
    await page.getByRole('combobox').fill('>')
    const deeds = await page.getByRole('option').allInnerTexts()
    expect(deeds).toContain('Theme: dark')
    expect(deeds).not.toContain('Pipeline')
    await page.getByRole('combobox').fill('round rock')
    await page.getByRole('option', { name: 'in notes' }).waitFor()
    await follow(page, () => page.getByRole('option', { name: 'in notes' }).click())
    expect(pathOf(page)).toBe('/w/tidewell/notes')
    expect(new URL(page.url()).searchParams.get('q')).toBe('round rock')
    expect(complaints).toEqual([])
    await close()
  })

  test('the palette opens saved views by name, runs by their sign, and candidates as they are typed', async () => {
    await app.seed.client.query(
      `insert into saved_views (tenant_id, user_id, page, name, query, is_shared)
      select t.id, u.id, 'leads', 'Fresh from Texas', 'q=texas', false from tenants t, auth.users u where t.slug = 'tidewell' and u.email = $1`,
      ['ana@example.com'],
    )
    const { page, complaints, close } = await open()
    await page.keyboard.press('Control+k')
    await page.getByRole('option', { name: 'Fresh from Texas Leads' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('combobox').fill('#')
    const runs = await page.getByRole('option').allInnerTexts()
    expect(runs.length).toBeGreaterThan(0)
    for (const run of runs) expect(run).toMatch(/^ClientTether, .*\sComplete$/)
    await page.getByRole('combobox').fill('colum')
    await follow(page, () => page.getByRole('option', { name: 'Columbus Validation' }).click())
    expect(pathOf(page)).toMatch(/^\/w\/tidewell\/pipeline\/[0-9a-f-]{36}$/)
    expect(await page.locator('h1').innerText()).toBe('Columbus')
    await page.keyboard.press('Control+k')
    await page.getByRole('option', { name: 'Fresh from Texas' }).waitFor()
    await page.keyboard.type('fresh')
    await follow(page, () => page.keyboard.press('Enter'))
    expect(pathOf(page)).toBe('/w/tidewell/leads')
    expect(new URL(page.url()).searchParams.get('q')).toBe('texas')
    expect(complaints).toEqual([])
    await close()
  })

  test('G and a letter go to a page; J and K walk the rows; the letters can be turned off', async () => {
    const { page, close } = await open('/w/tidewell/sync/runs')
    const focused = () => page.evaluate(() => document.activeElement?.closest('tr') !== null)
    await page.keyboard.press('j')
    await expect.poll(focused).toBe(true)
    await page.keyboard.press('g')
    await follow(page, () => page.keyboard.press('y'))
    expect(pathOf(page)).toBe('/w/tidewell/sync')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByLabel('Single letters act').press('Space')
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    expect(await page.getByRole('dialog').count()).toBe(0)
    await close()
  })
})

test('a theme that was chosen holds from the first byte of the next page, and axe has nothing against it', async () => {
  const { page, close } = await open('/w/tidewell/overview', { colorScheme: 'light' })
  await page.getByRole('button', { name: 'Dark theme' }).click()
  expect(await violations(page)).toEqual([])
  await page.reload()
  expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(
    'rgb(13, 20, 18)',
  )
  await page.getByRole('button', { name: 'Theme of the system' }).click()
  await page.reload()
  expect(await page.locator('html').getAttribute('data-theme')).toBe(null)
  await close()
})

test.each([
  ['due', 'Due actions', 'Due'],
  ['schedule', 'Schedule', 'Schedule'],
  ['notes', 'Notes', 'More'],
  ['overview', 'Overview', 'More'],
  ['leads', 'Leads', 'More'],
  ['pipeline', 'Pipeline', 'Pipeline'],
  ['hot-list', 'Hot list', 'Hot list'],
  ['sync', 'Sync', 'More'],
  ['sync/runs', 'Sync runs', 'More'],
  ['settings/security', 'Settings', 'More'],
  ['settings/members', 'Settings', 'More'],
])('of the navigation one is the page %s: %s in the column, %s in the bar', async (path, inColumn, inBar) => {
  const html = await (await app.ana.get(`/w/tidewell/${path}`)).text()
  const currentOf = (label: string) => {
    const [nav = ''] = new RegExp(`<nav[^>]* aria-label="${label}".*?</nav>`, 's').exec(html) ?? []
    return [...nav.matchAll(/aria-current="page"[^>]*>(.*?)<\/(?:a|button)>/gs)].map(([, inner = '']) =>
      inner.replaceAll(/<span class="count".*|<[^>]*>/gs, '').trim(),
    )
  }
  expect(currentOf('Main')).toEqual([inColumn])
  expect(currentOf('Shortcuts')).toEqual([inBar])
})

test('on a phone without scripts the menu opens, everything is in it, and a sheet lies under nothing', async () => {
  const { page, close } = await open('/w/tidewell/overview', { ...phone, javaScriptEnabled: false })
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Sync runs' }).click()
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Sync runs')
  await page.getByRole('link', { name: /^Switch workspace/ }).click()
  expect(pathOf(page)).toBe('/w')
  await close()
})

test('on a phone with scripts the menu pleases axe', async () => {
  const { page, complaints, close } = await open('/w/tidewell/overview', { ...phone, colorScheme: 'dark' })
  await page.getByRole('button', { name: 'More' }).click()
  expect(await violations(page)).toEqual([])
  expect(complaints).toEqual([])
  await close()
})

test('an open tab grows older by itself: the chip, the figures, and at last the banner in the agreed words', async () => {
  // Of its own, so that it is not older than it says when the tests before took their time.
  await seedTidewell(app.seed, { slug: 'ageing', name: 'Ageing' })
  const { page, close } = await open('/w/ageing/overview')
  // An old page asks what holds now; here it waits for the answer as long as it is looked at.
  await page.route('**/w/ageing/overview', () => undefined)
  const grow = (minutes: number) =>
    page.evaluate((ms) => {
      const now = performance.now.bind(performance)
      performance.now = () => now() + ms
      window.dispatchEvent(new Event('pageshow'))
    }, minutes * 60_000)
  expect(await page.locator('.chip').innerText()).toBe('Synced 14 min ago')
  await grow(30)
  expect(await page.locator('.chip').innerText()).toBe('Synced 44 min ago')
  expect(await page.locator('.kpis rel-time').first().innerText()).toBe('44 min ago')
  const tiles = await page.locator('.kpis > div').count()
  const stamps = await page.locator('.as-of').count()
  expect([tiles, stamps]).not.toContain(0)
  expect(await page.locator('[data-stale]').count()).toBe(0)
  await grow(75)
  expect(await page.locator('[data-stale]').count()).toBe(0)
  await grow(75)
  expect(await page.getByRole('status').locator('b').innerText()).toBe(
    'Data is 3 hours old - sync may be delayed',
  )
  expect(await page.locator('.chip').getAttribute('data-tone')).toBe('doubt')
  expect(await page.locator('.kpis > [data-stale]').count()).toBe(tiles)
  expect(await page.locator('.as-of[data-stale]').count()).toBe(stamps)
  expect(await violations(page)).toEqual([])
  await close()
})

test('a figure older than the limit is amber, whatever the rest of the page is', async () => {
  const late = await seedTidewell(app.seed, { slug: 'late', name: 'Late Notes' })
  await app.seed.client.query(
    `update stream_cursors set fresh_at = now() - interval '3 hours' where connection_id = $1 and stream = 'activities'`,
    [late.connection.id],
  )
  const { page, close } = await open('/w/late/overview')
  expect(await page.locator('.kpis > [data-stale] dt').allInnerTexts()).toEqual(['Overdue actions'])
  expect(await violations(page)).toEqual([])
  await close()
})

test('a page brings one file of styles, one typeface and few scripts, and asks not to be found', async () => {
  const answer = await app.ana.get('/w/tidewell/overview')
  const html = await answer.text()
  expect(html).toContain('<meta name="robots" content="noindex">')
  expect(html.match(/rel="preload"/g)).toHaveLength(1)
  expect(html.match(/<script/g)?.length ?? 0).toBeLessThanOrEqual(2)
  expect(html.match(/rel="stylesheet"/g)?.length ?? 0).toBeLessThanOrEqual(2)
  expect(html).not.toMatch(/ style="|<style/)
})
