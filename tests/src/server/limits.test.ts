import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Web } from '../../../src/server/main.ts'
import { serve, startApp, type TestApp } from '../app.ts'
import { seedKey } from '../keys.ts'
import { seedPerson } from '../people.ts'
import { seedTidewell } from '../seed.ts'
import { visit } from '../visitor.ts'

let app: TestApp
let webs: Web[]
let tenantId: string

beforeAll(async () => {
  app = await startApp()
  tenantId = (await seedTidewell(app.seed)).tenantId
  const { database, databaseUrl } = app
  const parts = { database, databaseUrl, requestsPerMinute: 100 }
  webs = [await serve(parts), await serve(parts)]
})

afterAll(async () => {
  for (const web of webs) await web.close()
  await app.close()
})

/** So many requests at once, in turns to each of the two web processes. */
async function burst(count: number, headers: Record<string, string>) {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      fetch(`${webs[index % 2]?.url}/api/v1/sync/status?workspace=tidewell`, { headers }),
    ),
  )
}

function tally(answers: readonly Response[]): Record<number, number> {
  const tallied: Record<number, number> = {}
  for (const { status } of answers) tallied[status] = (tallied[status] ?? 0) + 1
  return tallied
}

describe('two web processes share one count, and answer of 150 requests at once exactly 100', () => {
  test('of one key', async () => {
    const email = await seedPerson(app.seed, 'admin', [tenantId])
    const { headers } = await seedKey(app.seed, tenantId, email)
    const answers = await burst(150, headers)
    expect(tally(answers)).toEqual({ 200: 100, 429: 50 })
    for (const answer of answers.filter(({ status }) => status === 429)) {
      const wait = Number(answer.headers.get('retry-after'))
      expect(wait).toBeGreaterThan(0)
      expect(wait).toBeLessThanOrEqual(60)
      expect(await answer.json()).toMatchObject({ error: { code: 'too_many_requests' } })
    }
  })

  test('of all keys of one person, wherever they open, which leaves the person their own pages', async () => {
    const elsewhere = await app.seed.tenant('elsewhere')
    const email = await seedPerson(app.seed, 'admin', [tenantId, elsewhere])
    const here = await seedKey(app.seed, tenantId, email)
    const another = await seedKey(app.seed, tenantId, email)
    const there = await seedKey(app.seed, elsewhere, email)
    const asked = [here, another, there].flatMap(({ headers }) =>
      Array.from({ length: 50 }, (_, index) =>
        fetch(`${webs[index % 2]?.url}/api/v1/sync/status`, { headers }),
      ),
    )
    expect(tally(await Promise.all(asked))).toEqual({ 200: 100, 429: 50 })
    const bo = await visit(app.url, email)
    const cookie = [...bo.cookies].map((pair) => pair.join('=')).join('; ')
    expect(tally(await burst(4, { cookie }))).toEqual({ 200: 4 })
    // Somebody else's programs go on.
    const other = await seedKey(app.seed, tenantId, await seedPerson(app.seed, 'admin', [tenantId]))
    expect(tally(await burst(4, other.headers))).toEqual({ 200: 4 })
  })

  test('of a key and its token together', async () => {
    const email = await seedPerson(app.seed, 'admin', [tenantId])
    const { headers } = await seedKey(app.seed, tenantId, email)
    const answer = await fetch(`${webs[0]?.url}/api/v1/tokens`, { method: 'POST', headers })
    const { token } = (await answer.json()) as { token: string }
    const send = (authorization: string) =>
      Array.from({ length: 75 }, () =>
        fetch(`${webs[0]?.url}/api/v1/sync/status`, { headers: { authorization } }),
      )
    const answers = await Promise.all([...send(headers.authorization), ...send(`Bearer ${token}`)])
    expect(tally(answers)).toEqual({ 200: 99, 429: 51 })
  })

  test('of one person', async () => {
    const email = await seedPerson(app.seed, 'admin', [tenantId])
    const bo = await visit(app.url, email)
    const cookie = [...bo.cookies].map((pair) => pair.join('=')).join('; ')
    expect(tally(await burst(150, { cookie }))).toEqual({ 200: 100, 429: 50 })
  })

  test('of one address with keys that are none', async () => {
    // Signing in was counted there, too.
    await app.seed.client.query(`delete from auth.rate_limits where key like 'req:address%'`)
    const answers = await burst(150, { authorization: 'Bearer tdm_none' })
    expect(tally(answers)).toEqual({ 401: 100, 429: 50 })
  })
})
