import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memberRoles } from '../../../drizzle/schema/access.ts'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { seedTidewell } from '../seed.ts'
import { follow, visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let bare: string
let tidewell: string

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  bare = await app.seed.tenant('bare', { name: 'Bare Bricks' })
  tidewell = (await seedTidewell(app.seed)).tenantId
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const plain = () => ({ javaScriptEnabled: false, as: app.ana })

describe('a workspace without a CRM', () => {
  test.each(['overview', 'sync'])(
    'leads whoever may connect one from its page %s to the wizard',
    async (place) => {
      const { page, close } = await visit(browser, `${app.url}/w/bare/${place}`, plain())
      const card = page.locator('main .notice', { hasText: 'Not synced yet' })
      expect(await card.innerText()).toContain('No CRM is connected. Have its key at hand.')
      await follow(page, () => card.getByRole('link', { name: 'Connect a CRM' }).click())
      expect(new URL(page.url()).pathname).toBe('/w/bare/settings/connections/new')
      expect(await page.getByRole('group', { name: 'Which CRM?' }).isVisible()).toBe(true)
      await close()
    },
  )

  test('tells others who can', async () => {
    const rep = await app.as('rep', bare)
    const { page, close } = await visit(browser, `${app.url}/w/bare/overview`, { as: rep })
    expect(await page.locator('main').innerText()).toContain('No CRM is connected. An admin can connect one.')
    expect(await page.locator('main').getByRole('link', { name: 'Connect a CRM' }).count()).toBe(0)
    await close()
  })

  test.each(looks)('is sound, $colorScheme at $viewport.width px', async (look) => {
    for (const place of ['overview', 'sync']) {
      const visited = await visit(browser, `${app.url}/w/bare/${place}`, { ...look, as: app.ana })
      await expectSound(visited)
      await visited.close()
    }
  })

  test('goes on with a connection that was begun, and begins no second one', async () => {
    const begun = await app.seed.tenant('begun')
    await app.seed.connection(begun, { state: 'draft', name: 'Our HubSpot' })
    const { page, close } = await visit(browser, `${app.url}/w/begun/overview`, plain())
    await follow(page, () => page.getByRole('link', { name: 'Connect a CRM' }).click())
    expect(await page.getByRole('table', { name: 'Connections' }).innerText()).toContain('Our HubSpot')
    await close()
  })
})

describe('the first things', () => {
  test.each(memberRoles)(
    'of the role %s are three at most, and each leads to a page that is there',
    async (role) => {
      const reader = await app.as(role, tidewell)
      const { page, close } = await visit(browser, `${app.url}/w/tidewell/overview`, { as: reader })
      const links = page.getByRole('region', { name: 'First things' }).locator('li a')
      const addresses = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''))
      expect(addresses.length).toBeGreaterThan(0)
      expect(addresses.length).toBeLessThanOrEqual(3)
      for (const address of addresses) expect((await reader.get(address)).status, address).toBe(200)
      await close()
    },
  )

  test('wait for the first sync, and are put away for good by one link', async () => {
    await app.seed.connection(await app.seed.tenant('waiting'))
    const { page, close } = await visit(browser, `${app.url}/w/waiting/overview`, plain())
    const hints = page.getByRole('region', { name: 'First things' })
    expect(await hints.count()).toBe(0)
    await page.goto(`${app.url}/w/tidewell/overview`)
    await follow(page, () => hints.getByRole('link', { name: "Don't show this again" }).click())
    expect(new URL(page.url()).search).toBe('')
    for (const address of ['overview', 'overview?since=30d', 'pipeline', 'overview']) {
      await page.goto(`${app.url}/w/tidewell/${address}`)
      expect(await hints.count(), address).toBe(0)
    }
    const kept = (await page.context().cookies()).find(({ name }) => name === 'tidemark.hints')
    expect((kept?.expires ?? 0) * 1_000).toBeGreaterThan(Date.now() + 300 * 86_400_000)
    await close()
  })
})
