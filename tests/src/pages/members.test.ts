import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { idOf, seedKey } from '../keys.ts'
import { seedPerson } from '../people.ts'
import { minutesAgo, seedTidewell } from '../seed.ts'
import { stranger, visit as signIn, type Visitor } from '../visitor.ts'
import { follow, visit } from './browser.ts'
import { enter, expectSound, looks, tabTo } from './looks.ts'

let app: TestApp
let browser: Browser
let tenantId: string
const path = '/w/tidewell/settings/members'

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  tenantId = (await seedTidewell(app.seed)).tenantId
  await seedPerson(app.seed, 'manager', [tenantId], { name: 'Bo Lindqvist', email: 'bo@example.com' })
  await seedPerson(app.seed, 'operator', [tenantId], { name: 'Olu Pilot', email: 'olu@agency.example' })
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const memberOf = async (email: string) => {
  const { rows } = await app.seed.client.query<{ role: string; hasEnded: boolean }>(
    `select role, ended_at is not null as "hasEnded" from memberships where tenant_id = $1 and user_id = $2`,
    [tenantId, await idOf(app.seed, email)],
  )
  return rows[0]
}

describe.each(looks)('$colorScheme at $viewport.width px', (look) => {
  test('the page of members is sound: as it is, with invitations, asked wrongly, before a change and a removal', async () => {
    const here = await visit(browser, app.url + path, { ...look, as: app.ana })
    const { page } = here
    await expectSound(here)
    await page.getByLabel('Email addresses').fill('somebody')
    await page.getByRole('button', { name: 'Invite' }).click()
    expect(await page.getByRole('alert').innerText()).toBe('Nobody was invited.')
    expect(await page.getByLabel('Email addresses').inputValue()).toBe('somebody')
    await expectSound(here)
    await page
      .getByLabel('Email addresses')
      .fill('somebody.with.a.very.long.address@a-rather-long-name-of-a-company.example.com')
    await page.getByRole('button', { name: 'Invite' }).click()
    expect(await page.getByRole('status').innerText()).toContain('the link stands in the log')
    await app.seed.client.query(`update invitations set expires_at = now() where email like 'somebody%'`)
    await page.reload()
    expect(await page.getByRole('table', { name: 'Invitations' }).innerText()).toContain('Expired')
    await expectSound(here)
    await page.getByRole('link', { name: 'Change role of Bo Lindqvist' }).click()
    await expectSound(here)
    await follow(page, () => page.getByRole('link', { name: 'Remove Bo Lindqvist' }).click())
    expect(await page.getByText('From their next request on Tidewell Car Wash is closed').isVisible()).toBe(
      true,
    )
    await expectSound(here)
    await here.close()
  })
})

test('the page tells who is here, by which way, how safe their sign-in is, and when they last used it', async () => {
  await seedPerson(app.seed, 'viewer', [tenantId], { name: 'Vi Former', email: 'vi@example.com' })
  await app.seed.client.query('update memberships set ended_at = now() where user_id = $1', [
    await idOf(app.seed, 'vi@example.com'),
  ])
  await app.seed.client.query(
    `update auth.users set two_factor_enabled = true where email = 'bo@example.com'`,
  )
  await app.seed.insert('auth.events', {
    user_id: await idOf(app.seed, 'bo@example.com'),
    deed: 'signed_in',
    at: new Date(Date.now() + 1_000),
  })
  await app.seed.client.query(`update memberships set added_at = $2 where user_id = $1`, [
    await idOf(app.seed, 'bo@example.com'),
    minutesAgo(3 * 1_440),
  ])
  const { page, close } = await visit(browser, app.url + path, { as: app.ana })
  const row = await page.getByRole('row', { name: 'Bo Lindqvist' }).first().innerText()
  expect(row.split('\t').slice(0, 6)).toEqual([
    'Bo Lindqvist',
    'bo@example.com',
    'manager',
    'On',
    expect.stringMatching(/just now|in less than a minute/) as string,
    '3 days ago',
  ])
  const staff = page.getByRole('table', { name: 'Through the agency' })
  expect(await staff.innerText()).toContain('Olu Pilot')
  expect(await page.locator('main').innerText()).not.toContain('Vi Former')
  const matrix = page.getByRole('table', { name: 'What each role may do' })
  expect((await matrix.getByRole('row', { name: 'Ask for a sync run' }).innerText()).split('\t')).toEqual([
    'Ask for a sync run',
    'Yes',
    'Yes',
    '–',
    '–',
    '–',
    'Yes',
  ])
  await app.seed.client.query(`update auth.users set two_factor_enabled = false`)
  await close()
})

describe('an admin without scripts, by keyboard', () => {
  test('removes somebody after being asked; their session and key end, and the row stays', async () => {
    const cy = await app.as('rep', tenantId)
    const { headers } = await seedKey(app.seed, tenantId, cy.email)
    const answerOf = async () => [
      (await cy.get('/w/tidewell/overview')).status,
      (await fetch(`${app.url}/api/v1/sync/status`, { headers })).status,
    ]
    expect(await answerOf()).toEqual([200, 200])
    const { page, close } = await visit(browser, app.url + path, { as: app.ana, javaScriptEnabled: false })
    const name = cy.email.split('@')[0] ?? ''
    await tabTo(page, new RegExp(`^Remove ${name}$`))
    await enter(page)
    expect(await memberOf(cy.email)).toEqual({ role: 'rep', hasEnded: false })
    await tabTo(page, new RegExp(`^Remove ${name}$`))
    await enter(page)
    expect(await page.getByRole('status').innerText()).toContain('They are no member any more.')
    expect(await memberOf(cy.email)).toEqual({ role: 'rep', hasEnded: true })
    expect(await answerOf()).toEqual([303, 401])
    const again = await signIn(app.url, cy.email)
    expect((await again.get('/w/tidewell/overview')).status).toBe(404)
    await close()
  })

  test('changes a role; from the next request on the old one is worth nothing', async () => {
    const dee = await app.as('admin', tenantId)
    const { page, close } = await visit(browser, app.url + path, { as: app.ana, javaScriptEnabled: false })
    await page.getByRole('link', { name: `Change role of ${dee.email.split('@')[0]}` }).click()
    await page.getByLabel('Role', { exact: true }).selectOption('viewer')
    await page.getByRole('button', { name: 'Change the role' }).click()
    expect(await page.getByRole('status').innerText()).toContain('The role is changed.')
    expect((await dee.get(path)).status).toBe(403)
    await close()
  })

  test('demands a second factor, sees who has none, and demands it no more', async () => {
    const strict = await app.seed.tenant('strict')
    await seedPerson(app.seed, 'viewer', [strict], { name: 'Una Factor' })
    await app.seed.client.query('update auth.users set two_factor_enabled = true where email = $1', [
      app.ana.email,
    ])
    const here = `${app.url}/w/strict/settings/members`
    const { page, close } = await visit(browser, here, { as: app.ana, javaScriptEnabled: false })
    await follow(page, () => page.getByRole('button', { name: 'Demand it of everybody' }).click())
    expect(await page.getByRole('status').innerText()).toContain('A second factor is demanded.')
    expect(await page.getByText('Must set one up before they come in again: Una Factor.').isVisible()).toBe(
      true,
    )
    await follow(page, () => page.getByRole('button', { name: 'Do not demand it any more' }).click())
    expect(await page.getByText('Not demanded: everybody decides for themselves.').isVisible()).toBe(true)
    await app.seed.client.query('update auth.users set two_factor_enabled = false')
    await close()
  })

  test('withdraws an invitation', async () => {
    await app.ana.post(path, { deed: 'invite', emails: 'early@example.com', role: 'rep' })
    const { page, close } = await visit(browser, app.url + path, { as: app.ana, javaScriptEnabled: false })
    await follow(page, () =>
      page.getByRole('button', { name: 'Withdraw the invitation of early@example.com' }).click(),
    )
    expect(await page.getByRole('status').innerText()).toContain('withdrawn')
    expect(await page.locator('main').innerText()).not.toContain('early@example.com')
    await close()
  })
})

describe('somebody who belongs to another workspace, too', () => {
  const sessionOf = ({ cookies }: Visitor) => cookies.get('tidemark.session_token')
  const copyOf = (visitor: Visitor) => {
    const copy = stranger(app.url, visitor.email)
    for (const [name, value] of visitor.cookies) copy.cookies.set(name, value)
    return copy
  }
  let other: string
  beforeAll(async () => {
    other = await app.seed.tenant('other')
  })
  const losses: [string, (member: string) => Record<string, string>, number][] = [
    ['with a lower role', (member) => ({ deed: 'role', member, role: 'viewer' }), 403],
    ['with a higher role', (member) => ({ deed: 'role', member, role: 'admin' }), 200],
    ['without this one', (member) => ({ deed: 'remove', member }), 404],
  ]

  test.each(losses)('stays signed in there, under a new token, %s', async (_words, fields, status) => {
    const cy = await app.as('rep', tenantId, other)
    const before = sessionOf(cy)
    const thief = copyOf(cy)
    await app.ana.post(path, fields(await idOf(app.seed, cy.email)))
    expect((await cy.get('/w/other/settings/security')).status).toBe(200)
    expect(sessionOf(cy)).not.toBe(before)
    expect((await cy.get(path)).status).toBe(status)
    // The former token has a minute left.
    const { rows } = await app.seed.client.query<{ seconds: number }>(
      `select extract(epoch from expires_at - now())::float as seconds from auth.sessions
        where renewed_into is not null and user_id = $1`,
      [await idOf(app.seed, cy.email)],
    )
    expect(rows).toHaveLength(1)
    expect(rows[0]?.seconds).toBeLessThanOrEqual(60)
    expect((await thief.get(path)).status).toBe(status)
  })

  test('keeps the API keys of that one', async () => {
    const cy = await app.as('rep', tenantId, other)
    const [here, there] = [
      await seedKey(app.seed, tenantId, cy.email),
      await seedKey(app.seed, other, cy.email),
    ]
    await app.ana.post(path, { deed: 'remove', member: await idOf(app.seed, cy.email) })
    const statusOf = async ({ headers }: { headers: Record<string, string> }) =>
      (await fetch(`${app.url}/api/v1/sync/status`, { headers })).status
    expect([await statusOf(here), await statusOf(there)]).toEqual([401, 200])
  })
})

test('an address that was invited often enough is named, with how long to wait', async () => {
  const fields = { deed: 'invite', emails: 'often@example.com', role: 'viewer' }
  for (let sent = 0; sent < 3; sent++) expect((await app.ana.post(path, fields)).status).toBe(303)
  const answer = await app.ana.post(path, fields)
  expect(answer.status).toBe(429)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(3_000)
  expect(await answer.text()).toContain('often@example.com was invited 3 times within the hour')
})

describe('the last admin', () => {
  test('is told why they can neither leave nor step down', async () => {
    await app.seed.tenant('alone', { name: 'Alone' })
    const member = await idOf(app.seed, app.ana.email)
    const forms: Record<string, string>[] = [
      { deed: 'remove', member },
      { deed: 'role', member, role: 'viewer' },
    ]
    for (const fields of forms) {
      const answer = await app.ana.post('/w/alone/settings/members', fields)
      expect(answer.status).toBe(409)
      expect(await answer.text()).toContain('Alone needs an admin. Make somebody else admin first.')
    }
  })
})

describe('a form that somebody changed', () => {
  test.each([
    [{ deed: 'own' }, 400],
    [{ deed: 'role', member: 'x', role: 'admin' }, 400],
    [{ deed: 'role', member: '00000000-0000-4000-8000-000000000000', role: 'operator' }, 400],
    [{ deed: 'role', member: '00000000-0000-4000-8000-000000000000', role: 'admin' }, 409],
    [{ deed: 'remove', member: '' }, 400],
    [{ deed: 'remove', member: '00000000-0000-4000-8000-000000000000' }, 409],
    [{ deed: 'withdraw', invitation: "' or 1=1" }, 409],
  ])('%j is answered %i, in words', async (fields, status) => {
    const answer = await app.ana.post(path, fields)
    expect(answer.status).toBe(status)
    expect(await answer.text()).toContain('role="alert"')
  })

  test('reaches no member of another workspace', async () => {
    const elsewhere = await app.seed.tenant('elsewhere')
    const email = await seedPerson(app.seed, 'rep', [elsewhere])
    const member = await idOf(app.seed, email)
    expect((await app.ana.post(path, { deed: 'remove', member })).status).toBe(409)
    expect((await app.ana.post(path, { deed: 'role', member, role: 'admin' })).status).toBe(409)
    const { rows } = await app.seed.client.query(
      'select role, ended_at from memberships where user_id = $1',
      [member],
    )
    expect(rows).toEqual([{ role: 'rep', ended_at: null }])
  })

  test.each(['manager', 'rep', 'analyst', 'viewer', 'operator'] as const)(
    'is taken from no %s',
    async (role) => {
      const visitor = await app.as(role, tenantId)
      const member = await idOf(app.seed, visitor.email)
      expect((await visitor.get(path)).status).toBe(403)
      const forms: Record<string, string>[] = [
        { deed: 'role', member, role: 'admin' },
        { deed: 'invite', emails: 'friend@example.com', role: 'admin' },
        { deed: 'demand' },
      ]
      for (const fields of forms) expect((await visitor.post(path, fields)).status).toBe(403)
    },
  )
})
