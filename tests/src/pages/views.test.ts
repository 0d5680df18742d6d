import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { startApp, type TestApp } from '../app.ts'
import { emptyWorkspace, seedLists } from '../lists/world.ts'
import type { Connection } from '../seed.ts'
import type { Visitor } from '../visitor.ts'
import { follow, visit } from './browser.ts'
import { expectSound, looks } from './looks.ts'

let app: TestApp
let browser: Browser
let tidewell: Connection
let bo: Visitor

beforeAll(async () => {
  ;[app, browser] = await Promise.all([startApp(), launchBrowser()])
  tidewell = await emptyWorkspace(app.seed, 'tidewell')
  await seedLists(app.seed, tidewell)
  bo = await app.as('rep', tidewell.tenantId)
})

afterAll(async () => {
  await browser.close()
  await app.close()
})

const lists = {
  leads: 'period=7d&show=qualified',
  pipeline: 'view=table&q=Toronto',
  'hot-list': 'stage=Approved&sort=candidate',
  notes: 'author=Marcus+Oyelaran',
  schedule: 'kind=video',
}
const pages = Object.keys(lists) as (keyof typeof lists)[]
const open = (page: keyof typeof lists, as: Visitor = app.ana, search: string = lists[page]) =>
  visit(browser, `${app.url}/w/tidewell/${page}?${search}`, { javaScriptEnabled: false, as })
const press = (page: Awaited<ReturnType<typeof visit>>['page'], name: string) =>
  follow(page, () => page.getByRole('button', { name, exact: true }).click())

describe.each(pages)('a view of the %s, without scripts', (list) => {
  test('is saved, found again, edited, renamed, shared, deleted and brought back', async () => {
    const { page, close } = await open(list)
    const views = page.getByRole('navigation', { name: 'Saved views' })
    await page.getByText('Save view', { exact: true }).click()
    await page.getByRole('form', { name: 'Save view' }).getByLabel('Name').fill('My view')
    await press(page, 'Save')
    expect(await page.locator('#said').innerText()).toContain('The view is saved.')
    expect(new URL(page.url()).pathname).toBe(`/w/tidewell/${list}`)

    await page.goto(`${app.url}/w/tidewell/${list}`)
    await follow(page, () => views.getByRole('link', { name: 'My view' }).click())
    const shown = new URL(page.url()).searchParams
    for (const [name, value] of new URLSearchParams(lists[list])) expect(shown.get(name)).toBe(value)
    expect(await views.getByRole('link', { name: 'My view' }).getAttribute('aria-current')).toBe('page')
    const rows = await page.locator('main').innerText()
    expect(rows).not.toContain('edited')

    const other = {
      leads: 'period=30d',
      pipeline: 'status=all',
      'hot-list': 'likely=80',
      notes: 'q=item',
      schedule: 'kind=call',
    }[list]
    await page.goto(`${app.url}/w/tidewell/${list}?${other}&saved=${shown.get('saved')}`)
    expect(await views.getByRole('link', { name: 'My view' }).innerText()).toContain('edited')
    await page.getByText('Change the view My view').click()
    await press(page, 'Keep what is shown')
    await page.goto(`${app.url}/w/tidewell/${list}`)
    await follow(page, () => views.getByRole('link', { name: 'My view' }).click())
    expect(new URL(page.url()).search).toContain(other)

    await page.getByText('Change the view My view').click()
    await page.getByRole('form', { name: 'Rename My view' }).getByLabel('Name').fill('Everybody’s')
    await press(page, 'Rename')
    await page.getByText('Change the view Everybody’s').click()
    await press(page, 'Share with the workspace')
    const { page: theirs, close: closeTheirs } = await open(list, bo, '')
    expect(await theirs.getByRole('link', { name: 'Everybody’s by Ana Ruiz' }).count()).toBe(1)
    await follow(theirs, () => theirs.getByRole('link', { name: 'Everybody’s' }).click())
    expect(await theirs.getByText('Change the view').count()).toBe(0)
    await closeTheirs()

    await page.getByText('Change the view Everybody’s').click()
    await press(page, 'Delete')
    expect(await page.locator('#said').innerText()).toContain('The view is deleted.')
    expect(await views.getByRole('link', { name: 'Everybody’s' }).count()).toBe(0)
    await press(page, 'Undo')
    expect(await page.locator('#said').innerText()).toContain('The view is back.')
    expect(await views.getByRole('link', { name: 'Everybody’s' }).count()).toBe(1)
    await close()
  })
})

test('a name that is taken is asked for again, and nothing of what was typed is lost', async () => {
  const { page, close } = await open('notes', bo)
  for (const said of ['The view is saved.', 'You have a view of this name here.']) {
    const form = page.getByRole('form', { name: 'Save view' })
    if (!(await form.isVisible())) await page.getByText('Save view', { exact: true }).click()
    await form.getByLabel('Name').fill('Twice <b>')
    await press(page, 'Save')
    expect(await page.locator('#said').innerText()).toContain(said)
  }
  expect(await page.getByRole('form', { name: 'Save view' }).getByLabel('Name').inputValue()).toBe(
    'Twice <b>',
  )
  expect(new URL(page.url()).searchParams.get('author')).toBe('Marcus Oyelaran')
  await close()
})

test('a view that asks for what its list no longer knows says so, and what it still means is shown', async () => {
  const rowsOf = `insert into saved_views (tenant_id, user_id, page, name, query, is_shared)
    select $1, id, 'hot-list', 'Of old', 'stage=Approved&temperature=hot&likely=12', true from auth.users where email = 'ana@example.com' returning id`
  const { rows } = await app.seed.client.query<{ id: string }>(rowsOf, [tidewell.tenantId])
  const { page, close } = await open('hot-list', bo, '')
  await follow(page, () => page.getByRole('link', { name: 'Of old' }).click())
  const words = await page.getByRole('alert').innerText()
  expect(words).toContain('temperature=hot and likely=12')
  expect(words).toContain('more than the view was made for')
  expect(await page.getByRole('link', { name: 'Remove Stage: Approved' }).count()).toBe(1)
  await app.seed.client.query('update saved_views set deleted_at = now() where id = $1', [rows[0]?.id])
  await close()
})

test.each(looks)(
  'the bar of views pleases axe and fits, $colorScheme at $viewport.width px',
  async (look) => {
    for (const name of [
      'A view with quite a long name that goes on for a while, yes',
      'Short',
      ...'abcdefgh'.split(''),
    ])
      await app.ana.post('/w/tidewell/views', {
        deed: 'save',
        page: 'schedule',
        query: `kind=${name.slice(0, 9)}`,
        name,
      })
    const saved = await app.ana.get('/w/tidewell/schedule')
    const id = /saved=([0-9a-f-]{36})/.exec(await saved.text())?.[1]
    const visited = await visit(
      browser,
      `${app.url}/w/tidewell/schedule?kind=call&saved=${id}&said=changed`,
      {
        ...look,
        as: app.ana,
      },
    )
    await expectSound(visited)
    await visited.page.getByText('Change the view').click()
    await expectSound(visited)
    await visited.close()
  },
)

test('a viewer keeps views to themselves', async () => {
  const viewer = await app.as('viewer', tidewell.tenantId)
  const { page, close } = await open('leads', viewer)
  await page.getByText('Save view', { exact: true }).click()
  expect(await page.getByLabel('Share it with the workspace').count()).toBe(0)
  await close()
  const answer = await viewer.post('/w/tidewell/views', {
    deed: 'save',
    page: 'leads',
    name: 'x',
    shared: 'yes',
  })
  expect([answer.status, answer.headers.get('location')]).toEqual([
    303,
    '/w/tidewell/leads?typed=x&said=not_allowed',
  ])
})

test('what no form of ours sends is refused', async () => {
  for (const fields of [
    {},
    { deed: 'save', page: 'settings', name: 'x' },
    { deed: 'burn', page: 'leads' },
    { deed: 'delete', page: 'leads', view: 'x' },
  ] as Record<string, string>[])
    expect((await app.ana.post('/w/tidewell/views', fields)).status, JSON.stringify(fields)).toBe(404)
})
