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
  const { tenantId, connection } = await seedTidewell(app.seed)
  const won = { status: 'won', closed_at: new Date() }
  await app.seed.record('opportunities', connection, { ...won, currency: 'USD', amount_minor: 9_999_900 })
  await app.seed.record('opportunities', connection, { ...won, currency: 'CAD', amount_minor: 100_000 })
  await app.as('manager', tenantId)
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const plain = () => ({ javaScriptEnabled: false, as: app.ana })

test.each(looks)('the page of the targets is sound, $colorScheme at $viewport.width px', async (look) => {
  const visited = await visit(browser, `${app.url}/w/tidewell/settings/targets`, { ...look, as: app.ana })
  await expectSound(visited)
  await visited.close()
})

test('a target is set without scripts, a wrong one is asked for again, and the overview shows how far it is', async () => {
  const { page, close } = await visit(browser, `${app.url}/w/tidewell/settings/targets`, plain())
  await page.getByLabel('To win each month').fill('a lot')
  await page.getByRole('button', { name: 'Set the target' }).click()
  expect(await page.getByLabel('To win each month').inputValue()).toBe('a lot')
  expect(await page.locator('.wrong').innerText()).toContain('Give an amount above nothing in USD')
  await page.getByLabel('To win each month').fill('100,000')
  await page.getByRole('button', { name: 'Set the target' }).click()
  expect(await page.getByRole('row', { name: 'USD' }).innerText()).toContain('$100,000')
  await page.goto(`${app.url}/w/tidewell/overview`)
  const tile = await page.locator('.kpis > div', { hasText: 'Won this month' }).innerText()
  // A dollar is missing, so it is not reached.
  expect(tile).toContain('$99,999 of $100,000 (99%)')
  expect(tile).toContain('worth CA$1,000')
  await close()
})

test('the overview compares with a day of one’s own, and says so', async () => {
  const { page, close } = await visit(browser, `${app.url}/w/tidewell/overview`, plain())
  await page.getByText('Custom', { exact: true }).click()
  await page.getByLabel('From').fill('2026-01-05')
  await follow(page, () => page.getByRole('button', { name: 'Show' }).click())
  expect(new URL(page.url()).search).toBe('?since=2026-01-05')
  expect(await page.getByText('Custom, since Jan 5, 2026').count()).toBe(1)
  expect(await page.locator('.kpis').innerText()).toContain('Since Jan 5')
  for (const since of ['2999-01-01', '2026-02-30', 'x']) {
    await page.goto(`${app.url}/w/tidewell/overview?since=${since}`)
    expect(await page.getByRole('link', { name: '7 d' }).getAttribute('aria-current')).toBe('page')
  }
  await close()
})

test('the leads of two days are asked for by a form, and a day that is missing is said', async () => {
  const { page, close } = await visit(browser, `${app.url}/w/tidewell/leads`, plain())
  await page.getByLabel('Period').selectOption('days')
  await follow(page, () => page.getByRole('button', { name: 'Apply' }).click())
  expect(await page.locator('main').innerText()).toContain('give the first day')
  await page.getByLabel('From', { exact: true }).fill('2026-01-05')
  await page.getByLabel('Until', { exact: true }).fill('2026-01-09')
  await page.getByLabel('Period').selectOption('days')
  await page.getByRole('button', { name: 'Apply' }).click()
  expect(await page.locator('.head p').innerText()).toBe('No leads from Jan 5, 2026 to Jan 9, 2026.')
  expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe('2026-01-05')
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'This week' }).click()
  expect(await page.locator('[data-result]').innerText()).toMatch(/^\d+ leads? this week$/)
  await close()
})

test('with scripts a day that is given chooses the days', async () => {
  const { page, complaints, close } = await visit(browser, `${app.url}/w/tidewell/leads`, { as: app.ana })
  await page.getByLabel('From', { exact: true }).fill('2026-01-05')
  expect(await page.getByLabel('Period').inputValue()).toBe('days')
  await page.getByLabel('Period').selectOption('7d')
  expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe('')
  expect(complaints).toEqual([])
  await close()
})
