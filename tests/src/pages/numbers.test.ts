import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { seedTidewell } from '../seed.ts'
import { follow, visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  const { connection } = await seedTidewell(app.seed)
  const open = { status: 'open', currency: 'USD', amount_minor: 123_456_700 }
  await app.seed.record('opportunities', connection, open)
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const plain = () => ({ javaScriptEnabled: false, as: app.ana })

test.each(looks)('the page of the format is sound, $colorScheme at $viewport.width px', async (look) => {
  const visited = await visit(browser, `${app.url}/w/tidewell/settings/numbers`, { ...look, as: app.ana })
  await expectSound(visited)
  await visited.close()
})

test('a format is chosen without scripts, and all pages of this workspace write it, charts among them', async () => {
  const { page, close } = await visit(browser, `${app.url}/w/tidewell/pipeline`, plain())
  const amounts = async () => (await page.locator('main').innerText()).match(/\$1[^\d\s]234[^\d\s]567/g) ?? []
  expect(new Set(await amounts())).toEqual(new Set(['$1,234,567']))
  await page.goto(`${app.url}/w/tidewell/settings/numbers`)
  await page.getByLabel('Format').selectOption('1.234,56')
  await follow(page, () => page.getByRole('button', { name: 'Use this format' }).click())
  expect(await page.getByRole('status').innerText()).toContain('write numbers like this from now on')
  await page.goto(`${app.url}/w/tidewell/pipeline`)
  expect(new Set(await amounts())).toEqual(new Set(['$1.234.567']))
  expect(await page.locator('.chart svg text').allTextContents()).not.toContainEqual(
    expect.stringMatching(/\$\d\.\d+M/),
  )
  await page.goto(`${app.url}/w/tidewell/settings/targets`)
  expect(await page.locator('.hint').allInnerTexts()).toContainEqual(
    expect.stringContaining('Such as 500.000'),
  )
  await page.getByLabel('To win each month').fill('2.000.000')
  await follow(page, () => page.getByRole('button', { name: 'Set the target' }).click())
  expect(await page.getByRole('row', { name: 'USD' }).innerText()).toContain('$2.000.000')
  await close()
})

test('what is no format is refused, and nothing changes', async () => {
  const answer = await app.ana.post('/w/tidewell/settings/numbers', { format: '12,34,567.89' })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('Choose one of the formats.')
})
