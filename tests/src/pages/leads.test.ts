import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { minutesAgo } from '../seed.ts'
import { follow, visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  await seedLeads('harbour')
  await seedLeads('stale', { ageMinutes: 400 })
  await seedLeads('quiet', { leads: 0 })
  await seedLeads('wordless', { streams: ['leads', 'stages'] })
  await app.seed.connection(await app.seed.tenant('bramble'))
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const day = 1_440
const allStreams = ['leads', 'stages', 'notes', 'activities', 'owners']

/** A hundred and twenty leads of sixty days, some of them touched a few hours after they came. */
async function seedLeads(slug: string, { ageMinutes = 14, leads = 120, streams = allStreams } = {}) {
  const { seed } = app
  const tenantId = await seed.tenant(slug)
  const connection = await seed.connection(tenantId)
  const run = await seed.run(connection)
  for (const stream of streams) {
    await seed.pass(connection, run, stream)
    await seed.cursor(connection, stream, minutesAgo(ageMinutes))
  }
  const owner = await seed.record('owners', connection, { name: 'Dana Mercado' })
  const stages = []
  for (const [position, name] of [
    'New',
    'Contacted',
    'Validation',
    'Dead',
    'Sold',
    'A',
    'B',
    'C',
  ].entries()) {
    const stage = { name, position, is_active: name !== 'Dead', outcome: name === 'Dead' ? 'lost' : 'open' }
    stages.push(await seed.record('stages', connection, stage))
  }
  for (let n = 0; n < leads; n += 1) {
    const contactId = crypto.randomUUID()
    const came = (n + 1) * (day / 2)
    await seed.record('leads', connection, {
      name: `Lead ${n}`,
      contact_id: contactId,
      source: n % 9 === 8 ? null : ['Referral', 'Web form', 'Trade show'][n % 3],
      stage_id: stages[n % 8],
      is_prospect: n % 5 !== 4,
      owner_id: n % 2 === 0 ? owner : null,
      source_created_at: n % 50 === 49 ? null : minutesAgo(came),
    })
    if (n % 4 === 0) {
      await seed.record('notes', connection, {
        contact_id: contactId,
        body: 'Called',
        noted_at: minutesAgo(came - 190),
      })
    }
  }
}

const states = {
  usual: '/w/harbour/leads',
  'all time, as a pie, by name': '/w/harbour/leads?period=all&status_chart=pie&sort=name',
  filtered: '/w/harbour/leads?show=qualified&source=Referral',
  'no match': '/w/harbour/leads?q=nobody&source=Referral',
  'no leads': '/w/quiet/leads',
  stale: '/w/stale/leads',
  'without notes': '/w/wordless/leads',
  'never synced': '/w/bramble/leads',
}

describe.each(Object.entries(states))('the leads, %s', (_, address) => {
  test.each(looks)(
    '$colorScheme at $viewport.width px pleases axe and the policy, and fits',
    async (look) => {
      const visited = await visit(browser, app.url + address, { ...look, as: app.ana })
      await expectSound(visited)
      await visited.close()
    },
  )

  test('says the same without scripts', async () => {
    const { page, close } = await visit(browser, app.url + address, { javaScriptEnabled: false, as: app.ana })
    expect(await page.locator('h1').innerText()).toBe('Leads')
    expect(await page.locator('main').innerText()).not.toMatch(/NaN|undefined|null|Infinity/)
    await close()
  })
})

const plain = () => ({ javaScriptEnabled: false, as: app.ana })

test.each([320, 1_920])('fits a window of %i px', async (width) => {
  const visited = await visit(browser, app.url + states.usual, {
    viewport: { width, height: 900 },
    as: app.ana,
  })
  await expectSound(visited)
  await visited.close()
})

test('the figures are those of SQL, and stand against the thirty days before', async () => {
  const { rows } = await app.seed.client.query<{ n: string; q: string; before: string }>(
    `select count(*) filter (where l.source_created_at >= now() - interval '14 minutes' - interval '30 days') as n,
       count(*) filter (where l.source_created_at >= now() - interval '14 minutes' - interval '30 days' and is_prospect and s.is_active) as q,
       count(*) filter (where l.source_created_at < now() - interval '14 minutes' - interval '30 days'
         and l.source_created_at >= now() - interval '14 minutes' - interval '60 days') as before
     from leads l join tenants t on t.id = l.tenant_id join stages s on s.tenant_id = l.tenant_id and s.id = l.stage_id where t.slug = 'harbour'`,
  )
  const { page, close } = await visit(browser, app.url + states.usual, plain())
  const kpis = await page.locator('.kpis > div').allInnerTexts()
  expect(kpis[0]?.split('\n').slice(0, 2).join(' ')).toContain(`Leads ${rows[0]?.n}`)
  expect(kpis[1]).toContain(`${rows[0]?.q}`)
  expect(kpis[2]?.split('\n').slice(0, 2)).toEqual(['Sources', '3'])
  expect(kpis[3]).toContain('3 h 10 min')
  expect(kpis[0]).toContain('on the 30 d before')
  expect(await page.locator('[data-result]').innerText()).toBe(`${rows[0]?.n} leads in 30 days`)
  expect(await page.locator('main').innerText()).toContain('The CRM does not say when 2 leads came')
  await close()
})

test('a bar of the chart leads to its leads, and they are as many', async () => {
  const { page, close } = await visit(browser, app.url + states.usual, plain())
  await page.locator('figure', { hasText: 'Leads by source' }).getByText('Show as table').click()
  const row = page.getByRole('table', { name: 'Leads by source' }).getByRole('row', { name: 'Referral' })
  const counted = await row.getByRole('cell').first().innerText()
  await follow(page, () => row.getByRole('link').click())
  expect(await page.locator('[data-result]').innerText()).toBe(`${counted} leads in 30 days`)
  expect(await page.getByRole('link', { name: 'Remove Source: Referral' }).isVisible()).toBe(true)
  await close()
})

test('"Load more" adds the next fifty, with and without scripts, until all are there', async () => {
  const address = `${app.url}/w/harbour/leads?period=all`
  const scripted = await visit(browser, address, { as: app.ana })
  const rows = scripted.page.locator('tbody[data-rows] tr')
  expect(await rows.count()).toBe(50)
  await scripted.page.getByRole('link', { name: 'Load more' }).click()
  await rows.nth(99).waitFor()
  await scripted.page.getByRole('link', { name: 'Load more' }).click()
  await rows.nth(119).waitFor()
  expect(await scripted.page.getByRole('link', { name: 'Load more' }).count()).toBe(0)
  await scripted.close()
  const { page, close } = await visit(browser, address, plain())
  await page.getByRole('link', { name: 'Load more' }).click()
  expect(await page.locator('load-more').innerText()).toContain('51 to 100 of 120')
  await close()
})

test('filters that leave nothing say so, and each can be taken away', async () => {
  const { page, close } = await visit(browser, app.url + states['no match'], plain())
  expect(await page.locator('#list').innerText()).toContain('No leads match these 2 filters.')
  await follow(page, () => page.getByRole('link', { name: 'Remove “Search: nobody”' }).click())
  expect(await page.locator('tbody[data-rows] tr').count()).toBeGreaterThan(5)
  await close()
})

test('what cannot be said is left out with its reason', async () => {
  const touch = async (address: string) => {
    const { page, close } = await visit(browser, app.url + address, plain())
    const words = await page.locator('.kpis > div').last().innerText()
    await close()
    return words
  }
  expect(await touch(states['without notes'])).toContain(
    'Notes and activities not synced yet from ClientTether',
  )
  expect(await touch(states['all time, as a pie, by name'])).toContain('Shown for a period, not for all time')
  expect(await touch(states['no leads'])).toContain('No note or finished activity follows any of these leads')
})

test('“All” takes “This week” back, and the days that were chosen before go with it', async () => {
  const address = `${app.url}/w/harbour/leads?from=2026-01-05&to=2026-01-06&source=Referral`
  const { page, close } = await visit(browser, address, plain())
  const views = page.getByRole('navigation', { name: 'Views', exact: true })
  await follow(page, () => views.getByRole('link', { name: 'This week' }).click())
  expect(await page.locator('[data-result]').innerText()).toMatch(/ this week$/)
  await follow(page, () => views.getByRole('link', { name: 'All' }).click())
  expect(await page.locator('[data-result]').innerText()).toMatch(/ in 30 days$/)
  expect(await views.locator('[aria-current]').innerText()).toBe('All')
  expect(new URL(page.url()).search).toBe('?source=Referral')
  await page.goto(`${app.url}/w/harbour/leads?period=quarter&show=qualified`)
  await follow(page, () => views.getByRole('link', { name: 'All' }).click())
  expect(new URL(page.url()).search).toBe('?period=quarter')
  await close()
})

test('Escape closes a menu, and then takes one filter after the other away, the last one first', async () => {
  const address = `${app.url}/w/harbour/leads?source=Referral&q=Lead`
  const { page, complaints, close } = await visit(browser, address, { as: app.ana })
  await page.getByText('Export', { exact: true }).click()
  await page.keyboard.press('Escape')
  expect(await page.getByRole('link', { name: 'CSV' }).isVisible()).toBe(false)
  expect(page.url()).toBe(address)
  await page.getByRole('searchbox', { name: 'Search', exact: true }).press('Escape')
  expect(page.url()).toBe(address)
  await page.locator('h1').click()
  for (const left of ['?source=Referral', '?']) {
    await follow(page, () => page.keyboard.press('Escape'))
    expect(page.url()).toBe(`${app.url}/w/harbour/leads${left}#list`)
  }
  expect(complaints).toEqual([])
  await close()
})

test('a quiet month offers all time', async () => {
  const { page, close } = await visit(browser, app.url + states['no leads'], plain())
  await follow(page, () => page.getByRole('link', { name: 'Show all time' }).click())
  expect(page.url()).toContain('period=all')
  await close()
})

test('a name leads to the deal of the same person, which says when there may be more to it', async () => {
  const { rows } = await app.seed.client.query<
    Record<'name' | 'contact_id' | 'tenant_id' | 'connection_id', string>
  >(
    `select l.name, l.contact_id, l.tenant_id, l.connection_id from leads l join tenants t on t.id = l.tenant_id
     where t.slug = 'harbour' order by l.source_created_at desc nulls last limit 1`,
  )
  const [lead] = rows
  const of = { tenantId: lead?.tenant_id ?? '', id: lead?.connection_id ?? '' }
  const deal = { status: 'open', title: 'Two car washes', contact_id: lead?.contact_id }
  const id = await app.seed.record('opportunities', of, deal)
  const { page, close } = await visit(browser, app.url + states.usual, plain())
  const links = page.getByRole('table', { name: 'Leads', exact: true }).locator('tbody th a')
  expect(await links.allInnerTexts()).toEqual([lead?.name])
  await follow(page, () => links.click())
  expect(new URL(page.url()).pathname).toBe(`/w/harbour/pipeline/${id}`)
  expect(await page.locator('main').innerText()).toContain('ClientTether has not been read to its end yet')
  await close()
})
