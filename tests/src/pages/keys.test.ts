import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { seedKey } from '../keys.ts'
import { minutesAgo, seedTidewell } from '../seed.ts'
import { follow, visit } from './browser.ts'
import { enter, expectSound, looks, tabTo } from './looks.ts'

let app: TestApp
let browser: Browser
let tenantId: string
const path = '/w/tidewell/settings/keys'

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  tenantId = (await seedTidewell(app.seed)).tenantId
  await app.seed.tenant('empty')
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

describe.each(looks)('$colorScheme at $viewport.width px', (look) => {
  test('the page of keys is sound: empty, asked wrongly, with a new key, with keys that have ended', async () => {
    const here = await visit(browser, `${app.url}/w/empty/settings/keys`, {
      ...look,
      as: app.ana,
    })
    const { page } = here
    await expectSound(here)
    await page.locator('#name').fill('   ')
    await page.getByLabel('Read what you may read').uncheck()
    await follow(page, () => page.getByRole('button', { name: 'Make the key' }).click())
    expect(await page.getByRole('alert').innerText()).toBe('The key was not made.')
    expect(await page.locator('.wrong').allInnerTexts()).toEqual(['Give it a name.', 'Choose at least one.'])
    await expectSound(here)
    await page.locator('#name').fill('nightly report with a name that goes on for quite a while')
    await page.getByLabel('Read what you may read').check()
    await page.getByRole('button', { name: 'Make the key' }).click()
    expect(await page.locator('.secret').first().innerText()).toMatch(/^tdm_[\w-]{43}$/)
    await expectSound(here)
    await seedKey(app.seed, tenantId, app.ana.email, { expires_at: minutesAgo(9), name: 'old' })
    await seedKey(app.seed, tenantId, app.ana.email, { revoked_at: minutesAgo(9), name: 'given up' })
    await seedKey(app.seed, tenantId, app.ana.email, { last_used_at: minutesAgo(9) })
    await page.goto(app.url + path)
    await expectSound(here)
    await here.close()
  })
})

describe('somebody without scripts, by keyboard', () => {
  test('makes a key, sees it once, uses it as the page says, and revokes it', async () => {
    const dee = await app.as('analyst', tenantId)
    const { page, close } = await visit(browser, app.url + path, { as: dee, javaScriptEnabled: false })
    await tabTo(page, /^Name/)
    await page.keyboard.type('weekly export')
    await enter(page)
    const key = await page.locator('.secret').first().innerText()
    expect(page.url()).toBe(app.url + path)
    const example = await page.locator('pre.secret').innerText()
    expect(example).toBe(`curl -H "Authorization: Bearer ${key}" ${app.url}/api/v1/sync/status`)
    const headers = { authorization: `Bearer ${key}` }
    expect((await fetch(`${app.url}/api/v1/sync/status`, { headers })).status).toBe(200)

    await page.goto(app.url + path)
    expect(await page.content()).not.toContain(key.slice(12))
    expect(await page.getByRole('row', { name: 'weekly export' }).innerText()).toContain(key.slice(0, 12))
    expect(await page.getByRole('row', { name: 'weekly export' }).innerText()).toContain('just now')
    await tabTo(page, /^Revoke weekly export$/)
    await enter(page)
    expect(await page.getByRole('status').innerText()).toContain('The key is revoked.')
    expect((await fetch(`${app.url}/api/v1/sync/status`, { headers })).status).toBe(401)
    await close()
  })
})

describe('the list', () => {
  test('shows everybody their own keys, and an admin all of them', async () => {
    const rep = await app.as('rep', tenantId)
    const { id } = await seedKey(app.seed, tenantId, rep.email, { name: 'the key of a rep' })
    const own = await (await rep.get(path)).text()
    expect(own).toContain('the key of a rep')
    expect(own).not.toContain('Acts for')
    const other = await app.as('rep', tenantId)
    expect(await (await other.get(path)).text()).not.toContain('the key of a rep')
    expect((await other.post(path, { deed: 'revoke', key: id })).status).toBe(409)
    const all = await (await app.ana.get(path)).text()
    expect(all).toContain('the key of a rep')
    expect(all).toContain('Acts for')
    expect((await app.ana.post(path, { deed: 'revoke', key: id })).status).toBe(303)
    expect((await app.ana.post(path, { deed: 'revoke', key: id })).status).toBe(409)
  })

  test('shows nothing of another workspace, and ends nothing there', async () => {
    const elsewhere = await app.seed.tenant('elsewhere')
    const { id } = await seedKey(app.seed, elsewhere, app.ana.email, { name: 'elsewhere' })
    expect(await (await app.ana.get(path)).text()).not.toContain('elsewhere')
    expect((await app.ana.post(path, { deed: 'revoke', key: id })).status).toBe(409)
    const { rows } = await app.seed.client.query('select revoked_at from api_keys where id = $1', [id])
    expect(rows).toEqual([{ revoked_at: null }])
  })

  test('is for nobody whose role has no keys', async () => {
    for (const role of ['viewer', 'operator'] as const) {
      const visitor = await app.as(role, tenantId)
      expect((await visitor.get(path)).status, role).toBe(403)
      expect((await visitor.post(path, { deed: 'make', name: 'x', read: 'yes' })).status, role).toBe(403)
    }
  })

  test.each(['', 'x', "' or 1=1"])('answers a revocation of "%s" in words', async (key) => {
    expect((await app.ana.post(path, { deed: 'revoke', key })).status).toBe(409)
  })
})

test.each([
  [{ days: '0' }, 'At least one day.'],
  [{ days: '366' }, 'At most 365 days.'],
  [{ days: '1.5' }, 'Give whole days.'],
  [{ days: 'soon' }, 'Give a number of days.'],
  [{ name: 'x'.repeat(101) }, 'At most 100 characters.'],
  [{ name: 'a\0b' }, 'No control characters.'],
  [{ read: 'no' }, 'Choose at least one.'],
])('a key asked for with %j is not made', async (fields, words) => {
  const answer = await app.ana.post(path, { deed: 'make', name: 'odd', read: 'yes', ...fields })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain(words)
})

test('every key that is made or revoked stands in the audit log, without the key', async () => {
  const { rows } = await app.seed.client.query<{ deed: string; dump: string }>(
    'select deed, to_jsonb(audit_log)::text as dump from audit_log where tenant_id = $1',
    [tenantId],
  )
  expect(new Set(rows.map(({ deed }) => deed))).toContain('api_key_made')
  expect(new Set(rows.map(({ deed }) => deed))).toContain('api_key_revoked')
  for (const { dump } of rows) expect(dump).not.toMatch(/tdm_[\w-]{9,}/)
})
