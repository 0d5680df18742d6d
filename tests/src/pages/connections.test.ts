import type { Browser } from 'playwright-core'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSimulator, type Simulator } from '../../../simulator/main.ts'
import { launchBrowser } from '../../support/browser.ts'
import { startAppWorker } from '../app-worker.ts'
import { startApp, type TestApp } from '../app.ts'
import { overflowing, violations, visit } from './browser.ts'

const accessToken = 'CANARY-TOKEN-of-the-wizard'
const webKey = 'CT_0123456789wizard9f'
const apiToken = 'CANARY-API-TOKEN-of-the-wizard'

let app: TestApp
let browser: Browser
let simulator: Simulator
let worker: { stop: () => Promise<void> }
const workerLog: string[] = []

beforeAll(async () => {
  ;[app, browser, simulator] = await Promise.all([
    startApp({ TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: 'true' }),
    launchBrowser(),
    startSimulator({
      accounts: [
        { webKey, accessToken, seed: 5, people: 8, changesPerDay: 0 },
        { crm: 'pipedrive', webKey: 'harbour', accessToken: apiToken, seed: 7, people: 8, changesPerDay: 0 },
      ],
    }),
  ])
  worker = await startAppWorker(
    app,
    {},
    pino({ level: 'trace' }, { write: (line: string) => void workerLog.push(line) }),
  )
})

afterAll(async () => {
  await worker.stop()
  await browser.close()
  await simulator.close()
  await app.close()
})

const page = (slug: string, rest = '') => `${app.url}/w/${slug}/settings/connections${rest}`

/** Chooses a CRM in the wizard. */
async function choose(at: import('playwright-core').Page, crm: string) {
  await at.getByLabel(crm, { exact: true }).check()
  await at.getByRole('button', { name: 'Continue' }).click()
}

/** Fills in the wizard's form for ClientTether. */
async function fillIn(at: import('playwright-core').Page, key = webKey) {
  await choose(at, 'ClientTether')
  await at.getByLabel('Access token').fill(accessToken)
  await at.getByLabel('Web key').fill(key)
  await at.getByLabel("Address, if not the CRM's own").fill(simulator.baseUrl)
  await at.getByRole('button', { name: 'Save and test' }).click()
}

describe.each([{ javaScriptEnabled: true }, { javaScriptEnabled: false }])('with %j the wizard', (look) => {
  test('connects a CRM: keys, test in the CRM’s own words, first sync with its progress, and the data', async () => {
    const slug = look.javaScriptEnabled ? 'scripted' : 'plain'
    const tenantId = await app.seed.tenant(slug, { name: 'Orchard Baths' })
    const { page: at, complaints, close } = await visit(browser, page(slug), { ...look, as: app.ana })
    await at.getByRole('link', { name: 'Connect a CRM' }).click()
    await fillIn(at)
    await at.getByText('The connection works. Nothing is copied until you start it.').waitFor()
    const steps = await at.getByRole('table').innerText()
    expect(steps).toMatch(/Reached 127\.0\.0\.1/)
    expect(steps).toMatch(/Opportunities/)
    expect(await at.content()).not.toContain(accessToken)
    // Axe is a script itself.
    if (look.javaScriptEnabled) expect(await violations(at)).toEqual([])

    const runs = await app.seed.client.query('select from sync_runs where tenant_id = $1', [tenantId])
    expect(runs.rowCount).toBe(0)
    await at.getByRole('button', { name: 'Start syncing' }).click()
    await at.getByRole('heading', { name: 'Syncing' }).waitFor()
    // Whoever reads here by a magnifier or by ear is not thrown back to the top every two seconds.
    if (look.javaScriptEnabled) await at.evaluate(() => void (document.body.title = 'as it was loaded'))
    await at.getByRole('heading', { name: 'Last sync' }).waitFor()
    expect(await at.locator('body').getAttribute('title')).toBe(
      look.javaScriptEnabled ? 'as it was loaded' : null,
    )
    expect(await at.locator('look-again').count()).toBe(0)
    const progress = await at.locator('.progress').innerText()
    expect(progress).toMatch(/Opportunities\s+\d+ of \d+/)
    if (look.javaScriptEnabled) expect(await violations(at)).toEqual([])
    await at.getByRole('link', { name: 'Show what is here now' }).click()
    expect(await at.locator('.kpis .figure').first().innerText()).not.toBe('–')
    expect(complaints).toEqual([])
    await close()

    const { rows } = await app.seed.client.query<{ deed: string }>(
      'select deed from audit_log where tenant_id = $1 order by id',
      [tenantId],
    )
    expect(rows.map(({ deed }) => deed)).toEqual(['connection_added', 'connection_started'])
    // At two requests a second, as a real account is asked.
  })
})

test('the wizard asks which CRM it is, and for what that one needs', async () => {
  await app.seed.tenant('harbour')
  const { page: at, complaints, close } = await visit(browser, page('harbour', '/new'), { as: app.ana })
  expect(await violations(at)).toEqual([])
  await choose(at, 'Pipedrive')
  expect(await at.getByLabel('Web key').count()).toBe(0)
  await at.getByLabel('API token of an administrator').fill(apiToken)
  await at.getByLabel("Address, if not the CRM's own").fill(`${simulator.url}/api/`)
  await at.getByRole('button', { name: 'Save and test' }).click()
  await at.getByText('The connection works. Nothing is copied until you start it.').waitFor()
  const steps = await at.getByRole('table').innerText()
  expect(steps).toMatch(/Owners: 5[^]*Lead sources: 10[^]*Opportunities: \d+[^]*Activities: \d+/)
  expect(await at.content()).not.toContain(apiToken)
  expect(complaints).toEqual([])
  await close()
})

test('a key that is wrong is told in the words of the CRM, and can be entered again', async () => {
  await app.seed.tenant('mistyped')
  const { page: at, close } = await visit(browser, page('mistyped', '/new'), { as: app.ana })
  await fillIn(at, 'CT_wrong_wrong_wrong')
  await at.getByText('The connection does not work yet').waitFor()
  expect(await at.getByRole('table').innerText()).toContain('Failed')
  expect(await at.getByRole('button', { name: 'Start syncing anyway' }).count()).toBe(1)
  await at.getByText('Replace the keys').click()
  await at.getByLabel('Access token').fill(accessToken)
  await at.getByLabel('Web key').fill(webKey)
  await at.getByRole('button', { name: 'Save and test' }).click()
  await at.getByText('The connection works. Nothing is copied').waitFor()
  await close()
})

test('a form with holes names each of them, and keeps no key', async () => {
  await app.seed.tenant('hasty')
  const form = {
    connector: 'clienttether',
    name: '',
    'secret.accessToken': accessToken,
    'setting.timeZone': 'Mars/Base',
  }
  const answer = await app.ana.post('/w/hasty/settings/connections/new', form)
  const html = await answer.text()
  expect(answer.status).toBe(422)
  expect(html).toContain('must be an IANA zone')
  expect(html).toContain('is missing: Web key')
  expect(html).not.toContain(accessToken)
})

test('a connection is paused and taken up again, and a page that is older than that says so', async () => {
  const tenantId = await app.seed.tenant('resting')
  const { id } = await app.seed.connection(tenantId)
  const path = `/w/resting/settings/connections/${id}`
  const state = async () =>
    (await app.seed.client.query<{ state: string }>('select state from connections where id = $1', [id]))
      .rows[0]?.state
  expect((await app.ana.post(path, { action: 'pause' })).status).toBe(303)
  expect(await state()).toBe('paused')
  const said = async () => (await app.ana.get('/w/resting/settings/connections')).text()
  expect(await said()).toContain('Ana Ruiz paused it.')
  const again = await app.ana.post(path, { action: 'pause' })
  expect(again.status).toBe(409)
  expect(await again.text()).toContain('has changed since you opened this page')
  // New keys of a paused connection change nothing of who paused it, and when.
  const pausedAt = 'select state_since from connections where id = $1'
  const { rows: before } = await app.seed.client.query(pausedAt, [id])
  const keys = { 'secret.accessToken': accessToken, 'secret.webKey': webKey }
  expect((await app.ana.post(path, { action: 'replace', ...keys })).status).toBe(303)
  expect((await app.seed.client.query(pausedAt, [id])).rows).toEqual(before)
  expect(await said()).toContain('Ana Ruiz paused it.')
  expect((await app.ana.post(path, { action: 'resume' })).status).toBe(303)
  expect(await state()).toBe('active')
  expect(await said()).not.toContain('paused it')
})

test('outside the demo nobody can point a connection at an address of their own', async () => {
  const { serve } = await import('../app.ts')
  const tenantId = await app.seed.tenant('careful')
  const web = await serve(app)
  const cookie = [...app.ana.cookies].map((pair) => pair.join('=')).join('; ')
  const form = {
    connector: 'clienttether',
    name: 'A',
    baseUrl: 'http://169.254.169.254/',
    'setting.timeZone': 'UTC',
  }
  const body = new URLSearchParams({ ...form, 'secret.accessToken': accessToken, 'secret.webKey': webKey })
  const answer = await fetch(`${web.url}/w/careful/settings/connections/new`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie, origin: web.url },
    body,
  })
  expect(answer.status).toBe(303)
  const { rows } = await app.seed.client.query('select base_url from connections where tenant_id = $1', [
    tenantId,
  ])
  expect(rows).toEqual([{ base_url: null }])
  await app.seed.client.query(`update connections set state = 'paused' where tenant_id = $1`, [tenantId])
  await web.close()
})

test.each([
  { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const)('the pages please axe and fit, $colorScheme at $viewport.width px', async (look) => {
  const tenantId = await app.seed.tenant(`look-${look.colorScheme}`)
  const slug = `look-${look.colorScheme}`
  const { id } = await app.seed.connection(tenantId, {
    state: 'needs_reconnect',
    state_reason: 'ClientTether refused our key.',
  })
  for (const rest of ['', '/new', `/${id}`]) {
    const { page: at, complaints, close } = await visit(browser, page(slug, rest), { ...look, as: app.ana })
    expect(await violations(at), rest).toEqual([])
    expect(await overflowing(at), rest).toEqual([])
    expect(complaints, rest).toEqual([])
    await close()
  }
})

test('neither key is in any log, page, test or snapshot', async () => {
  const { rows } = await app.seed.client.query<{ found: string }>(
    `select 'test' as found from connection_tests where steps::text like '%CANARY-TOKEN%'
     union all select 'snapshot' from raw_snapshots where request::text like '%CANARY-TOKEN%'
     union all select 'audit' from audit_log a where a::text like '%CANARY-TOKEN%'`,
  )
  expect(rows).toEqual([])
  for (const secret of [accessToken, webKey]) {
    expect(JSON.stringify(app.logged)).not.toContain(secret)
    expect(workerLog.join('')).not.toContain(secret)
  }
})
