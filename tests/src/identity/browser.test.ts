import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DemoPerson } from '../../../src/identity/demo-people.ts'
import type { Web } from '../../../src/server/main.ts'
import { launchBrowser } from '../../support/browser.ts'
import { serve, startApp, type TestApp } from '../app.ts'
import { follow, overflowing, violations, visit } from '../pages/browser.ts'
import { password } from '../people.ts'
import { visit as signIn } from '../visitor.ts'
import { codeOf } from './authenticator.ts'
import { startProvider, type OidcServer } from './provider.ts'

let app: TestApp
let web: Web
let browser: Browser
let oidc: OidcServer
let tenantId: string
const demoPeople: DemoPerson[] = []

beforeAll(async () => {
  ;[app, browser, oidc] = await Promise.all([startApp(), launchBrowser(), startProvider('oidc')])
  tenantId = await app.seed.tenant('tidewell', { name: 'Tidewell Car Wash' })
  const { email } = await app.as('viewer', tenantId)
  demoPeople.push({ name: 'Tom Okafor', email, password, words: 'Viewer: reads' })
  web = await serve({ ...app, demoPeople, providers: [oidc.settings] })
  oidc.trust(web.url)
})
afterAll(async () => {
  await browser.close()
  await web.close()
  await Promise.all([app.close(), oidc.close()])
})

const newRep = async () => (await app.as('rep', tenantId)).email

async function passwordOn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const looks = [
  { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const

describe.each(looks)('$colorScheme at $viewport.width px', (look) => {
  /** What axe, the policy and the width find at fault. */
  const faultsOf = async ({ page, complaints }: { page: Page; complaints: string[] }) => [
    ...(await violations(page)),
    ...(await overflowing(page)),
    ...complaints.filter((line) => !/status of 4\d\d/.test(line)),
  ]

  test('the pages for strangers please axe and the policy, and fit', async () => {
    const visited = await visit(browser, `${web.url}/sign-in`, look)
    const { page } = visited
    expect(await faultsOf(visited)).toEqual([])
    await passwordOn(page, 'nobody@example.com')
    expect(await page.title()).toContain('Error: Sign in')
    expect(await faultsOf(visited)).toEqual([])
    await page.goto(`${web.url}/forgot`)
    expect(await faultsOf(visited)).toEqual([])
    await page.getByLabel('Email').fill('nobody@example.com')
    await page.getByRole('button', { name: 'Send the link' }).click()
    await page.getByText('If we know this address').waitFor()
    expect(await faultsOf(visited)).toEqual([])
    await page.goto(`${web.url}/reset?token=none`)
    await page.getByText('This link is over').waitFor()
    expect(await faultsOf(visited)).toEqual([])
    await visited.close()
  })

  test('codes are set up and given, by pages that please axe and the policy, and fit', async () => {
    const email = await newRep()
    const visited = await visit(browser, `${web.url}/w/tidewell/settings/security`, look)
    const { page } = visited
    await passwordOn(page, email)
    await page.getByRole('heading', { name: 'Your sign-in' }).waitFor()
    await page.getByText('Change your password').click()
    expect(await faultsOf(visited)).toEqual([])

    await page.locator('#password-enrol').fill(password)
    await page.getByRole('button', { name: 'Set up codes' }).click()
    const picture = page.getByRole('img', { name: 'QR code' })
    await picture.waitFor()
    const secret = (await page.locator('code.secret').innerText()).replaceAll(' ', '')
    expect(secret.length).toBeGreaterThanOrEqual(32)
    expect(await faultsOf(visited)).toEqual([])
    await page.getByLabel('The code it shows now').fill(codeOf(secret))
    await page.getByRole('button', { name: 'Turn codes on' }).click()

    await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    const codes = (await page.locator('pre.codes').innerText()).trim().split('\n')
    expect(codes).toHaveLength(10)
    const waiting = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download' }).click()
    const download = await waiting
    expect(download.suggestedFilename()).toBe('tidemark-recovery-codes.txt')
    expect(await readFile(await download.path(), 'utf8')).toContain(codes.join('\n'))
    expect(await faultsOf(visited)).toEqual([])
    await page.getByRole('link', { name: 'I have kept them' }).click()
    await page.getByText('Every way in asks for a code').waitFor()
    for (const summary of await page.locator('summary').all()) await summary.click()
    expect(await faultsOf(visited)).toEqual([])

    // On a phone the way out is behind the bar at the foot.
    const more = page.getByRole('button', { name: 'More' })
    if (await more.isVisible()) await more.click()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByText('You are signed out.').waitFor()
    await passwordOn(page, email)
    await page.getByRole('heading', { name: 'Enter your code' }).waitFor()
    expect(await faultsOf(visited)).toEqual([])
    await page.getByLabel('Code', { exact: true }).fill('000 000')
    await page.keyboard.press('Enter')
    await page.getByText("That code didn't match.").waitFor()
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('alert')
    expect(await faultsOf(visited)).toEqual([])
    await page.getByLabel('Code', { exact: true }).fill(codes[0] ?? '')
    await page.getByLabel('Trust this browser').check()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL('**/w/tidewell/overview')
    await visited.close()
  })
})

describe('without scripts', () => {
  const plain = { javaScriptEnabled: false }

  test('a wrong password keeps the address, forgets the password, and says what is wrong first', async () => {
    const { page, close } = await visit(browser, `${web.url}/sign-in`, plain)
    await passwordOn(page, 'kofi@example.com')
    expect(await page.getByRole('alert').innerText()).toBe("That email and password don't match.")
    expect(await page.getByLabel('Email').inputValue()).toBe('kofi@example.com')
    expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('')
    expect(await page.getByRole('button', { name: 'Show' }).count()).toBe(0)
    await close()
  })

  test('one click makes somebody a person of the demo', async () => {
    const { page, close } = await visit(browser, `${web.url}/w/tidewell/overview`, plain)
    expect(await page.getByText('Viewer: reads').isVisible()).toBe(true)
    await follow(page, () => page.getByRole('button', { name: 'Tom Okafor' }).click())
    expect(new URL(page.url()).pathname).toBe('/w/tidewell/overview')
    await close()
    const elsewhere = await visit(browser, `${app.url}/sign-in`, plain)
    expect(await elsewhere.page.getByText('demo').count()).toBe(0)
    await elsewhere.close()
  })

  test('a provider is left for and come back from, past our own policy', async () => {
    const email = await newRep()
    oidc.signedIn = { sub: email, email, email_verified: true }
    const { page, complaints, close } = await visit(browser, `${web.url}/w/tidewell/overview`, plain)
    await page.getByRole('button', { name: 'Continue with OIDC' }).click()
    await page.waitForURL('**/w/tidewell/overview')
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Overview')
    expect(complaints).toEqual([])
    await close()
  })

  test('a link from the mail leads to a new password, and to the sign-in', async () => {
    const email = await newRep()
    const { page, close } = await visit(browser, `${app.url}/sign-in`, plain)
    await page.getByRole('link', { name: 'Forgot it?' }).click()
    await page.getByLabel('Email').fill(email)
    await page.getByRole('button', { name: 'Send the link' }).click()
    await page.getByText('a link is on its way').waitFor()
    const mails = () => app.logged.filter(({ to, link }) => to === email && typeof link === 'string')
    await expect.poll(() => mails().length).toBe(1)
    await page.goto(String(mails()[0]?.['link']))
    await page.getByLabel('New password').fill('high tide at ten')
    await page.getByRole('button', { name: 'Set the password' }).click()
    await page.getByText('Your password is set. Sign in with it.').waitFor()
    await page.getByLabel('Email').fill(email)
    await page.getByLabel('Password', { exact: true }).fill('high tide at ten')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/w/tidewell/overview')
    await close()
  })
})

test('everything is reached by the keyboard alone, and a password is looked at by a button', async () => {
  const email = await newRep()
  const { page, complaints, close } = await visit(browser, `${app.url}/sign-in`)
  const focused = () =>
    page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.trim() || '')
  const order: string[] = []
  for (let press = 0; press < 6; press++) {
    await page.keyboard.press('Tab')
    order.push(await focused())
  }
  expect(order).toEqual(['Skip to content', 'email', 'password', 'Show password', 'Sign in', 'Forgot it?'])

  await page.getByLabel('Email').focus()
  await page.keyboard.type(email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  const field = page.getByLabel('Password', { exact: true })
  expect(await field.getAttribute('type')).toBe('password')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  expect(await field.getAttribute('type')).toBe('text')
  expect(await page.getByRole('button', { name: 'Show password' }).getAttribute('aria-pressed')).toBe('true')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/w/tidewell/overview')

  await page.goto(`${app.url}/w/tidewell/settings/security`)
  await page.getByRole('button', { name: 'Sign out everywhere' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('You are signed out everywhere.').waitFor()
  expect(complaints).toEqual([])
  await close()
})

test('whoever is signed in is led past the sign-in', async () => {
  const email = await newRep()
  const { page, close } = await visit(browser, `${app.url}/sign-in?next=/w/tidewell/overview`, {
    as: await signIn(app.url, email),
  })
  expect(new URL(page.url()).pathname).toBe('/w/tidewell/overview')
  await close()
})
