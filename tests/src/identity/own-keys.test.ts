import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../app.ts'
import { seedKey } from '../keys.ts'
import { password } from '../people.ts'
import { stranger, type Visitor } from '../visitor.ts'
import { isIn } from './is-in.ts'

let app: TestApp
let places: string[]
let owner: Visitor
let keys: Awaited<ReturnType<typeof seedKey>>[]
const page = '/w/tidewell/settings/security'

beforeAll(async () => {
  app = await startApp()
  places = [await app.seed.tenant('tidewell', { name: 'Tidewell' }), await app.seed.tenant('kettle')]
})
afterAll(() => app.close())

beforeEach(async () => {
  owner = await app.as('rep', ...places)
  keys = []
  for (const tenantId of places) keys.push(await seedKey(app.seed, tenantId, owner.email))
})

const statusOf = async ({ headers }: (typeof keys)[number]) =>
  (await fetch(`${app.url}/api/v1/sync/status`, { headers })).status
const statuses = () => Promise.all(keys.map(statusOf))

/** The lines that the audit logs of all workspaces have about keys of this person. */
async function written() {
  const { rows } = await app.seed.client.query<Record<string, unknown>>(
    `select tenant_id, deed, before, after, address from audit_log where actor = $1 and deed = 'api_key_revoked'`,
    [owner.email],
  )
  return rows
}

/** Follows the link that was mailed, and sets a new password. */
async function reset(next: string): Promise<Response> {
  await stranger(app.url).post('/forgot', { email: owner.email })
  const mailed = () => app.logged.findLast(({ to, link }) => to === owner.email && link !== undefined)
  await expect.poll(mailed).toBeDefined()
  const token = new URL(String(mailed()?.['link'])).searchParams.get('token') ?? ''
  return stranger(app.url).post('/reset', { token, password: next })
}

describe('a new password by a link', () => {
  test('ends every API key of its owner in every workspace, each with a line, and says so on the page and by mail', async () => {
    const other = await app.as('rep', ...places)
    const others = await seedKey(app.seed, places[0] ?? '', other.email)
    expect(await statuses()).toEqual([200, 200])
    const answer = await reset('another tide altogether')
    expect(answer.headers.get('location')).toBe('/sign-in?done=password_and_keys')
    expect(await statuses()).toEqual([401, 401])
    expect(await statusOf(others)).toBe(200)
    const because = 'a new password by a link'
    expect(new Set((await written()).map((row) => row['tenant_id']))).toEqual(new Set(places))
    for (const row of await written())
      expect(row).toMatchObject({
        before: { key: expect.any(String) as string },
        after: { because },
        address: '127.0.0.1',
      })
    const told = await (await stranger(app.url).get('/sign-in?done=password_and_keys')).text()
    expect(told).toContain('your API keys have ended')
    expect(app.logged.filter(({ to }) => to === owner.email).at(-1)).toMatchObject({
      subject: 'Your Tidemark password was changed',
    })
  })

  test('ends the tokens that were made with them, too', async () => {
    const [key] = keys
    const made = await fetch(`${app.url}/api/v1/tokens`, { method: 'POST', headers: key?.headers ?? {} })
    const { token } = (await made.json()) as { token: string }
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${app.url}/api/v1/sync/status`, { headers })).status).toBe(200)
    await reset('another tide altogether')
    expect((await fetch(`${app.url}/api/v1/sync/status`, { headers })).status).toBe(401)
  })

  test('that is refused ends none', async () => {
    expect((await reset('short')).status).toBe(422)
    expect(await statuses()).toEqual([200, 200])
  })

  test('of somebody without keys speaks of none', async () => {
    owner = await app.as('viewer', ...places)
    expect((await reset('another tide altogether')).headers.get('location')).toBe('/sign-in?done=password')
  })
})

describe('signing out everywhere', () => {
  test('offers, ticked, to end the keys, and ends them', async () => {
    expect(await (await owner.get(page)).text()).toMatch(/<input type="checkbox" name="keys" checked/)
    const answer = await owner.post(page, { action: 'end_all', keys: 'on' })
    expect(answer.headers.get('location')).toBe('/sign-in?done=everywhere_and_keys')
    expect([await isIn(owner), ...(await statuses())]).toEqual([false, 401, 401])
    expect(await written()).toHaveLength(2)
  })

  test('without the tick leaves programs alone', async () => {
    const answer = await owner.post(page, { action: 'end_all' })
    expect(answer.headers.get('location')).toBe('/sign-in?done=everywhere')
    expect([await isIn(owner), ...(await statuses())]).toEqual([false, 200, 200])
  })
})

test('whoever knows the present password changes it without ending programs, and is told where to end them', async () => {
  expect(await (await owner.get(page)).text()).toContain('API keys go on')
  await owner.post(page, { action: 'password', password, next: 'another tide altogether' })
  expect(await statuses()).toEqual([200, 200])
})
