import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../app.ts'
import { idOf, seedKey } from '../keys.ts'
import { seedPerson } from '../people.ts'
import { minutesAgo, seedTidewell, type Connection } from '../seed.ts'

let app: TestApp
let connection: Connection
let tenantId: string
let bo: string

beforeAll(async () => {
  app = await startApp()
  connection = (await seedTidewell(app.seed)).connection
  tenantId = connection.tenantId
  bo = await seedPerson(app.seed, 'manager', [tenantId])
})

afterAll(() => app.close())

const status = (headers: Record<string, string>) => fetch(`${app.url}/api/v1/sync/status`, { headers })
const codeOf = async (answer: Response) =>
  ((await answer.json()) as { error?: { code: string } }).error?.code ?? answer.status

const askForRun = (headers: Record<string, string>) =>
  fetch(`${app.url}/api/v1/sync/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ connection: connection.id }),
  })

describe('an API key', () => {
  test('opens the workspace it was made in, with no cookie and no name given', async () => {
    const { headers } = await seedKey(app.seed, tenantId, bo)
    const answer = await status(headers)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ workspace: 'tidewell' })
  })

  test('is nowhere stored, only its SHA-256 and its first characters', async () => {
    const ana = await app.ana.post('/w/tidewell/settings/keys', { deed: 'make', name: 'stored', read: 'yes' })
    const key = /tdm_[\w-]{43}/.exec(await ana.text())?.[0] ?? ''
    expect(key).not.toBe('')
    const { rows } = await app.seed.client.query<{ dump: string; prefix: string; bytes: number }>(
      `select to_jsonb(api_keys)::text as dump, prefix, length(hash) as bytes from api_keys where name = 'stored'`,
    )
    expect(rows).toMatchObject([{ prefix: key.slice(0, 12), bytes: 32 }])
    expect(rows[0]?.dump).not.toContain(key.slice(12))
    expect(JSON.stringify(app.logged)).not.toContain(key.slice(12))
  })

  test('does what its scopes name, and no more', async () => {
    const { headers } = await seedKey(app.seed, tenantId, bo, { scopes: ['read'] })
    expect((await status(headers)).status).toBe(200)
    const refused = await askForRun(headers)
    expect(refused.status).toBe(403)
    expect(await codeOf(refused)).toBe('scope')
    const writing = await seedKey(app.seed, tenantId, bo, { scopes: ['write'] })
    expect((await askForRun(writing.headers)).status).toBe(202)
  })

  test('does no more than its owner may', async () => {
    const analyst = await seedPerson(app.seed, 'analyst', [tenantId])
    const { headers } = await seedKey(app.seed, tenantId, analyst)
    const refused = await askForRun(headers)
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'role'])
  })

  test('opens no page for people', async () => {
    const { headers } = await seedKey(app.seed, tenantId, bo)
    for (const path of ['/w', '/w/tidewell/overview', '/w/tidewell/settings/keys']) {
      const answer = await fetch(app.url + path, { headers, redirect: 'manual' })
      expect([answer.status, await codeOf(answer)], path).toEqual([403, 'not_for_programs'])
    }
    const button = await fetch(`${app.url}/w/tidewell/sync/run-now`, { method: 'POST', headers })
    expect(button.status).toBe(403)
  })

  test('counts where a cookie is sent as well', async () => {
    const { headers } = await seedKey(app.seed, tenantId, bo, { scopes: ['read'] })
    const answer = await app.ana.send('/api/v1/sync/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: app.url, ...headers },
      body: JSON.stringify({ connection: connection.id }),
    })
    expect(await codeOf(answer)).toBe('scope')
    const bad = await app.ana.get('/api/v1/sync/status?workspace=tidewell', { authorization: 'Bearer tdm_x' })
    expect(bad.status).toBe(401)
  })

  test('opens no other workspace, not even another one of its owner; the attempt is noted', async () => {
    const other = await app.seed.tenant('kettle')
    await app.seed.tenant('foreign')
    const cy = await seedPerson(app.seed, 'admin', [tenantId, other])
    const { headers } = await seedKey(app.seed, tenantId, cy)
    const answers = []
    for (const name of ['kettle', other, 'foreign', 'nobody']) {
      const answer = await status({ ...headers, 'x-tenant-id': name })
      const { error } = (await answer.json()) as { error: { code: string; message: string } }
      answers.push([answer.status, error.code, error.message])
    }
    expect(new Set(answers.map((one) => one.join()))).toEqual(
      new Set(['404,not_found,There is no such workspace.']),
    )
    const { rows } = await app.seed.client.query(
      `select deed, detail->>'workspace' as name from auth.events where user_id = $1 order by id`,
      [await idOf(app.seed, cy)],
    )
    expect(rows).toHaveLength(4)
    expect(rows[0]).toEqual({ deed: 'workspace_refused', name: 'kettle' })
    expect((await status({ ...headers, 'x-tenant-id': 'tidewell' })).status).toBe(200)
  })

  test('has its last use noted once a minute', async () => {
    const { id, headers } = await seedKey(app.seed, tenantId, bo)
    const noted = async () => {
      const { rows } = await app.seed.client.query<{ at: Date | null }>(
        'select last_used_at as at from api_keys where id = $1',
        [id],
      )
      return rows[0]?.at?.getTime() ?? null
    }
    expect(await noted()).toBeNull()
    await status(headers)
    const first = await noted()
    expect(first).not.toBeNull()
    await status(headers)
    expect(await noted()).toBe(first)
    await app.seed.client.query(`update api_keys set last_used_at = now() - interval '61 s' where id = $1`, [
      id,
    ])
    await status(headers)
    expect(await noted()).toBeGreaterThan(first ?? Infinity)
  })
})

describe('whoever shows', () => {
  const ended = async (change: (email: string) => Promise<unknown>) => {
    const email = await seedPerson(app.seed, 'rep', [tenantId])
    const { headers } = await seedKey(app.seed, tenantId, email)
    expect((await status(headers)).status).toBe(200)
    await change(email)
    return headers
  }
  const membership = (set: string) => async (email: string) =>
    app.seed.client.query(`update memberships set ${set} where user_id = $1`, [await idOf(app.seed, email)])
  const key = (set: string) => async (email: string) =>
    app.seed.client.query(`update api_keys set ${set} where user_id = $1`, [await idOf(app.seed, email)])

  test.each<[string, () => Promise<Record<string, string>>]>([
    ['no key', async () => ({ authorization: 'Bearer' })],
    ['a password', async () => ({ authorization: 'Basic YTpi' })],
    ['a key that was never made', async () => ({ authorization: `Bearer tdm_${'A'.repeat(43)}` })],
    ['half a key', async () => ({ authorization: 'Bearer tdm_A' })],
    ['something endless', async () => ({ authorization: `Bearer ${'A'.repeat(6_000)}` })],
    ['a key that has expired', () => ended(key(`expires_at = now() - interval '1 s'`))],
    ['a key that is revoked', () => ended(key('revoked_at = now()'))],
    ['a key of somebody who is a member no more', () => ended(membership('ended_at = now()'))],
    ['a key of somebody whose role has none', () => ended(membership(`role = 'viewer'`))],
  ])('%s is refused in the same words', async (_words, shown) => {
    const answer = await status(await shown())
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="tidemark"')
    const { error } = (await answer.json()) as { error: Record<string, unknown> }
    expect({ ...error, request_id: '' }).toEqual({
      code: 'bad_credentials',
      message: 'The API key or token is not, or no longer, valid.',
      request_id: '',
    })
  })

  test('a key that its owner revokes on the page is refused at once', async () => {
    const dee = await app.as('analyst', tenantId)
    const { id, headers } = await seedKey(app.seed, tenantId, dee.email)
    expect((await status(headers)).status).toBe(200)
    const answer = await dee.post('/w/tidewell/settings/keys', { deed: 'revoke', key: id })
    expect(answer.status).toBe(303)
    expect((await status(headers)).status).toBe(401)
  })

  test('a key where a second factor is demanded that its owner has not is told so', async () => {
    const strict = await app.seed.tenant('strict', { requires_second_factor: true })
    const { headers } = await seedKey(app.seed, strict, app.ana.email)
    const answer = await status(headers)
    expect([answer.status, await codeOf(answer)]).toEqual([403, 'second_factor'])
  })
})

test('an unknown key is looked for as long as one that has ended', async () => {
  const revoked = await seedKey(app.seed, tenantId, bo, { revoked_at: minutesAgo(1) })
  const unknown = { authorization: `Bearer tdm_${'B'.repeat(43)}` }
  const times: { unknown: number[]; revoked: number[] } = { unknown: [], revoked: [] }
  for (let n = 0; n < 60; n++) {
    for (const [name, headers] of [
      ['unknown', unknown],
      ['revoked', revoked.headers],
    ] as const) {
      const before = performance.now()
      await (await status(headers)).arrayBuffer()
      times[name].push(performance.now() - before)
    }
  }
  const median = (all: number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0
  // One question more or less would be a fifth of the whole.
  expect(median(times.unknown) / median(times.revoked)).toBeGreaterThan(0.7)
  expect(median(times.unknown) / median(times.revoked)).toBeLessThan(1.4)
})
