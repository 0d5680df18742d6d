import { randomUUID } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditDeeds } from '../../../src/domain/audit-deeds.ts'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { idOf, seedKey } from '../keys.ts'
import { seedPerson } from '../people.ts'
import { seedTidewell, type Connection } from '../seed.ts'
import { stranger } from '../visitor.ts'
import { follow, visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let connection: Connection
let tenantId: string
const path = '/w/tidewell/settings/audit'

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  connection = (await seedTidewell(app.seed)).connection
  tenantId = connection.tenantId
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

/** A workspace of its own with rows that were written by hand; each with the id its time gives it. */
async function workspace(slug: string, rows: Record<string, unknown>[]): Promise<string> {
  const id = await app.seed.tenant(slug)
  // The keeper's sign-in stands in the logs of all workspaces; here it is in the way.
  await app.seed.client.query(
    `update memberships set added_at = now() + interval '1 hour' where tenant_id = $1`,
    [id],
  )
  for (const row of rows)
    await app.seed.insert('audit_log', {
      tenant_id: id,
      ...('at' in row && { id: idAt(String(row['at'])) }),
      actor: 'ana@example.com',
      road: 'session',
      deed: 'exported',
      target: 'something',
      ...row,
    })
  return id
}
/** A UUID of version 7 from that moment. */
function idAt(at: string): string {
  const time = Date.parse(at).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${randomUUID().slice(-12)}`
}
async function textOf(address: string): Promise<string> {
  const answer = await app.ana.get(address)
  expect(answer.status, address).toBe(200)
  return answer.text()
}
/** What stands in the last column but six of each row of the page. */
async function targets(address: string): Promise<string[]> {
  const html = await textOf(address)
  return [...html.matchAll(/data-label="To what"[^>]*>\s*([^<]*?)\s*</g)].map(([, target = '']) => target)
}

describe.each(looks)('$colorScheme at $viewport.width px', (look) => {
  test('the page is sound: empty, with rows, and where nothing matches', async () => {
    const slug = `bare-${look.colorScheme}`
    const id = await workspace(slug, [])
    const here = await visit(browser, `${app.url}/w/${slug}/settings/audit`, { ...look, as: app.ana })
    expect(await here.page.getByText('Nothing was done yet.').isVisible()).toBe(true)
    await expectSound(here)
    await app.seed.insert('audit_log', {
      tenant_id: id,
      actor: 'somebody.with.a.very.long.address@a-rather-long-name-of-a-company.example.com',
      road: 'session',
      deed: 'role_changed',
      target: 'another.very.long.address@a-rather-long-name-of-a-company.example.com',
      before: { role: 'viewer' },
      after: { role: 'admin', scopes: ['read', 'write'] },
      address: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
      request_id: '7F3K9-2QMXA',
    })
    await here.page.reload()
    expect(await here.page.getByRole('row').last().innerText()).toContain('role: viewer → admin')
    await expectSound(here)
    await here.page.getByLabel('Who').fill('nobody')
    await follow(here.page, () => here.page.getByRole('button', { name: 'Apply' }).click())
    expect(await here.page.getByText('Nothing matches.').isVisible()).toBe(true)
    await expectSound(here)
    await here.close()
  })
})

describe('what was done', () => {
  test('on a page, with a key and by an operator stands there with who, how and from where', async () => {
    await app.ana.post('/w/tidewell/sync/run-now', { connection: connection.id })
    const bo = await seedPerson(app.seed, 'manager', [tenantId])
    const { headers } = await seedKey(app.seed, tenantId, bo)
    await fetch(`${app.url}/api/v1/sync/runs`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ connection: connection.id }),
    })
    const olu = await app.as('operator', tenantId)
    await olu.post('/w/tidewell/sync/run-now', { connection: connection.id })
    const { rows } = await app.seed.client.query(
      `select actor, road, deed, target, address is not null as "hasAddress", request_id is not null as "hasRequest"
         from audit_log where tenant_id = $1 and deed in ('sync_asked_for', 'operator_looked') order by id`,
      [tenantId],
    )
    const asked = { deed: 'sync_asked_for', target: 'connection ClientTether' }
    const known = { hasAddress: true, hasRequest: true }
    expect(rows).toEqual([
      { ...asked, ...known, actor: app.ana.email, road: 'session' },
      { ...asked, ...known, actor: bo, road: 'api_key' },
      {
        deed: 'operator_looked',
        target: '/w/[workspace]/sync/run-now',
        ...known,
        actor: olu.email,
        road: 'session',
      },
      { ...asked, ...known, actor: olu.email, road: 'session' },
    ])
  })

  test('but came to nothing leaves no row', async () => {
    const paused = await app.seed.connection(await app.seed.tenant('resting'), { state: 'paused' })
    await app.ana.post('/w/resting/sync/run-now', { connection: paused.id })
    await app.ana.post('/w/resting/sync/run-now', { connection: connection.id })
    const { rows } = await app.seed.client.query('select deed from audit_log where tenant_id = $1', [
      paused.tenantId,
    ])
    expect(rows).toEqual([])
  })

  test('by members with their sign-in stands between, from the day they joined to the day they left', async () => {
    const bo = await app.as('rep', tenantId)
    await app.ana.post('/w/tidewell/sync/run-now', { connection: connection.id })
    await stranger(app.url).post('/sign-in', { email: bo.email, password: 'not the tide' })
    const html = await textOf(`${path}?who=${encodeURIComponent(bo.email)}`)
    expect(html).toContain('Signed in')
    expect(html.indexOf('Wrong password given</td>')).toBeLessThan(html.indexOf('Signed in</td>'))
    const member = await idOf(app.seed, bo.email)
    await app.ana.post('/w/tidewell/settings/members', { deed: 'remove', member })
    await stranger(app.url).post('/sign-in', { email: bo.email, password: 'not the tide' })
    const later = await textOf(`${path}?who=${encodeURIComponent(bo.email)}&what=sign_in_failed`)
    expect(later.match(/Wrong password given<\/td>/g)).toHaveLength(1)
  })

  test('is said in words: the hour of the workspace, money as money, and the deal is a link', async () => {
    const deal = randomUUID()
    await workspace('worded', [
      {
        deed: 'action_moved',
        target: 'opportunity Harbor Street',
        before: { next_action_at: '2026-11-20T15:00:00.000Z', next_action_details: 'Call' },
        after: { next_action_at: '2026-11-23T15:30:00.000Z', opportunity: deal, version: 4 },
      },
      {
        deed: 'target_set',
        target: 'monthly target in USD',
        before: { amount_minor: null, currency: 'USD' },
        after: { amount_minor: '1250000', currency: 'USD' },
      },
    ])
    const { page, close } = await visit(browser, `${app.url}/w/worded/settings/audit`, { as: app.ana })
    const changes = (of: string) =>
      page.getByRole('row').filter({ hasText: of }).locator('[data-label=Change] > div').allTextContents()
    expect(await changes('Harbor Street')).toEqual([
      'next action at: Nov 20, 2026, 9:00:00 AM CST → Nov 23, 2026, 9:30:00 AM CST',
      'next action details was Call',
    ])
    expect(await changes('monthly target')).toEqual(['amount: none → $12,500'])
    const link = page.getByRole('link', { name: 'opportunity Harbor Street' })
    expect(await link.getAttribute('href')).toBe(`/w/worded/pipeline/${deal}`)
    await close()
    expect(await textOf('/w/worded/settings/audit.csv')).toContain('2026-11-23T15:30:00.000Z')
  })

  test('elsewhere stands there only', async () => {
    await workspace('other', [{ target: 'CANARY-B' }])
    const outsider = await app.as('admin', await app.seed.tenant('third'))
    expect(outsider.email).toContain('admin')
    expect(await textOf(path)).not.toMatch(/CANARY-B/)
    expect(await textOf(path)).not.toContain(outsider.email)
    expect(await textOf(`${path}.csv`)).not.toMatch(/CANARY-B/)
    expect((await outsider.get(path)).status).toBe(404)
    expect((await outsider.get(`${path}.csv`)).status).toBe(404)
  })

  test.each(['manager', 'rep', 'analyst', 'viewer', 'operator'] as const)(
    'is shown to no %s',
    async (role) => {
      const visitor = await app.as(role, tenantId)
      expect((await visitor.get(path)).status).toBe(403)
      expect((await visitor.get(`${path}.csv`)).status).toBe(403)
    },
  )
})

describe('the filter', () => {
  test('by person, by deed and by day of the workspace’s own calendar', async () => {
    // Chicago is six hours behind: its November 20 begins at 06:00 UTC.
    await workspace('narrow', [
      { target: 'before', at: '2026-11-20T05:59:59Z', actor: 'bo@example.com' },
      { target: 'first', at: '2026-11-20T06:00:00Z', deed: 'api_key_made' },
      { target: 'last', at: '2026-11-21T05:59:59Z', actor: 'Bo@example.com' },
      { target: 'after', at: '2026-11-21T06:00:00Z' },
    ])
    const there = '/w/narrow/settings/audit'
    expect(await targets(there)).toEqual(['after', 'last', 'first', 'before'])
    expect(await targets(`${there}?from=2026-11-20&to=2026-11-20`)).toEqual(['last', 'first'])
    expect(await targets(`${there}?from=2026-11-21`)).toEqual(['after'])
    expect(await targets(`${there}?to=2026-11-19`)).toEqual(['before'])
    expect(await targets(`${there}?who=BO%40`)).toEqual(['last', 'before'])
    expect(await targets(`${there}?what=api_key_made`)).toEqual(['first'])
    expect(await targets(`${there}?what=signed_in`)).toEqual([])
    expect(await targets(`${there}?who=bo&to=2026-11-20&what=exported`)).toEqual(['last', 'before'])
    expect(await targets(`${there}?who=%25`)).toEqual([])
  })

  test.each([
    'from=2026-02-30',
    'from=yesterday',
    'from=0000-01-01',
    'to=9999-12-31',
    'what=everything',
    'who=%00',
    "who=' or 1=1 --",
    'before=x',
    'before=%00',
  ])('answers "%s" without a failure', async (query) => {
    expect((await app.ana.get(`${path}?${query}`)).status).toBe(200)
  })

  test('offers every deed there is', async () => {
    const html = await textOf(path)
    for (const deed of Object.keys(auditDeeds)) expect(html).toContain(`<option value="${deed}"`)
  })
})

test('rows are listed by fifty, in both sources, and every one is reached once', async () => {
  const id = await app.seed.tenant('busy')
  const expected = new Set<string>()
  const member = await idOf(app.seed, await seedPerson(app.seed, 'rep', [id], { email: 'busy@example.com' }))
  for (let n = 0; n < 60; n++) {
    const target = `row-${n}`
    expected.add(target)
    await app.seed.insert('audit_log', {
      tenant_id: id,
      actor: 'ana@example.com',
      road: 'session',
      deed: 'exported',
      target,
    })
    await app.seed.insert('auth.events', { user_id: member, deed: 'signed_in', request_id: `event-${n}` })
    expected.add(`event-${n}`)
  }
  const { page, close } = await visit(browser, `${app.url}/w/busy/settings/audit`, { as: app.ana })
  const seen: string[] = []
  for (;;) {
    for (const row of await page.locator('tbody tr').allInnerTexts())
      seen.push(/(row|event)-\d+/.exec(row)?.[0] ?? 'another')
    const older = page.getByRole('link', { name: 'Older' })
    if ((await older.count()) === 0) break
    await follow(page, () => older.click())
  }
  const own = seen.filter((word) => word !== 'another')
  expect(own).toHaveLength(120)
  expect(new Set(own)).toEqual(expected)
  await close()
})

describe('the file', () => {
  test('has every row that matches, says so itself, and holds no formula', async () => {
    const rows = Array.from({ length: 2_100 }, (_, n) => ({ target: `row-${n}` }))
    const id = await workspace('big', [])
    await app.seed.client.query(
      `insert into audit_log (tenant_id, actor, road, deed, target) select $1, 'ana@example.com', 'session', 'exported', t
         from unnest($2::text[]) t`,
      [id, rows.map(({ target }) => target)],
    )
    await app.seed.insert('audit_log', {
      tenant_id: id,
      actor: '=cmd|calc',
      road: 'command',
      deed: 'role_changed',
      target: '@SUM(A1:A9), "quoted"',
      before: { role: 'viewer' },
      after: { role: 'admin' },
    })
    const answer = await app.ana.get('/w/big/settings/audit.csv')
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(answer.headers.get('content-disposition')).toMatch(
      /^attachment; filename="audit-big-\d{4}-\d{2}-\d{2}\.csv"$/,
    )
    const text = await answer.text()
    const lines = text.split('\r\n')
    expect(lines[0]).toBe('at,who,what,to_what,change,road,address,reference,deed,id')
    expect(lines).toHaveLength(1 + 1 + 2_101 + 1)
    expect(lines[1]).toContain('Exported,audit log')
    expect(lines[2]).toContain(
      `,'=cmd|calc,Role changed,"'@SUM(A1:A9), ""quoted""",role: viewer → admin,command,`,
    )
    expect(new Set(lines.map((line) => /row-\d+/.exec(line)?.[0])).size).toBe(2_101)
    const only = await textOf('/w/big/settings/audit.csv?what=role_changed')
    expect(only.trim().split('\r\n')).toHaveLength(2)
    const { rows: exported } = await app.seed.client.query(
      `select actor, after from audit_log where tenant_id = $1 and target = 'audit log' order by id`,
      [id],
    )
    expect(exported).toEqual([
      { actor: app.ana.email, after: {} },
      { actor: app.ana.email, after: { what: 'role_changed' } },
    ])
  })
})
