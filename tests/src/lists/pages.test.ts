import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { follow, visit } from '../pages/browser.ts'
import { expectSound, looks } from '../pages/looks.ts'
import { minutesAgo, type Connection } from '../seed.ts'
import type { Visitor } from '../visitor.ts'
import { emptyWorkspace, seedLists, type Cast } from './world.ts'

let app: TestApp
let browser: Browser
let tidewell: Connection
let people: Cast
let viewer: Visitor

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  tidewell = await emptyWorkspace(app.seed, 'tidewell', { name: 'Tidewell Car Wash' })
  people = await seedLists(app.seed, tidewell)
  await emptyWorkspace(app.seed, 'quiet')
  await app.seed.connection(await app.seed.tenant('never'))
  const stale = await emptyWorkspace(app.seed, 'stale')
  await seedLists(app.seed, stale)
  await app.seed.client.query(
    `update stream_cursors set fresh_at = now() - interval '7 hours' where connection_id = $1`,
    [stale.id],
  )
  await seedMany(await emptyWorkspace(app.seed, 'busy'))
  viewer = await app.as('viewer', tidewell.tenantId)
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

async function seedMany(connection: Connection): Promise<void> {
  const stage_id = await app.seed.record('stages', connection, {
    name: 'Approved',
    probability: '0.9',
    is_active: true,
    outcome: 'open',
  })
  for (let n = 0; n < 120; n++) {
    const deal = {
      status: 'open',
      stage_id,
      title: `Candidate ${n}`,
      currency: 'USD',
      weighted_fee_minor: (n % 60) * 1_000,
    }
    await app.seed.record('opportunities', connection, deal)
    await app.seed.record('notes', connection, {
      body: `Note ${n}`,
      author: 'Dana',
      noted_at: minutesAgo(n * 60),
    })
    const due_at = minutesAgo(-(n + 1) * 60)
    await app.seed.record('activities', connection, {
      kind: 'call',
      is_done: false,
      subject: `Call ${n}`,
      due_at,
    })
  }
}

const states = [
  '/w/tidewell/hot-list',
  '/w/tidewell/hot-list?sort=candidate&likely=90&market=Charlotte, NC',
  '/w/tidewell/hot-list?market=Nowhere',
  '/w/quiet/hot-list',
  '/w/never/hot-list',
  '/w/stale/hot-list',
  '/w/busy/hot-list',
  '/w/tidewell/notes',
  '/w/tidewell/notes?q="item 19" partner&author=Dana Mercado',
  '/w/tidewell/notes?q=nobody said this',
  '/w/quiet/notes',
  '/w/never/notes',
  '/w/stale/notes',
  '/w/tidewell/schedule',
  '/w/tidewell/schedule?kind=video',
  '/w/quiet/schedule',
  '/w/never/schedule',
  '/w/stale/schedule',
  '/w/busy/schedule',
]

describe.each(states)('%s', (path) => {
  test.each(looks)('$colorScheme at $viewport.width px is sound', async (look) => {
    const { page, complaints, close } = await visit(browser, app.url + path, { ...look, as: app.ana })
    expect(await page.locator('.as-of[data-stale]').count()).toBe(path.startsWith('/w/stale/') ? 1 : 0)
    for (const summary of await page.locator('main summary').all()) await summary.click()
    await expectSound({ page, complaints })
    await close()
  })

  test('fits into every width', async () => {
    const { page, complaints, close } = await visit(browser, app.url + path, { as: app.ana })
    for (const width of [320, 1_024, 1_920]) {
      await page.setViewportSize({ width, height: 900 })
      await expectSound({ page, complaints })
    }
    await close()
  })
})

const plain = () => ({ javaScriptEnabled: false, as: app.ana })

test('a name leads to its deal where one alone is spoken of, and is a name alone elsewhere', async () => {
  const { rows } = await app.seed.client.query<{ of: string; id: string }>(
    'select contact_id as of, id from opportunities where tenant_id = $1 and contact_id is not null',
    [tidewell.tenantId],
  )
  const to = (person: string) => `/w/tidewell/pipeline/${rows.find(({ of }) => of === person)?.id}`
  const { page, close } = await visit(browser, `${app.url}/w/tidewell/hot-list`, plain())
  const names = (selector: string) =>
    page
      .locator(selector)
      .evaluateAll((all) =>
        all.map((one) => [one.textContent.trim(), one.querySelector('a')?.getAttribute('href') ?? null]),
      )
  expect((await names('.hot tbody th')).map(([, href]) => href)).toEqual(
    expect.arrayContaining([to(people.gareth), to(people.priya)]),
  )
  await page.goto(`${app.url}/w/tidewell/notes`)
  const abouts = await names('.note .by')
  expect(abouts.map(([, href]) => href)).toEqual([to(people.priya), to(people.priya), to(people.priya)])
  await page.goto(`${app.url}/w/tidewell/schedule`)
  expect(await names('.agenda b')).toEqual([
    ['Gareth Llewellyn', to(people.gareth)],
    ['Gareth Llewellyn', to(people.gareth)],
    ['No contact', null],
  ])
  await page.locator('.agenda b a').first().click()
  expect(await page.locator('h1').innerText()).toBe('Gareth Llewellyn')
  await close()
})

describe('the hot list without scripts', () => {
  test('has the founding columns, and a total per currency over what matches', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/hot-list`, plain())
    const headings = await page.locator('thead th').allInnerTexts()
    expect(headings.slice(0, 6).map((text) => text.replace(/[▾▴\s]+$/, ''))).toEqual([
      'Candidate Name',
      'Market',
      'Units',
      'Weighted IFF',
      'Stage',
      'Likely %',
    ])
    expect(await page.locator('thead [aria-sort]').innerText()).toContain('Weighted IFF')
    const names = await page
      .locator('tbody th')
      .evaluateAll((all) => all.map((th) => th.firstChild?.textContent?.trim()))
    expect(names).toEqual(['Gareth Llewellyn', 'Priya Raghunathan', 'Toronto', 'No fee'])
    const totals = await page.locator('tfoot tr').allInnerTexts()
    expect(totals[0]).toMatch(
      /Total in USD, 3 candidates\s*1 has no fee\s+7\s+\$144,496\s+88% avg\.\s+weighted by IFF/,
    )
    expect(totals[1]).toMatch(/Total in CAD, 1 candidate\s+0\s+CA\$100,000\s+50% avg/)
    expect(await page.locator('main > .head').innerText()).toContain(
      '4 candidates, $144,496 and CA$100,000 weighted IFF.',
    )
    await close()
  })

  test('says why each is hot, with the figures', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/hot-list`, plain())
    const why = (name: string) => page.getByRole('row', { name }).locator('.why li').allInnerTexts()
    expect(await why('Gareth')).toEqual([
      '90% likely by its stage; hot from 40%.',
      'High fee: 1.8 times the average of $72,248.',
      'Last activity 2 days ago.',
    ])
    expect(await why('Priya')).toEqual([
      '62.5% likely by its own record; hot from 40%.',
      'Moved forward from FDD sent 3 days ago.',
      expect.stringMatching(/^Last note \d\d min ago\.$/),
    ])
    await close()
  })

  test('is filtered by a form, whose filters can be taken off one by one', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/hot-list`, plain())
    await page.getByLabel('Stage').selectOption('FDD sent')
    await page.getByLabel('Owner', { exact: true }).selectOption({ label: 'Dana Mercado (3)' })
    await follow(page, () => page.getByRole('button', { name: 'Apply' }).click())
    expect(await page.locator('tbody tr').count()).toBe(1)
    await follow(page, () => page.getByRole('link', { name: 'Remove Owner: Dana Mercado' }).click())
    expect(await page.locator('tbody tr').count()).toBe(2)
    await close()
  })

  test.each([
    'candidate',
    '-candidate',
    'market',
    '-units',
    'units',
    '-fee',
    'fee',
    'stage',
    '-likely',
    'close',
    'owner',
  ])('is read to its end in the order %s, each candidate once', async (sort) => {
    const { page, close } = await visit(browser, `${app.url}/w/busy/hot-list?sort=${sort}`, plain())
    const seen: string[] = []
    for (;;) {
      seen.push(
        ...(await page
          .locator('tbody th')
          .evaluateAll((all) => all.map((th) => th.firstChild?.textContent?.trim() ?? ''))),
      )
      const more = page.getByRole('link', { name: 'Load 50 more' })
      if ((await more.count()) === 0) break
      await follow(page, () => more.click())
    }
    expect(new Set(seen).size).toBe(120)
    expect(seen).toHaveLength(120)
    expect(await page.locator('load-more').innerText()).toContain('101 to 120 of 120')
    await close()
  })

  test('offers a file to those who may take one', async () => {
    const forAna = await visit(browser, `${app.url}/w/tidewell/hot-list?owner=${people.dana}`, plain())
    await forAna.page.getByText('Export').click()
    const link = await forAna.page.getByRole('link', { name: 'CSV' }).getAttribute('href')
    expect(link).toBe(`/w/tidewell/export/hot-list?owner=${people.dana}&format=csv`)
    await forAna.close()
    const forViewer = await visit(browser, `${app.url}/w/tidewell/hot-list`, { ...plain(), as: viewer })
    expect(await forViewer.page.getByText('Export').count()).toBe(0)
    await forViewer.close()
  })

  test('is printed on a page across', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/hot-list`, plain())
    const pdf = await page.pdf({ preferCSSPageSize: true })
    const text = pdf.toString('latin1')
    const [, width = '0', height = '0'] = /\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/.exec(text) ?? []
    expect(Number(width)).toBeGreaterThan(Number(height))
    expect(text.match(/\/MediaBox/g)).toHaveLength(1)
    await close()
  })
})

describe('with scripts', () => {
  test.each([
    ['hot-list', 'tbody tr', 50, 100, '100 of 120'],
    ['notes', '.note', 50, 100, '100 of 120'],
    ['schedule', '.agenda > li', 100, 120, '120 of 120'],
  ])('"Load more" of the %s adds to what is there', async (name, rows, before, after, words) => {
    const { page, complaints, close } = await visit(browser, `${app.url}/w/busy/${name}`, { as: app.ana })
    expect(await page.locator(rows).count()).toBe(before)
    await page.locator('load-more a').click()
    await page.getByText(words).waitFor()
    expect(await page.locator(rows).count()).toBe(after)
    const keys = await page
      .locator('[data-group]')
      .evaluateAll((all) => all.map((group) => group.getAttribute('data-group')))
    expect(new Set(keys).size).toBe(keys.length)
    await expectSound({ page, complaints })
    await close()
  })

  test('the search follows what is typed, and keeps the focus and the caret', async () => {
    const { page, complaints, close } = await visit(browser, `${app.url}/w/tidewell/notes`, { as: app.ana })
    const field = page.getByLabel('Search content or author')
    await field.pressSequentially('sure', { delay: 20 })
    await page.getByText('1 note found.').waitFor()
    await field.press('Home')
    await field.press('End')
    expect(await page.locator('mark').allInnerTexts()).toEqual(['sure'])
    expect(
      await field.evaluate((input: HTMLInputElement) => [
        document.activeElement === input,
        input.selectionStart,
      ]),
    ).toEqual([true, 4])
    expect(new URL(page.url()).search).toBe('?q=sure')
    await field.fill('')
    await page.locator('.note').nth(2).waitFor()
    await expectSound({ page, complaints })
    await close()
  })
})

test('what is exported and saved of the notes is what was typed', async () => {
  const { page, complaints, close } = await visit(browser, `${app.url}/w/tidewell/notes`, { as: app.ana })
  const field = page.getByLabel('Search content or author')
  const question = async () => [
    await page.getByRole('link', { name: 'CSV', includeHidden: true }).getAttribute('href'),
    await page.locator('.views [name=query]').inputValue(),
  ]
  await page.getByText('Export', { exact: true }).click()
  await page.getByText('Save view', { exact: true }).click()
  await page.getByRole('form', { name: 'Save view' }).getByLabel('Name').fill('My view')
  await field.pressSequentially('sure')
  await page.getByText('1 note found.').waitFor()
  expect(await question()).toEqual(['/w/tidewell/export/notes?q=sure&format=csv', 'q=sure'])
  expect(await page.locator('main > .head').innerText()).toContain('What was said, and to whom.')
  // What is open stays open, and what is typed elsewhere stays typed.
  expect(await page.getByRole('link', { name: 'CSV' }).isVisible()).toBe(true)
  expect(await page.getByRole('form', { name: 'Save view' }).getByLabel('Name').inputValue()).toBe('My view')
  expect(await field.evaluate((input) => document.activeElement === input)).toBe(true)
  await field.fill('')
  await page.locator('.note').nth(2).waitFor()
  expect(await question()).toEqual(['/w/tidewell/export/notes?format=csv', ''])
  await expectSound({ page, complaints })
  await close()
})

test('"Load more" pressed again while it loads adds the rows once', async () => {
  const { page, close } = await visit(browser, `${app.url}/w/busy/hot-list`, { as: app.ana })
  let asked = 0
  const { promise, resolve: arrive } = Promise.withResolvers<void>()
  await page.route(/after=/, async (route) => {
    asked += 1
    await promise
    await route.continue()
  })
  await page.locator('load-more a').click()
  await page.locator('load-more a').click()
  arrive()
  await page.getByText('100 of 120').waitFor()
  await page.locator('load-more a').click()
  await page.getByText('120 of 120').waitFor()
  expect(await page.locator('tbody tr').count()).toBe(120)
  expect(asked).toBe(2)
  await close()
})

describe('the notes without scripts', () => {
  test('stand under their days, newest first, undated ones last', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/notes`, plain())
    const text = await page.locator('[data-results]').innerText()
    expect(text).toMatch(
      /Marcus Oyelaran →\s+about\s+Priya[\s\S]*100% sure_thing[\s\S]*Item 19[\s\S]*Without a date/,
    )
    expect(await page.locator('main > .head').innerText()).toMatch(/3 notes\. Newest .*[AP]M\./)
    expect(await page.locator('load-more').innerText()).toBe('3 of 3')
    await close()
  })

  test('open in place, with their structure and open links', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/notes`, plain())
    await page.locator('.note summary').click()
    expect(await page.locator('.full b').innerText()).toBe('Item 19')
    const link = page.getByRole('link', { name: 'the FDD' })
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow')
    await close()
  })

  test.each([
    ['"item 19" LEASE', ['Item 19', 'lease']],
    ['rock & the', ['Rock', '&', 'the']],
    ['100%', ['100%']],
    ['sure_t', ['sure_t']],
    ['marcus', ['Marcus']],
  ])('a search for %s marks its hits', async (q, hits) => {
    const { page, close } = await visit(
      browser,
      `${app.url}/w/tidewell/notes?q=${encodeURIComponent(q)}`,
      plain(),
    )
    expect(await page.locator('.note').count()).toBe(1)
    expect(await page.locator('.note mark').allTextContents()).toEqual(expect.arrayContaining(hits))
    await close()
  })

  test.each(['Item%19', '1_0', '%', '"19 item"', 'strong', 'example.com'])(
    'a search for %s finds what holds these very characters, and no markup',
    async (q) => {
      const { page, close } = await visit(
        browser,
        `${app.url}/w/tidewell/notes?q=${encodeURIComponent(q)}`,
        plain(),
      )
      expect(await page.locator('.note').count()).toBe(q === '%' ? 1 : 0)
      if (q !== '%')
        expect(await page.getByRole('status').first().innerText()).toMatch(
          /^No notes mention ‘.*’\. Notes are as of .*M\.$/,
        )
      await close()
    },
  )
})

describe('the schedule without scripts', () => {
  test('names its days and zone, what overlaps, and what is overdue', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/tidewell/schedule`, plain())
    const rows = await page.locator('.agenda > li').allInnerTexts()
    expect(rows.map((row) => row.includes('overlaps'))).toEqual([true, true, false])
    expect(rows[0]).toMatch(/In 3000 min\s+Bring the map[\s\S]*Dana Mercado, from ClientTether/)
    expect(await page.locator('.day-group h2').first().innerText()).toMatch(
      /^(Tomorrow, )?\w{3}, \w{3} \d+ · C[SD]T$/,
    )
    expect(await page.getByRole('link', { name: '1 action is overdue' }).getAttribute('href')).toBe(
      '/w/tidewell/due?day=overdue',
    )
    expect(await page.locator('.strip a').count()).toBe(14)
    await close()
  })

  test('shows one day when it is chosen in the strip', async () => {
    const { page, close } = await visit(browser, `${app.url}/w/busy/schedule`, plain())
    const day = page
      .getByRole('navigation', { name: 'The next 14 days' })
      .getByRole('link', { name: '24 activities' })
      .first()
    await follow(page, () => day.click())
    expect(await page.locator('.agenda > li').count()).toBe(24)
    expect(await page.locator('.day-group').count()).toBe(1)
    expect(await page.locator('.strip [aria-current=date]').count()).toBe(1)
    await close()
  })
})
