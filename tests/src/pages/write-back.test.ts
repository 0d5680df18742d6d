import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { minutesAhead, seedDesk, type Desk } from '../due-desk.ts'
import { follow, visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let desk: Desk

/** The CRM's words are a stranger's. */
const because = 'HubSpot answered 400: <b>Nobody</b> works on Sundays'

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  desk = await seedDesk(app, { isBusy: false })
  for (const title of ['Priya', 'Marcus'])
    await desk.opportunity(title, {}, { due_at: minutesAhead(60), details: `Call ${title}` })
  await write('Priya', { state: 'refused', attempts: 1, settled_at: new Date(), refused_because: because })
  await write('Marcus', { waits_because: 'HubSpot asked us to slow down' })
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const write = (title: string, row: Record<string, unknown>) =>
  app.seed.insert('crm_writes', {
    tenant_id: desk.tenantId,
    connection_id: desk.connection.id,
    opportunity_id: desk.ids.get(title),
    number: 1,
    payload: JSON.stringify({
      next_action_at: minutesAhead(60).toISOString(),
      next_action_details: `Call ${title}`,
    }),
    ...row,
  })
const settings = () => `${app.url}/w/${desk.slug}/settings/write-back`
const stateOf = async (title: string) => {
  const { rows } = await app.seed.client.query<{ state: string; refused_because: string | null }>(
    'select state, refused_because from crm_writes where opportunity_id = $1',
    [desk.ids.get(title)],
  )
  return rows[0]
}

test.each(looks)('the switch and the list are sound, $colorScheme at $viewport.width px', async (look) => {
  const admin = await app.as('admin', desk.tenantId)
  for (const address of [settings(), `${app.url}/w/${desk.slug}/due`, `${app.url}/w/${desk.slug}/sync`]) {
    const visited = await visit(browser, address, { ...look, as: admin })
    await expectSound(visited)
    await visited.close()
  }
})

test('an admin turns it on and off without scripts; nobody else comes here', async () => {
  const admin = await app.as('admin', desk.tenantId)
  const { page, close } = await visit(browser, settings(), { javaScriptEnabled: false, as: admin })
  expect(await page.getByRole('main').innerText()).toContain('nothing is ever written')
  expect(await page.locator('.facts').innerText()).toContain('an event of the client')
  await page.getByRole('button', { name: 'Turn it on' }).click()
  expect(await page.getByRole('status').innerText()).toContain('It is on')
  await page.getByRole('button', { name: 'Turn it off' }).click()
  expect(await page.getByRole('status').innerText()).toContain('It is off')
  expect(await stateOf('Marcus')).toMatchObject({ state: 'refused' })
  await page.getByRole('button', { name: 'Turn it on' }).click()
  await close()
  expect((await desk.kofi.get(`/w/${desk.slug}/settings/write-back`)).status).toBe(403)
})

test('what the CRM refused stands over the list in its words, and is tried again by a button', async () => {
  const { page, close } = await visit(browser, `${app.url}/w/${desk.slug}/due?whose=all`, {
    javaScriptEnabled: false,
    as: desk.kofi,
  })
  const notice = page.getByRole('region', { name: 'Not written to the CRM' })
  expect(await notice.innerText()).toContain(because)
  await follow(page, () => notice.getByRole('button', { name: 'Retry: Priya' }).click())
  expect(await stateOf('Priya')).toEqual({ state: 'pending', refused_because: null })
  expect(await page.locator('[data-done]').innerText()).toContain('Goes to')
  expect(await page.getByRole('button', { name: 'Retry: Priya' }).count()).toBe(0)
  await close()
})

test('the sync page counts what waits and what was refused, and says nothing of whom', async () => {
  await write('Priya', {
    number: 2,
    state: 'refused',
    attempts: 2,
    settled_at: new Date(),
    refused_because: because,
  })
  const operator = await app.as('operator', desk.tenantId)
  const { page, close } = await visit(browser, `${app.url}/w/${desk.slug}/sync`, { as: operator })
  const text = await page.getByRole('main').innerText()
  expect(text).toContain('1 change waits to be written to the CRM')
  expect(text).toContain('1 was refused in the last seven days')
  expect(text).not.toMatch(/Priya|Sundays/)
  await close()
})
