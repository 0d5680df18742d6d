import pg from 'pg'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { follow, visit } from '../pages/browser.ts'
import { expectSound, looks } from '../pages/looks.ts'
import { emptyWorkspace, seedLists, type Cast } from './world.ts'

let app: TestApp
let browser: Browser
let people: Cast

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  const tidewell = await emptyWorkspace(app.seed, 'tidewell', { name: 'Tidewell Car Wash' })
  people = await seedLists(app.seed, tidewell)
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

/** Takes the web's leave to read a table, in the database of this test alone. */
async function withoutLeave<T>(table: string, work: () => Promise<T>): Promise<T> {
  await app.seed.client.query(`revoke select on ${table} from tidemark_web`)
  try {
    return await work()
  } finally {
    await app.seed.client.query(`grant select on ${table} to tidemark_web`)
  }
}

const lists: [page: string, table: string, what: string, filters: string, rows: RegExp][] = [
  ['due?day=overdue&q=call', 'activities', 'The due actions', 'Search: call', /data-rows|class="load"/],
  ['leads?q=dana', 'leads', 'The leads', 'Search: dana', /class="sheet kpis"|<figure|data-result/],
  [
    'pipeline?q=dana',
    'opportunities',
    'The pipeline',
    'Search: dana',
    /class="sheet kpis"|<figure|class="card"/,
  ],
  ['hot-list?market=Tampa', 'opportunities', 'The hot list', 'Market: Tampa', /<table|candidates?,/],
  ['notes?q=sure', 'notes', 'The notes', 'Search: sure', /class="preview"|found\./],
  ['schedule?kind=call', 'activities', 'The schedule', 'Kind: Call', /class="agenda"|in the next 7 days/],
  ['overview?since=30d', 'opportunities', 'The figures', 'Overview', /class="sheet kpis"|<figure/],
]

describe.each(lists)('%s, where %s cannot be read', (page, table, what, filter, figures) => {
  test('keeps its page, says so in the place of the list, and in its status and the log under one reference', async () => {
    await withoutLeave(table, async () => {
      app.logged.length = 0
      const answer = await app.ana.get(`/w/tidewell/${page}`)
      const text = (await answer.text()).replaceAll(/\s+/g, ' ')
      expect(answer.status).toBe(500)
      const reference = answer.headers.get('x-request-id')
      expect(text).toContain(`${what} couldn’t be read`)
      expect(text).toContain(`Reference <code>${reference}</code>`)
      expect(text).toMatch(/<a class="button" href(="")?>\s*Try again/)
      // Navigation, how fresh the copy is, and what filters the list.
      expect(text).toContain('aria-label="Main"')
      expect(text).toContain('Synced')
      expect(text).toContain(filter)
      // No figure and no row, and no word of when they would be from.
      expect(text).not.toMatch(figures)
      expect(text).not.toMatch(/class="small as-of"|href="[^"]*\/export\//)
      const why = app.logged.find(
        ({ msg, request_id }) => msg === 'list not read' && request_id === reference,
      )
      expect(JSON.stringify(why)).toContain(`permission denied for table ${table}`)
    })
    const again = await app.ana.get(`/w/tidewell/${page}`)
    expect(again.status).toBe(200)
    expect(await again.text()).not.toContain('data-failed')
  })

  test.each(looks)('is sound, $colorScheme at $viewport.width px', async (look) => {
    await withoutLeave(table, async () => {
      const { complaints, ...visited } = await visit(browser, `${app.url}/w/tidewell/${page}`, {
        ...look,
        as: app.ana,
      })
      expect(await visited.page.locator('main').innerText()).toContain(`${what} couldn’t be read`)
      // A browser says in its console that the answer was a failure.
      await expectSound({
        ...visited,
        complaints: complaints.filter((line) => !/status of 500/.test(line)),
      })
      await visited.close()
    })
  })
})

test('the choices of the filters stay where they can be read', async () => {
  await withoutLeave('opportunities', async () => {
    for (const page of ['due', 'pipeline', 'hot-list']) {
      const text = await (await app.ana.get(`/w/tidewell/${page}?owner=${people.marcus}`)).text()
      expect(text).toMatch(new RegExp(`<option value="${people.marcus}" selected>\\s*Marcus Oyelaran`))
      expect(text).toContain('Owner: Marcus Oyelaran')
    }
  })
})

test('what waits is "?" where it cannot be counted, never nothing', async () => {
  await withoutLeave('opportunities', async () => {
    const text = await (await app.ana.get('/w/tidewell/sync')).text()
    expect(text).toMatch(/<span class="count" data-unknown[^>]*>\s*\?/)
    expect(text).toContain('Last success')
  })
})

test('a list that somebody holds is said to come back by itself', async () => {
  const holder = new pg.Client({ connectionString: app.databaseUrl })
  await holder.connect()
  try {
    await holder.query('begin; lock table notes in access exclusive mode')
    const answer = await app.ana.get('/w/tidewell/notes')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30'])
    expect(await answer.text()).toContain('Something else is changing what it stands on.')
  } finally {
    await holder.end()
  }
})

test('without scripts a link tries again', async () => {
  const path = '/w/tidewell/hot-list?market=Charlotte%2C+NC'
  const plain = { as: app.ana, javaScriptEnabled: false }
  const { page, close } = await withoutLeave('opportunities', () => visit(browser, app.url + path, plain))
  await follow(page, () => page.getByRole('link', { name: 'Try again' }).click())
  expect(page.url()).toBe(app.url + path)
  expect(await page.locator('tbody th').count()).toBe(1)
  await close()
})

test('a search whose notes cannot be read leaves no notes of another search', async () => {
  const { page, close } = await visit(browser, `${app.url}/w/tidewell/notes`, { as: app.ana })
  await app.seed.client.query('revoke select on notes from tidemark_web')
  await page.getByLabel('Search content or author').fill('sure')
  await page.locator('[data-failed]').waitFor()
  expect(await page.locator('.note').count()).toBe(0)
  await app.seed.client.query('grant select on notes to tidemark_web')
  await page.getByRole('link', { name: 'Try again' }).click()
  await page.getByText('1 note found.').waitFor()
  await close()
})
