import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { minutesAhead, seedDesk, type Desk } from '../due-desk.ts'
import { follow, visit } from './browser.ts'
import { enter, focused, tabTo } from './looks.ts'

let app: TestApp
let browser: Browser
let desk: Desk

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  desk = await seedDesk(app)
  const { connection, tenantId } = desk
  await app.seed.client.query('update opportunities set probability = 0.7 where tenant_id = $1', [tenantId])
  const name = { first_name: 'Priya', last_name: 'Raghunathan' }
  const contact_id = await app.seed.record('contacts', connection, name)
  for (let n = 0; n < 130; n += 1)
    await app.seed.record('notes', connection, {
      body: `<p>Spoke of the lease, call ${n}.</p><p>${'They want to see the rent first. '.repeat(12)}</p>`,
      author: 'Dana Mercado',
      contact_id,
      opportunity_id: desk.ids.get('Priya Raghunathan'),
      noted_at: minutesAhead(-n * 60),
    })
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const open = (place: string, as = app.ana) =>
  visit(browser, `${app.url}/w/tidewell/${place}`, { as, viewport: { width: 1280, height: 700 } })
const scrolled = (page: Page) => page.evaluate(() => Math.round(window.scrollY))
const back = (page: Page) => follow(page, async () => void (await page.goBack()))

describe('with Tab, arrows, Enter and Escape alone', () => {
  const stepsOf = async (title: string) =>
    (
      await app.seed.client.query<{ how: string; details: string }>(
        'select how, details from next_actions where opportunity_id = $1 order by number',
        [desk.ids.get(title)],
      )
    ).rows.map(({ how, details }) => `${how}: ${details}`)

  test('a due step is completed, what is missing is said where it is, and the focus is on the row that follows', async () => {
    const { page, complaints, close } = await open('due', desk.kofi)
    await page.evaluate(() => localStorage.setItem('tidemark.letters', 'off'))
    await page.reload()
    await tabTo(page, /^Complete$/)
    const row = await page.evaluate(() => document.activeElement?.closest('li')?.textContent ?? '')
    expect(row).toContain('Call to confirm FDD receipt')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('step-details')
    await tabTo(page, /^Complete and set next/)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('step-details')
    expect(await dialog.locator('.wrong').allInnerTexts()).toHaveLength(2)
    await page.keyboard.type('Book the validation call')
    await page.keyboard.press('Tab')
    // The days are one stop: arrows go through them.
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowLeft')
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe('day')
    await tabTo(page, /^Complete and set next/)
    await page.keyboard.press('Enter')
    await page.getByText(/^Done\. Next: Book the validation call/).waitFor()
    expect(await stepsOf('Priya Raghunathan')).toEqual([
      'planned: Call to confirm FDD receipt',
      'completed: Book the validation call',
    ])
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.closest('li')?.textContent))
      .toContain('Item 19')
    await tabTo(page, /^Complete$/)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('step-details')
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog.count()).toBe(0)
    await expect.poll(() => focused(page)).toBe('Complete')
    expect(complaints).toEqual([])
    await close()
  })
})

describe('the pipeline', () => {
  test('is heard in a sentence, opened as a table, followed to its deals, and returned to', async () => {
    const { page, complaints, close } = await open('pipeline')
    await tabTo(page, /Arrow keys read its values\.$/)
    const sentence = await page.locator('figure.chart figcaption p').innerText()
    expect(await focused(page)).toContain(sentence)
    await page.keyboard.press('ArrowRight')
    expect(await page.locator('figure.chart [role=status]').innerText()).toMatch(/^Intro call: Deals \d/)

    await tabTo(page, /^Show as table$/)
    await page.keyboard.press('Enter')
    await tabTo(page, /^Validation$/)
    await enter(page)
    expect(await page.locator('.pills').innerText()).toContain('Stage: Validation')

    await tabTo(page, /^Table$/)
    await enter(page)
    await tabTo(page, /^Ray Tsosie|^Yuki Hashimoto|^Wren Castellanos/)
    const deal = await focused(page)
    const place = await scrolled(page)
    await enter(page)
    expect(await page.locator('h1').innerText()).toBe(deal)
    await back(page)
    await expect.poll(() => focused(page)).toBe(deal)
    expect(await scrolled(page)).toBe(place)
    expect(complaints).toEqual([])
    await close()
  })
})

describe('the hot list', () => {
  test('is sorted by its heads, which say so, and taken away as a file', async () => {
    const { page, complaints, close } = await open('hot-list')
    const sorted = () =>
      page
        .locator('th[aria-sort]')
        .evaluateAll((all) => all.map((th) => [th.textContent.trim(), th.ariaSort]))
    expect(await sorted()).not.toEqual([['Likely %', 'descending']])
    await tabTo(page, /^Likely %$/)
    await enter(page)
    expect(await sorted()).toEqual([['Likely %', 'descending']])
    await tabTo(page, /^Likely %$/)
    await enter(page)
    expect(await sorted()).toEqual([['Likely %', 'ascending']])

    await tabTo(page, /^Export$/)
    await page.keyboard.press('Enter')
    await tabTo(page, /^CSV$/)
    const coming = page.waitForEvent('download')
    await page.keyboard.press('Enter')
    const file = await coming
    expect(file.suggestedFilename()).toMatch(/\.csv$/)
    expect(await readFile(await file.path(), 'utf8')).toContain('Likely %')
    expect(complaints).toEqual([])
    await close()
  })
})

describe('the notes', () => {
  test('are searched, opened in place and loaded further, and Back returns to where one was', async () => {
    const { page, complaints, close } = await open('notes')
    await page.keyboard.press('/')
    await page.keyboard.type('lease')
    await page.getByText('130 notes found.').waitFor()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('q')
    await tabTo(page, /^More ?of the note of/)
    await page.keyboard.press('Enter')
    expect(await page.locator('.note details[open]').count()).toBe(1)

    await tabTo(page, /^Load 50 more$/)
    const before = await scrolled(page)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.note').count()).toBe(100)
    expect(await scrolled(page)).toBe(before)
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('call 50.')
    expect(await page.locator('.note details[open]').count()).toBe(1)

    await tabTo(page, /^Priya Raghunathan$/)
    const place = await scrolled(page)
    await enter(page)
    expect(await page.locator('h1').innerText()).toBe('Priya Raghunathan')
    await back(page)
    await expect.poll(() => focused(page)).toBe('Priya Raghunathan')
    expect(await page.locator('.note').count()).toBe(100)
    expect(await page.evaluate(() => document.activeElement?.closest('li')?.textContent)).toContain(
      'call 50.',
    )
    expect(await page.locator('#q').inputValue()).toBe('lease')
    expect(Math.abs((await scrolled(page)) - place)).toBeLessThan(400)
    expect(complaints).toEqual([])
    await close()
  })
})
