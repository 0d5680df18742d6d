import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../../drizzle/db.ts'
import type { Web } from '../../../src/server/main.ts'
import { launchBrowser } from '../../support/browser.ts'
import { serve, startApp, type TestApp } from '../app.ts'
import { connectAsWeb } from '../place.ts'
import { seedTidewell } from '../seed.ts'
import type { Visitor } from '../visitor.ts'
import { visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let viewer: Visitor
/** Lets nobody in. */
let strict: Web
/** Its database is away. */
let cutOff: Web
let nowhere: Database

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  const { tenantId } = await seedTidewell(app.seed)
  viewer = await app.as('viewer', tenantId)
  const { database, databaseUrl } = app
  strict = await serve({ database, databaseUrl, requestsPerMinute: 0 })
  const away = 'postgres://nobody@127.0.0.1:1/nothing'
  nowhere = connectAsWeb(away)
  cutOff = await serve({ database: nowhere, databaseUrl: away })
})

afterAll(async () => {
  await browser.close()
  await strict.close()
  await cutOff.close()
  await nowhere.close()
  await app.close()
})

const missing = '/w/tidewell/pipeline/01937f00-0000-7000-8000-000000000000'
const pages: Record<number, { at: () => string; words: RegExp }> = {
  403: {
    at: () => `${app.url}/w/tidewell/settings/members`,
    words:
      /^You can see Tidewell Car Wash, but this page is not part of your role \(viewer\)\. Ask Ana Ruiz\.$/m,
  },
  404: {
    at: () => app.url + missing,
    words:
      /^This opportunity isn't in Tidewell Car Wash\. It may have been merged in the CRM, or belong to another workspace\.$/m,
  },
  429: {
    at: () => `${strict.url}/w/tidewell/notes`,
    words: /^This page will work again in \d+ seconds?\. Nothing is lost\.$/m,
  },
  503: {
    at: () => `${cutOff.url}/w/tidewell/notes`,
    words: /^Nothing is lost\. This page reloads in 30 seconds\.$/m,
  },
}

test.each(looks.flatMap((look) => Object.keys(pages).map((status) => ({ status: Number(status), look }))))(
  'the page of a $status is sound and says what to do, $look.colorScheme at $look.viewport.width px',
  async ({ status, look }) => {
    const { at, words } = pages[status] ?? { at: () => '', words: /^$/ }
    const { page, complaints, close } = await visit(browser, at(), { ...look, as: viewer })
    expect(await page.locator('main .small').first().innerText()).toBe(`Answer ${status}`)
    expect(await page.locator('main').innerText()).toMatch(words)
    expect(await page.locator('main .actions a').count()).toBeGreaterThan(0)
    // A browser says in its console that the answer was a failure.
    await expectSound({ page, complaints: complaints.filter((line) => !/status of 503/.test(line)) })
    await close()
  },
)
