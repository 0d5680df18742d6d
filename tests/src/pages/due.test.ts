import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { minutesAhead, seedDesk, type Desk } from '../due-desk.ts'
import type { Visitor } from '../visitor.ts'
import { follow, visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let desk: Desk
let viewer: Visitor

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  desk = await seedDesk(app)
  await seedDesk(app, { slug: 'quiet', isBusy: false })
  const ahead = await seedDesk(app, { slug: 'ahead', isBusy: false })
  await ahead.opportunity('Later alone', {}, { due_at: minutesAhead(20 * 1_440), details: 'Ask again' })
  const stale = await seedDesk(app, { slug: 'stale' })
  await app.seed.client.query(
    `update stream_cursors set fresh_at = now() - interval '7 hours' where tenant_id = $1`,
    [stale.tenantId],
  )
  await app.seed.connection(await app.seed.tenant('bramble'))
  viewer = await app.as('viewer', desk.tenantId)
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const idOf = (title: string) => desk.ids.get(title) ?? ''
const states: Record<string, () => string> = {
  'with work in every bucket': () => '/w/tidewell/due',
  'only what is late': () => '/w/tidewell/due?day=overdue',
  'without a next action': () => '/w/tidewell/due?view=unplanned',
  'that keeps moving': () => '/w/tidewell/due?moved=often',
  'where nothing matches': () => '/w/tidewell/due?q=nobody&least=50000',
  'where all is done': () => '/w/quiet/due',
  'where nothing is due yet': () => '/w/ahead/due',
  'where the copy is stale': () => '/w/stale/due',
  'before the first run': () => '/w/bramble/due',
  'completing an action': () => `/w/tidewell/due/${idOf('Marcus Oyelaran')}/complete`,
  'setting the first one': () => `/w/tidewell/due/${idOf('Colette Marchand')}/complete`,
  'on the overview, the most late of it': () => '/w/tidewell/overview',
  'moving one': () => `/w/tidewell/due/${idOf('Priya Raghunathan')}/move`,
}

describe.each(Object.entries(states))('the page of due actions, %s', (_, address) => {
  test.each(looks)(
    '$colorScheme at $viewport.width px pleases axe and the policy, and fits',
    async (look) => {
      const visited = await visit(browser, app.url + address(), { ...look, as: app.ana })
      await expectSound(visited)
      await visited.close()
    },
  )

  test('says the same without scripts, and nothing that was never counted', async () => {
    const { page, close } = await visit(browser, app.url + address(), {
      javaScriptEnabled: false,
      as: app.ana,
    })
    expect(await page.locator('main').innerText()).not.toMatch(/NaN|undefined|null|Infinity|Invalid/)
    await close()
  })
})

test.each([320, 1_920])('fits a window of %i px', async (width) => {
  for (const name of ['with work in every bucket', 'without a next action', 'completing an action']) {
    const look = { viewport: { width, height: 900 }, as: app.ana }
    const visited = await visit(browser, app.url + (states[name]?.() ?? ''), look)
    await expectSound(visited)
    await visited.close()
  }
})

test.each([320, 390, 840, 960, 1_024])('says whose a row is in a window of %i px', async (width) => {
  const { page, close } = await visit(browser, `${app.url}/w/tidewell/due`, {
    as: app.ana,
    viewport: { width, height: 900 },
  })
  expect(await page.getByTitle('Dana Mercado').first().isVisible()).toBe(true)
  await close()
})

test('its rows stand closer where somebody asks for it, without scripts, on all pages and until they ask otherwise', async () => {
  const path = `${app.url}/w/tidewell/due?day=overdue`
  const { page, close } = await visit(browser, path, { javaScriptEnabled: false, as: app.ana })
  const rowHeight = async () => (await page.locator('.due li').first().boundingBox())?.height ?? 0
  expect(await rowHeight()).toBeGreaterThanOrEqual(56)
  await follow(page, () => page.getByRole('button', { name: 'Compact rows' }).click())
  expect(page.url()).toBe(path)
  expect(await rowHeight()).toBeLessThanOrEqual(41)
  await page.goto(`${app.url}/w`)
  expect(await page.locator('html').getAttribute('data-density')).toBe('compact')
  await page.goto(path)
  await page.getByRole('button', { name: 'Comfortable rows' }).click()
  expect(await rowHeight()).toBeGreaterThanOrEqual(56)
  await close()
})

test('is sound with its rows close together', async () => {
  for (const { colorScheme, viewport } of looks) {
    const visited = await visit(browser, app.url, { colorScheme, viewport, as: app.ana })
    await visited.page.context().addCookies([{ name: 'tidemark.density', value: 'compact', url: app.url }])
    await visited.page.goto(`${app.url}/w/tidewell/due`)
    await expectSound(visited)
    await visited.close()
  }
})

/** The text of the page's content, without scripts. */
async function read(path: string, as: Visitor = app.ana): Promise<string> {
  const { page, close } = await visit(browser, app.url + path, { javaScriptEnabled: false, as })
  const text = await page.locator('main').innerText()
  await close()
  return text.replaceAll(/\s+/g, ' ')
}

describe('what the list says', () => {
  test('stands in order of time: our steps and the overdue tasks of the CRM in one list', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/due`, { as: app.ana })
    expect(await page.locator('.due .what b').allTextContents()).toEqual([
      'Call to confirm FDD receipt',
      'Send Item 19 walk-through recording',
      'Return his call',
      'Text the site photos they asked for',
      'Confirm net worth form',
      'First call: two-site inquiry',
      'Discovery day prep',
      'Ask for two more references',
    ])
    expect(await page.locator('.due h2').allInnerTexts()).toEqual(['Overdue', 'Today', 'Later'])
    await close()
  })

  test('names value, stage, lateness, the last real contact and how often it was moved', async () => {
    const text = await read('/w/tidewell/due')
    expect(text).toMatch(/6 d late \w{3}, \w{3} \d+ Call to confirm FDD receipt Moved 3×/)
    expect(text).toContain('Priya Raghunathan · Austin, TX')
    expect(text).toContain('12 d no touch')
    expect(text).toContain('$111,150 3 units')
    expect(text).toContain('6 to do now, 5 of them late, worth $237,120. Start at the top.')
  })

  test('the name in each row leads to its deal, and J still goes to what is done there', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/due`, { as: app.ana })
    const names = await page
      .locator('.due .about')
      .evaluateAll((all) =>
        all.map((about) => [
          about.textContent.trim(),
          about.querySelector('a')?.getAttribute('href') ?? null,
        ]),
      )
    const to = (title: string) => `/w/tidewell/pipeline/${idOf(title)}`
    expect(names[0]).toEqual(['Priya Raghunathan · Austin, TX', to('Priya Raghunathan')])
    expect(names).toContainEqual(['Deon Whitfield', null])
    expect(names).toContainEqual(['Bo Lindqvist', to('Bo Lindqvist')])
    const reached: (string | undefined)[] = []
    for (let n = 0; n < 4; n += 1) {
      await page.keyboard.press('j')
      reached.push(await page.evaluate(() => document.activeElement?.textContent.trim()))
    }
    expect(reached).toEqual(['Complete', 'Complete', 'Complete', 'Take over'])
    await close()
  })

  test('never says that nothing is due where a filter hides it', async () => {
    const text = await read('/w/tidewell/due?q=nobody')
    expect(text).toContain('Nothing that is due matches.')
    expect(text).not.toContain('Nothing is due')
    expect(text).not.toContain('Every open opportunity has a next step')
    expect(text).toContain('Every open opportunity that matches has a next step')
  })

  test('is named in the tab of the browser by how much of it waits', async () => {
    const titleOf = async (search: string) =>
      /<title>([^·]*) ·/.exec(await (await app.ana.get(`/w/tidewell/due${search}`)).text())?.[1]
    expect(await titleOf('')).toBe('6 due')
    expect(await titleOf('?q=nobody')).toBe('Due actions')
    expect(await titleOf('?view=unplanned')).toBe('Due actions')
  })

  test("shows the CRM's own step beside ours, and a task of the CRM as one", async () => {
    const text = await read('/w/tidewell/due')
    expect(text).toContain('ClientTether now plans: Send the redline,')
    expect(text).toContain('Return his call From ClientTether')
    expect(text).toContain('Done in ClientTether')
  })

  test('is taken away whole, in its order and as it is filtered', async () => {
    const file = async (search: string) =>
      (await app.ana.get(`/w/tidewell/export/due?format=csv${search}`)).text()
    const all = await file('')
    const steps = ['Call to confirm FDD receipt', 'Return his call', 'Ask for two more references']
    const places = steps.map((step) => all.indexOf(step))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(all).toContain('"Rows","8"')
    expect(await file('&day=overdue')).toContain('"Rows","5"')
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/due?day=overdue`, { as: app.ana })
    expect(await page.getByRole('link', { name: 'CSV', includeHidden: true }).getAttribute('href')).toBe(
      '/w/tidewell/export/due?day=overdue&format=csv',
    )
    await close()
  })

  test('lists what nobody has planned, the most valuable first', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/due?view=unplanned`, { as: app.ana })
    const names = await page.locator('.due .what b').allTextContents()
    expect(names).toEqual([
      'Colette Marchand',
      'Dwight Pemberton',
      'Yuki Hashimoto',
      'Omar Haddad',
      'Bo Lindqvist',
    ])
    expect(await page.getByRole('link', { name: 'Add next step for Omar Haddad' }).count()).toBe(1)
    expect(await page.locator('h1 + p').innerText()).toBe(
      'Nobody has said what comes next for 5 open opportunities.',
    )
    await close()
  })

  test('is filtered by its address', async () => {
    expect(await read('/w/tidewell/due?day=overdue')).not.toContain('Discovery day prep')
    expect(await read('/w/tidewell/due?least=100000')).not.toContain('Marcus Oyelaran')
    expect(await read('/w/tidewell/due?q=redline')).toContain('No actions match this filter')
    expect(await read('/w/tidewell/due?moved=often')).not.toContain('Marcus Oyelaran')
    expect(await read(`/w/tidewell/due?owner=${desk.tenantId}`)).toContain('Owner: another')
  })

  test('the cells of the strip hold what they lead to', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/due`, { as: app.ana })
    const cells = await page.locator('.load a').evaluateAll((links) =>
      links.map((link) => ({
        href: (link as HTMLAnchorElement).href,
        count: Number(link.querySelector('b')?.textContent),
      })),
    )
    expect(cells.reduce((sum, { count }) => sum + count, 0)).toBe(8)
    for (const { href, count } of cells.filter((cell) => cell.count > 0)) {
      await page.goto(href)
      expect(await page.locator('.due [data-rows] > li').count(), href).toBe(count)
    }
    await close()
  })

  test('each link is described by the words of its own row', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/due`, { as: app.ana })
    const described = await page
      .locator('.due [aria-describedby]')
      .evaluateAll((links) =>
        links.map((link) =>
          link.closest('li')?.contains(document.getElementById(link.getAttribute('aria-describedby') ?? '')),
        ),
      )
    expect(described.length).toBeGreaterThan(10)
    expect(new Set(described)).toEqual(new Set([true]))
    await close()
  })

  test('one who only reads is offered nothing to do', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/due`, { as: viewer })
    expect(await page.locator('main').getByRole('button').count()).toBe(1)
    expect(await page.locator('[data-deed]').count()).toBe(0)
    await page.goto(`${app.url}/w/tidewell/overview`)
    expect(await page.locator('.rows > li', { hasText: 'd late' }).count()).toBe(5)
    expect(await page.locator('[data-deed]').count()).toBe(0)
    await close()
  })

  test('the overview leads to completing what is late longest, by its button and by C', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/overview`, { as: app.ana })
    const first = page.locator('[data-deed=complete]').first()
    const { pathname } = new URL(await first.evaluate((link: HTMLAnchorElement) => link.href))
    expect(pathname).toBe(`/w/tidewell/due/${idOf('Priya Raghunathan')}/complete`)
    await follow(page, () => page.keyboard.press('c'))
    expect(new URL(page.url()).pathname).toBe(pathname)
    expect(await page.locator('main').innerText()).toContain('Call to confirm FDD receipt')
    await close()
  })

  test('the navigation says how much waits, on every page', async () => {
    for (const path of ['due', 'hot-list']) {
      const { page, close } = await visit(browser, `${app.url}/w/tidewell/${path}`, { as: app.ana })
      expect(await page.locator('.side .count').innerText()).toMatch(/^6\b/)
      await close()
    }
  })

  test('overdue is the same number wherever it is said', async () => {
    expect(await read('/w/tidewell/due')).toContain('5 of them late')
    expect(await read('/w/tidewell/overview')).toContain('5 actions are overdue')
    expect(await read('/w/tidewell/overview')).toContain('6 d late Call to confirm FDD receipt')
    expect(await read('/w/tidewell/schedule')).toContain('5 actions are overdue')
    expect(await read('/w')).toMatch(/Tidewell Car Wash Admin \S+ 6 5 oldest 6 days late/)
  })

  test('is counted for Prometheus, a workspace at a time', async () => {
    const { rows } = await app.seed.client.query<{ id: string; due: number }>(
      `select t.id, count(*) filter (where o.next_action_at <= now())::int as due
       from tenants t left join opportunities o on o.tenant_id = t.id group by t.id`,
    )
    expect(rows.find(({ id }) => id === desk.tenantId)?.due).toBeGreaterThan(2)
    const text = await (await fetch(`${app.url}/metrics`)).text()
    for (const { id, due } of rows)
      expect(text).toContain(`nat_due_actions_total{tenant_id="${id}"} ${due}\n`)
  })

  test("whoever is an owner finds the CRM's tasks of theirs that belong to no deal in their queue, and counted", async () => {
    const { slug, connection, kofi, task } = await seedDesk(app, { slug: 'owned', isBusy: false })
    const owner = await app.seed.record('owners', connection, { name: 'Kofi Tandoh', email: kofi.email })
    const contact = await app.seed.record('contacts', connection, { first_name: 'Deon' })
    const late = { subject: 'Return his call', contact_id: contact, due_at: minutesAhead(-3 * 1_440) }
    await task({ ...late, owner_id: owner })
    await task({ ...late, subject: 'Somebody else calls' })
    const { page, close } = await visit(browser, `${app.url}/w/${slug}/due`, { as: kofi })
    expect(await page.locator('.queues [aria-current]').innerText()).toBe('My queue')
    expect(await page.locator('.due .what b').allTextContents()).toEqual(['Return his call'])
    expect(await page.locator('.side .count').innerText()).toMatch(/^1\b/)
    await close()
  })

  test('more is loaded below, and each row once', async () => {
    const many = await seedDesk(app, { slug: 'many', isBusy: false })
    for (let n = 0; n < 120; n += 1)
      await many.opportunity(
        `Candidate ${n}`,
        {},
        { due_at: minutesAhead(-n * 60), details: `Call number ${n}` },
      )
    const { page, close } = await visit(browser, `${app.url}/w/many/due`, { as: app.ana })
    for (const shown of [100, 120]) {
      await page.getByRole('link', { name: 'Load 50 more' }).click()
      await expect.poll(() => page.locator('.due [data-rows] > li').count()).toBe(shown)
    }
    expect(new Set(await page.locator('.due .what b').allTextContents()).size).toBe(120)
    expect(await page.getByRole('link', { name: 'Load 50 more' }).count()).toBe(0)
    await close()
  })
})
