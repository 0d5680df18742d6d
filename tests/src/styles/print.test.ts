import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { seedTidewell } from '../seed.ts'
import { visit } from '../pages/browser.ts'

let app: TestApp
let browser: Browser

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  await seedTidewell(app.seed)
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

test.each(['overview', 'due', 'leads', 'pipeline', 'pipeline?view=table', 'hot-list', 'schedule', 'notes'])(
  'on paper %s says whose it is and as of which day, in black on white, and nothing that is pressed',
  async (name) => {
    const address = `${app.url}/w/tidewell/${name}`
    const { page, complaints, close } = await visit(browser, address, { as: app.ana, colorScheme: 'dark' })
    await page.evaluate(() => document.documentElement.setAttribute('data-theme', 'dark'))
    expect(await page.locator('.on-paper').isVisible()).toBe(false)
    await page.emulateMedia({ media: 'print' })
    expect(await page.locator('.on-paper').innerText()).toMatch(
      /^Tidewell Car Wash, as of [A-Z][a-z]{2} \d+, 20\d\d, \d+:\d\d:\d\d [AP]M C[SD]T$/,
    )
    // What stands where it warns that the data is late is not left out.
    const place = page.locator('[data-live="banner"]')
    expect(await place.evaluate((element) => getComputedStyle(element).display)).not.toBe('none')
    for (const pressed of ['.side', '.top', '.tabbar', '.skip', '.button', 'button'])
      expect(await page.locator(`${pressed}:visible`).count(), pressed).toBe(0)
    const looks = await page.evaluate(() => ({
      ground: getComputedStyle(document.body).backgroundColor,
      ink: getComputedStyle(document.querySelector('h1') ?? document.body).color,
      later: [...document.querySelectorAll('main *')].filter(
        (element) => getComputedStyle(element).contentVisibility !== 'visible',
      ).length,
    }))
    expect(looks).toMatchObject({ ground: 'rgb(255, 255, 255)', later: 0 })
    const brightest = Math.max(...(looks.ink.match(/\d+/g) ?? ['255']).slice(0, 3).map(Number))
    expect(brightest, looks.ink).toBeLessThan(80)
    // Browsers count paper as narrow before it is turned: its rows are rows all the same.
    await page.setViewportSize({ width: 700, height: 900 })
    const rows = await page
      .locator('main tr')
      .evaluateAll((all) => all.filter((row) => getComputedStyle(row).display !== 'table-row').length)
    expect(rows).toBe(0)
    expect(complaints).toEqual([])
    await close()
  },
)

test('whoever asks for less motion sees none', async () => {
  const movesAt = async (reducedMotion: 'reduce' | 'no-preference') => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/pipeline`, {
      as: app.ana,
      reducedMotion,
    })
    await page.locator('.button:visible').first().hover()
    const moving = await page.evaluate(() => document.getAnimations().length)
    await close()
    return moving
  }
  expect(await movesAt('reduce')).toBe(0)
  expect(await movesAt('no-preference')).toBeGreaterThan(0)
})
