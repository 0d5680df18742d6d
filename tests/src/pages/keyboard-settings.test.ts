import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSimulator, type Simulator } from '../../../simulator/main.ts'
import { launchBrowser } from '../../support/browser.ts'
import { startAppWorker } from '../app-worker.ts'
import { startApp, type TestApp } from '../app.ts'
import { codeOf, enrol } from '../identity/authenticator.ts'
import { password } from '../people.ts'
import { seedTidewell } from '../seed.ts'
import { visit } from './browser.ts'
import { enter, focused, tabTo } from './looks.ts'

const accessToken = 'a token for the keyboard'
const webKey = 'CT_0123456789keyboard'

let app: TestApp
let browser: Browser
let simulator: Simulator
let worker: { stop: () => Promise<void> }
let tenantId: string

beforeAll(async () => {
  ;[app, browser, simulator] = await Promise.all([
    startApp({ TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: 'true' }),
    launchBrowser(),
    startSimulator({ accounts: [{ webKey, accessToken, seed: 5, people: 8, changesPerDay: 0 }] }),
  ])
  tenantId = (await seedTidewell(app.seed)).tenantId
  await app.seed.client.query(`update connections set next_due_at = now() + interval '1 day'`)
  worker = await startAppWorker(app)
})

afterAll(async () => {
  await worker.stop()
  await browser.close()
  await simulator.close()
  await app.close()
})

const pathOf = (page: Page) => new URL(page.url()).pathname
const idOfFocus = (page: Page) => page.evaluate(() => document.activeElement?.id)
const isProblem = (page: Page) =>
  page.evaluate(() => document.activeElement?.getAttribute('role') === 'alert')
/** Empties the field that has the focus and types into it. */
async function retype(page: Page, text: string) {
  await page.keyboard.press('Control+a')
  await page.keyboard.type(text)
}

/** From what was wrong the next stop is a link, and that leads to the field. */
async function leadToField(page: Page, link: string, id: string) {
  await page.keyboard.press('Tab')
  expect(await focused(page)).toBe(link)
  await page.keyboard.press('Enter')
  await expect.poll(() => idOfFocus(page)).toBe(id)
}

test('somebody signs in with their password and a code; what was wrong has the focus, and the address is kept', async () => {
  const rep = await app.as('rep', tenantId)
  const { secret } = await enrol(rep, 'tidewell')
  const { page, close } = await visit(browser, `${app.url}/sign-in?next=/w/tidewell/leads`)
  await tabTo(page, /^Email$/)
  await page.keyboard.type(rep.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type('not this one')
  await enter(page)
  await expect.poll(() => isProblem(page)).toBe(true)
  expect(await focused(page)).toBe("That email and password don't match.")
  await tabTo(page, /^Email$/)
  expect(await page.locator('#email').inputValue()).toBe(rep.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await enter(page)

  expect(await page.locator('h1').innerText()).toBe('Enter your code')
  await expect.poll(() => idOfFocus(page)).toBe('code')
  await page.keyboard.type('000 000')
  await enter(page)
  await expect.poll(() => isProblem(page)).toBe(true)
  await tabTo(page, /^Code$/)
  await page.keyboard.type(codeOf(secret, 1))
  await enter(page)
  expect(pathOf(page)).toBe('/w/tidewell/leads')
  await close()
})

test('the palette changes the theme, gives the focus back, and leads to the settings', async () => {
  const { page, complaints, close } = await visit(browser, `${app.url}/w/tidewell/leads`, { as: app.ana })
  await tabTo(page, /^Search or jump/)
  await page.keyboard.press('Enter')
  await page.getByRole('combobox', { name: 'Search or jump to' }).waitFor()
  await page.keyboard.type('theme: dark')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark')
  await expect.poll(() => focused(page)).toMatch(/^Search or jump/)
  await page.keyboard.press('Control+k')
  await page.keyboard.type('settings')
  await enter(page)
  expect(pathOf(page)).toMatch(/^\/w\/tidewell\/settings/)
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark')
  expect(complaints).toEqual([])
  await close()
})

describe('the wizard', () => {
  test('is found on the empty overview; keys are typed, the test is read line by line, and the sync begun', async () => {
    await app.seed.tenant('fresh', { name: 'Fresh Baths' })
    const { page, complaints, close } = await visit(browser, `${app.url}/w/fresh/overview`, { as: app.ana })
    await tabTo(page, /^Connect a CRM$/)
    await enter(page)
    expect(pathOf(page)).toBe('/w/fresh/settings/connections/new')
    await tabTo(page, /^ClientTether|^HubSpot|^Pipedrive|^Salesforce/)
    for (let step = 0; step < 5 && !(await focused(page)).startsWith('ClientTether'); step += 1)
      await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    await enter(page)

    await tabTo(page, /^Address, if not/)
    await page.keyboard.type(simulator.baseUrl)
    await tabTo(page, /^Access token/)
    await page.keyboard.type(accessToken)
    await tabTo(page, /^Web key/)
    await page.keyboard.type(webKey)
    await tabTo(page, /^Save and test$/)
    await enter(page)

    await page.getByText('The connection works. Nothing is copied until you start it.').waitFor()
    const lines = await page
      .getByRole('table', { name: 'The connection works' })
      .locator('tbody tr')
      .allInnerTexts()
    expect(lines.length).toBeGreaterThan(4)
    for (const line of lines) expect(line).toMatch(/^\S[^\t]*\t\s*\S+.*\t\s*\S/s)
    await tabTo(page, /^Start syncing$/)
    await enter(page)
    await page.getByRole('heading', { name: 'Last sync' }).waitFor()
    await tabTo(page, /^Show what is here now$/)
    await enter(page)
    expect(pathOf(page)).toBe('/w/fresh/overview')
    expect(await page.locator('.kpis .figure').first().innerText()).not.toBe('–')
    expect(complaints).toEqual([])
    await close()
  })

  test('says first what is wrong, and beside each field', async () => {
    await app.seed.tenant('hasty')
    const address = `${app.url}/w/hasty/settings/connections/new?connector=clienttether`
    const { page, close } = await visit(browser, address, { as: app.ana })
    await tabTo(page, /^Time zone of the account$/)
    await retype(page, 'Mars/Base')
    await tabTo(page, /^Access token/)
    await page.keyboard.type(accessToken)
    await tabTo(page, /^Web key/)
    await page.keyboard.type(webKey)
    await enter(page)
    await expect.poll(() => isProblem(page)).toBe(true)
    await leadToField(page, 'Time zone of the account', 'keys-zone')
    expect(await page.locator('#keys-zone').inputValue()).toBe('Mars/Base')
    expect(await page.locator('#keys-zone').getAttribute('aria-describedby')).toContain('keys-zone-wrong')
    await close()
  })
})

describe('the members', () => {
  test('are invited, also after a slip, and removed after being asked', async () => {
    const cy = await app.as('rep', tenantId)
    const name = cy.email.split('@')[0] ?? ''
    const members = `${app.url}/w/tidewell/settings/members`
    const { page, complaints, close } = await visit(browser, members, { as: app.ana })
    await tabTo(page, /^Email addresses$/)
    await page.keyboard.type('priya')
    await tabTo(page, /^Role$/)
    await page.keyboard.type('analyst')
    await tabTo(page, /^Invite$/)
    await enter(page)
    await expect.poll(() => isProblem(page)).toBe(true)
    expect(await page.locator('#emails').inputValue()).toBe('priya')
    expect(await page.locator('#role').inputValue()).toBe('analyst')
    await leadToField(page, 'priya is no email address.', 'emails')
    await retype(page, 'priya@example.com')
    await tabTo(page, /^Invite$/)
    await enter(page)
    expect(await page.getByRole('table', { name: 'Invitations' }).innerText()).toMatch(
      /priya@example\.com\s+analyst/,
    )

    await tabTo(page, new RegExp(`^Remove ${name}$`))
    await enter(page)
    await expect.poll(() => focused(page)).toBe(`Remove ${name} from Tidewell Car Wash?`)
    await tabTo(page, new RegExp(`^Remove ${name}$`))
    await enter(page)
    expect(await page.getByRole('status').innerText()).toContain('They are no member any more.')
    expect(await page.getByRole('table').first().innerText()).not.toContain(cy.email)
    expect(complaints.filter((line) => !/status of 4\d\d/.test(line))).toEqual([])
    await close()
  })
})

test('a key that may do nothing is not made, and one comes from there to what it may do', async () => {
  const { page, close } = await visit(browser, `${app.url}/w/tidewell/settings/keys`, { as: app.ana })
  await tabTo(page, /^Name/)
  await page.keyboard.type('nightly')
  await tabTo(page, /^Read what you may read$/)
  await page.keyboard.press('Space')
  await enter(page)
  await expect.poll(() => isProblem(page)).toBe(true)
  await leadToField(page, 'Choose at least one.', 'scopes')
  expect(await page.locator('#name').inputValue()).toBe('nightly')
  await page.keyboard.press('Tab')
  expect(await focused(page)).toBe('Read what you may read')
  await close()
})
