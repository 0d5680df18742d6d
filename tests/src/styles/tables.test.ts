import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { minutesAgo } from '../seed.ts'
import { emptyWorkspace } from '../lists/world.ts'
import { visit } from '../pages/browser.ts'

let app: TestApp
let browser: Browser
let runId: string

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  await seedMany()
  await seedLargeRun()
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

/** More than a window holds of each, and in one row words and sums that are longer than their columns. */
async function seedMany(): Promise<void> {
  const { seed } = app
  const connection = await emptyWorkspace(seed, 'harbour')
  const long = 'Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch'
  const owner_id = await seed.record('owners', connection, { name: long })
  const stage_id = await seed.record('stages', connection, {
    name: `Approved${long}`,
    probability: '0.9',
    is_active: true,
    outcome: 'open',
  })
  for (let n = 0; n < 60; n += 1) {
    const words = n === 0 ? long : n % 2 === 0 ? 'Austin–Round Rock, TX' : 'Boise, ID'
    await seed.record('opportunities', connection, {
      title: n === 0 ? long : `Priya Raghunathan ${n}`,
      status: 'open',
      stage_id,
      owner_id: n === 0 ? owner_id : null,
      market: words,
      units: 3,
      currency: 'CAD',
      amount_minor: n === 0 ? 9_999_999_999 : 11_115_000,
      weighted_fee_minor: n === 0 ? 9_999_999_999 : 1_111_500,
      expected_close_on: '2026-12-18',
    })
    await seed.record('leads', connection, {
      name: n === 0 ? long : `Lead ${n}`,
      source: words,
      stage_id,
      owner_id: n === 0 ? owner_id : null,
      custom: { market: words },
      is_prospect: true,
      source_created_at: minutesAgo(60 * n),
    })
  }
}

/** A run of everything there is to sync, with figures of a large client. */
async function seedLargeRun(): Promise<void> {
  const connection = await app.seed.connection(await app.seed.tenant('large'))
  runId = await app.seed.run(connection)
  const many = 123_456
  const counts = {
    fetched: many,
    created: many,
    updated: many,
    unchanged: many,
    our_count: many,
    crm_count: many,
  }
  for (const stream of ['opportunities', 'leads', 'notes', 'lead_sources', 'activities'])
    await app.seed.pass(connection, runId, stream, counts)
  await app.seed.pass(connection, runId, 'stage_changes', { status: 'not_synced' })
}

const lists = ['leads', 'hot-list', 'pipeline?view=table']

test.each(lists)('the names of the columns of %s stay in sight while its rows pass', async (list) => {
  const { page, close } = await visit(browser, `${app.url}/w/harbour/${list}`, {
    as: app.ana,
    viewport: { width: 1280, height: 900 },
  })
  const table = page.locator('.sheet > table:has([data-rows])')
  const start = await table.evaluate((element) => element.getBoundingClientRect().top)
  await page.evaluate((y) => window.scrollTo(0, y), start + 1_500)
  const head = table.locator('thead th').first()
  expect(await head.evaluate((cell) => cell.getBoundingClientRect().top)).toBe(0)
  // Nothing lies over it.
  const isSeen = await head.evaluate((cell) => {
    const { left, top, height } = cell.getBoundingClientRect()
    return cell.contains(document.elementFromPoint(left + 20, top + height / 2))
  })
  expect(isSeen).toBe(true)
  await close()
})

test.each(lists)('at no desk is any of %s cut off, however long a word', async (list) => {
  const { page, close } = await visit(browser, `${app.url}/w/harbour/${list}`, { as: app.ana })
  const table = page.locator('.sheet > table:has([data-rows])')
  for (const width of [840, 1_024, 1_200, 1_279, 1_280, 1_440, 1_920]) {
    await page.setViewportSize({ width, height: 900 })
    const { isPushed, over } = await table.evaluate((element) => {
      const sheet = element.parentElement ?? element
      return {
        isPushed: getComputedStyle(sheet).overflowX === 'auto',
        over: element.getBoundingClientRect().right - sheet.getBoundingClientRect().right,
      }
    })
    expect(isPushed, `${width} px`).toBe(width < 1_280)
    if (!isPushed) expect(over, `${width} px`).toBeLessThanOrEqual(0)
  }
  await close()
})

test('every figure of a run is in sight on a small desk, and none is said of what the CRM does not offer', async () => {
  const { page, close } = await visit(browser, `${app.url}/w/large/sync/runs/${runId}`, {
    as: app.ana,
    viewport: { width: 1_280, height: 900 },
  })
  const streams = page.getByRole('table', { name: 'Streams' })
  const over = await streams.evaluate(
    (table) =>
      table.getBoundingClientRect().right - (table.parentElement ?? table).getBoundingClientRect().right,
  )
  expect(over).toBeLessThanOrEqual(0)
  const figures = await streams.getByRole('row', { name: 'Stage changes' }).getByRole('cell').allInnerTexts()
  expect(figures.slice(1).every((figure) => figure === '–')).toBe(true)
  await close()
})
