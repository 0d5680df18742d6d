import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startAppWorker } from '../app-worker.ts'
import { startApp, type TestApp } from '../app.ts'
import { visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let home: string
let connectionId: string
const hostile = '<script>alert(1)</script>'

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  const tenantId = await app.seed.tenant('tidewell', { name: 'Tidewell' })
  const connection = await app.seed.connection(tenantId, { name: 'ClientTether', next_due_at: '2999-01-01' })
  connectionId = connection.id
  home = `${app.url}/w/tidewell/settings/connections/${connection.id}/fields`
  const deals = [
    { market: 'Austin', region: 'South', licences: '2' },
    { market: '', region: 'North', licences: 'two' },
    { region: hostile, licences: '3' },
  ]
  for (const custom of deals)
    await app.seed.record('opportunities', connection, { custom: JSON.stringify(custom), status: 'open' })
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

test('what a change would give is shown before it is saved, without scripts, and under which version numbers are until it is done', async () => {
  const { page, close } = await visit(browser, home, { javaScriptEnabled: false, as: app.ana })
  expect(await page.getByLabel('Market').inputValue()).toBe('market')
  const options = await page.getByLabel('Market').locator('option').allInnerTexts()
  expect(options).toContain('licences (3 of 3, such as “2”)')
  expect(options).toContain(`region (3 of 3, such as “${hostile}”)`)
  await page.getByLabel('Market').selectOption('region')
  await page.getByLabel('Units').selectOption('licences')
  await page.getByLabel('Name 1').fill('Seats')
  await page.getByLabel('Field 1 in').selectOption('licences')
  await page.getByRole('button', { name: 'See what it changes' }).click()
  const preview = await page.getByRole('region', { name: 'With these fields' }).innerText()
  expect(preview).toContain('3 of 3 deals get a value, such as “')
  expect(preview).toContain(
    '2 of 3 deals get a value, such as “2”. 1 has one that is no whole number, such as “two”, and gets none.',
  )
  expect(await app.seed.client.query('select from field_mappings')).toMatchObject({ rowCount: 0 })
  await page.getByLabel('Why (optional)').fill('The form was renamed')
  await page.getByRole('button', { name: 'Use these fields' }).click()
  expect(await page.locator('.head p').innerText()).toBe(
    'Version 2 is being carried out. Until then every number is under version 1.',
  )
  const pipeline = await app.ana.get('/w/tidewell/pipeline')
  expect((await pipeline.text()).replaceAll(/\s+/g, ' ')).toContain(
    'The fields of ClientTether are being read again under version 2. Until that is done, numbers are under version 1.',
  )
  await close()
})

test('whoever saves what somebody else has changed meanwhile is told so, and nothing is overwritten', async () => {
  const answer = await app.ana.post(new URL(home).pathname, {
    deed: 'save',
    version: '0',
    market: 'licences',
  })
  expect(answer.status).toBe(409)
  expect(await answer.text()).toContain('Version 2 is theirs')
  const back = await app.ana.post(new URL(home).pathname, { deed: 'back', version: '2', to: '9' })
  expect(back.status).toBe(404)
})

test('a worker carries it out, open pages hear of it, and the way back is one click', async () => {
  const { page, complaints, close } = await visit(browser, `${app.url}/w/tidewell/pipeline`, { as: app.ana })
  const notice = page.getByText('are being read again under version 2')
  expect(await notice.count()).toBe(1)
  const worker = await startAppWorker(app)
  const stateOf = async (version: number) =>
    (await app.seed.client.query('select state from field_mappings where version = $1', [version])).rows[0]
  await expect.poll(() => stateOf(2)).toEqual({ state: 'applied' })
  await notice.waitFor({ state: 'detached' })
  const settings = () =>
    app.seed.client.query('select settings from connections where id = $1', [connectionId])
  expect((await settings()).rows[0]).toMatchObject({
    settings: { fields: { market: 'region', units: 'licences', custom: { Seats: 'licences' } } },
  })
  await page.goto(home)
  expect(await page.locator('.head p').innerText()).toMatch(
    /^Version 2 holds\. 0 deals were read again from what is stored\. 3 deals keep their values/,
  )
  expect(await page.getByLabel('Name 1').inputValue()).toBe('Seats')
  await page.getByRole('button', { name: 'Go back to version 1' }).click()
  await expect.poll(() => stateOf(3)).toEqual({ state: 'applied' })
  await page.goto(home)
  expect(
    await page.getByRole('row', { name: 'Back to version 1', exact: false }).first().innerText(),
  ).toContain('Holds')
  expect(complaints).toEqual([])
  await worker.stop()
  await close()
})

test.each(looks)('the page of the fields is sound, $colorScheme at $viewport.width px', async (look) => {
  const visited = await visit(browser, home, { ...look, as: app.ana })
  await visited.page.getByLabel('Units').selectOption('licences')
  await visited.page.getByRole('button', { name: 'See what it changes' }).click()
  await visited.page.getByRole('heading', { name: 'With these fields' }).waitFor()
  await expectSound(visited)
  await visited.close()
})
