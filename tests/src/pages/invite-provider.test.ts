import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Web } from '../../../src/server/main.ts'
import { launchBrowser } from '../../support/browser.ts'
import { serve, startApp, type TestApp } from '../app.ts'
import { startProvider, type OidcServer } from '../identity/provider.ts'
import { idOf } from '../keys.ts'
import { visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let web: Web
let oidc: OidcServer
let tenantId: string

beforeAll(async () => {
  ;[app, browser, oidc] = await Promise.all([startApp(), launchBrowser(), startProvider('oidc')])
  tenantId = await app.seed.tenant('tidewell', { name: 'Tidewell Car Wash' })
  web = await serve({ ...app, providers: [oidc.settings] })
  oidc.trust(web.url)
})
afterAll(async () => {
  await browser.close()
  await web.close()
  await Promise.all([app.close(), oidc.close()])
})

async function invite(email: string): Promise<string> {
  await app.ana.post('/w/tidewell/settings/members', { deed: 'invite', emails: email, role: 'rep' })
  const line = app.logged.findLast((one) => one['to'] === email)
  return web.url + new URL(String(line?.['link'])).pathname
}
const waysOf = async (email: string) =>
  (
    await app.seed.client.query<{ provider_id: string }>(
      'select provider_id from auth.accounts where user_id = $1',
      [(await idOf(app.seed, email)) || null],
    )
  ).rows.map(({ provider_id }) => provider_id)
const roleOf = async (email: string) =>
  (
    await app.seed.client.query<{ role: string }>(
      'select role from memberships where tenant_id = $1 and user_id = $2',
      [tenantId, (await idOf(app.seed, email)) || null],
    )
  ).rows[0]?.role

test.each(looks)('the page with a provider is sound, $colorScheme', async (look) => {
  const here = await visit(browser, await invite(`sound-${look.colorScheme}@example.com`), look)
  expect(await here.page.getByRole('button', { name: 'Continue with OIDC' }).isVisible()).toBe(true)
  await expectSound(here)
  await here.close()
})

test('somebody new comes in by a provider, without a password, and joins', async () => {
  const email = 'priya@example.com'
  const link = await invite(email)
  oidc.signedIn = { sub: 'priya', email, email_verified: true, name: 'Priya' }
  const { page, close } = await visit(browser, link)
  await page.getByRole('button', { name: 'Continue with OIDC' }).click()
  await page.getByRole('button', { name: 'Join' }).click()
  await page.waitForURL(/\/w\/tidewell/)
  expect(await waysOf(email)).toEqual(['oidc'])
  expect(await roleOf(email)).toBe('rep')
  await close()
})

test('somebody whom the provider knows under another address does not get in', async () => {
  const email = 'kofi@example.com'
  const link = await invite(email)
  oidc.signedIn = { sub: 'eve', email: 'eve@example.com', email_verified: true }
  const { page, close } = await visit(browser, link)
  await page.getByRole('button', { name: 'Continue with OIDC' }).click()
  await page.waitForURL(/\/sign-in\?/)
  await page.goto(link)
  expect(await page.getByRole('link', { name: `Sign in as ${email}` }).isVisible()).toBe(true)
  expect(await waysOf(email)).toEqual([])
  expect(await roleOf(email)).toBeUndefined()
  expect(await idOf(app.seed, 'eve@example.com')).toBe('')
  await close()
})

test('a provider that is none makes nobody known', async () => {
  const email = 'nobody@example.com'
  const link = await invite(email)
  const answer = await fetch(link, {
    method: 'POST',
    headers: { origin: web.url },
    body: new URLSearchParams({ provider: 'elsewhere', next: '/w' }),
    redirect: 'manual',
  })
  expect(answer.status).toBe(403)
  expect(await idOf(app.seed, email)).toBe('')
})
