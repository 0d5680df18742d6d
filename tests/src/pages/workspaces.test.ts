import { randomUUID } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { minutesAgo, seedTidewell, type Connection, type Seed } from '../seed.ts'
import { follow, visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let kettle: Awaited<ReturnType<typeof seedTidewell>>

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  const tidewell = await seedTidewell(app.seed)
  await seedMeasures(app.seed, tidewell.connection)
  kettle = await seedTidewell(app.seed, { slug: 'kettle', name: 'Kettle Street', ageMinutes: 195 })
  await app.seed.client.query(
    `update connections set state = 'needs_reconnect', state_since = now() where id = $1`,
    [kettle.connection.id],
  )
  await app.seed.connection(await app.seed.tenant('bramble', { name: 'Bramble & Bay' }))
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

/** Two measures; the older one must not be counted. */
async function seedMeasures(seed: Seed, of: Connection): Promise<void> {
  const { rows } = await seed.client.query<{ id: string }>(
    `update stages set probability = 0.5 where tenant_id = $1 and name = 'Validation' returning id`,
    [of.tenantId],
  )
  const measure = (row: Record<string, unknown>) =>
    seed.insert('pipeline_stage_counts', {
      tenant_id: of.tenantId,
      id: randomUUID(),
      connection_id: of.id,
      run_id: randomUUID(),
      as_of: minutesAgo(14),
      stage_id: rows[0]?.id,
      stage_name: 'Validation',
      status: 'open',
      ...row,
    })
  const asOf = minutesAgo(14)
  await measure({ as_of: minutesAgo(90), count: 99, amount_minor: 99_000_000, currency: 'USD' })
  await measure({
    as_of: asOf,
    count: 2,
    amount_minor: 18_525_050,
    weighted_minor: '9262524.5',
    currency: 'USD',
  })
  await measure({ as_of: asOf, count: 1, amount_minor: 9_999_999, weighted_minor: 1, currency: 'CAD' })
  await measure({ as_of: asOf, count: 1, amount_minor: 0, weighted_minor: 0, currency: null })
  await measure({
    as_of: asOf,
    count: 1,
    amount_minor: 500,
    weighted_minor: 500,
    currency: 'USD',
    status: 'won',
  })
}

const plain = () => ({ javaScriptEnabled: false, as: app.ana })
const rowOf = (text: string) => text.split(/[\t\n]+/).map((cell) => cell.trim())

describe('the list of workspaces', () => {
  test.each(looks)('is sound, $colorScheme at $viewport.width px', async (look) => {
    const seen = await visit(browser, `${app.url}/w`, { ...look, as: app.ana })
    await expectSound(seen)
    await seen.close()
  })

  test('says what is open, late and worth, each in its own currency, and what fails', async () => {
    const { page, close } = await visit(browser, `${app.url}/w`, plain())
    expect(await page.locator('.head p').innerText()).toBe('3 clients, 2 need attention.')
    const cells = rowOf(await page.getByRole('row', { name: 'Tidewell' }).innerText())
    expect(cells).toEqual(
      expect.arrayContaining([
        'Admin',
        '4',
        '1',
        '1',
        'oldest 3 days late',
        expect.stringMatching(/^Synced 1\d min ago$/),
      ]),
    )
    expect(cells.join(' ')).toContain('$92,625 without 1 in other currencies')
    expect(await page.getByRole('row', { name: 'Kettle' }).innerText()).toContain('1 of 1')
    expect(rowOf(await page.getByRole('row', { name: 'Bramble' }).innerText())).toContain('Not synced yet')
    await close()
  })

  test('is narrowed by a word and by tabs, in the address', async () => {
    const { page, close } = await visit(browser, `${app.url}/w`, plain())
    await page.getByRole('searchbox', { name: 'Find a client' }).fill('KETT')
    await follow(page, () => page.getByRole('button', { name: 'Find' }).click())
    expect(new URL(page.url()).search).toBe('?q=KETT')
    expect(await page.locator('tbody th a').allInnerTexts()).toEqual(['Kettle Street'])
    expect(await page.getByRole('link', { name: 'All 1' }).getAttribute('aria-current')).toBe('page')
    await page.goto(`${app.url}/w?view=stale`)
    expect(await page.locator('tbody th a').allInnerTexts()).toEqual(['Kettle Street'])
    await page.goto(`${app.url}/w?q=nobody`)
    await follow(page, () => page.getByRole('link', { name: 'Show all 3' }).click())
    expect(await page.locator('tbody tr').count()).toBe(3)
    await close()
  })

  test('shows an operator how the syncs stand, and nothing that was counted from records', async () => {
    const agencyId = randomUUID()
    await app.seed.insert('agencies', { id: agencyId, name: 'Orchard Lane Partners' })
    await app.seed.client.query(`update tenants set agency_id = $1`, [agencyId])
    const operator = await app.as('operator', kettle.tenantId)
    const { page, close } = await visit(browser, `${app.url}/w`, { ...plain(), as: operator })
    const cells = rowOf(await page.getByRole('row', { name: 'Tidewell' }).innerText())
    expect(cells.slice(-8)).toEqual([
      'Tidewell Car Wash',
      'Operator',
      '–',
      '–',
      '–',
      '–',
      expect.stringMatching(/^Synced 1\d min ago$/),
      '–',
    ])
    await follow(page, () => page.getByRole('link', { name: 'Tidewell Car Wash' }).click())
    expect(new URL(page.url()).pathname).toBe('/w/tidewell/sync')
    await close()
  })

  test('shows nothing that was counted from records where a second factor is demanded that somebody lacks', async () => {
    const { rows } = await app.seed.client.query<{ id: string }>(
      `select id from tenants where slug = 'tidewell'`,
    )
    const rep = await app.as('rep', kettle.tenantId, rows[0]?.id ?? '')
    const counted = async () => {
      const { page, close } = await visit(browser, `${app.url}/w`, { ...plain(), as: rep })
      const cells = rowOf(await page.getByRole('row', { name: 'Tidewell' }).innerText())
      await close()
      return cells.filter((cell) => /^\d|^\$/.test(cell))
    }
    expect(await counted()).toHaveLength(4)
    await app.seed.client.query('update tenants set requires_second_factor = true where id = $1', [
      rows[0]?.id,
    ])
    expect(await counted()).toEqual([])
    await app.seed.client.query('update auth.users set two_factor_enabled = true where email = $1', [
      rep.email,
    ])
    expect(await counted()).toHaveLength(4)
    await app.seed.client.query('update tenants set requires_second_factor = false')
  })

  test('is skipped by whoever has one workspace', async () => {
    const rep = await app.as('rep', kettle.tenantId)
    const answer = await rep.get('/w')
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/w/kettle/overview'])
  })

  test('tells whoever has none whom to ask', async () => {
    const nobody = await app.as('rep')
    expect(await (await nobody.get('/w')).text()).toContain('Ask the person who invited you.')
  })
})
