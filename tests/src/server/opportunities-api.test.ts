import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../app.ts'
import { seedTidewell, type Connection } from '../seed.ts'
import { stranger, type Visitor } from '../visitor.ts'

let app: TestApp
let connection: Connection
let kofi: Visitor
let id: string

beforeAll(async () => {
  app = await startApp()
  connection = (await seedTidewell(app.seed)).connection
  kofi = await app.as('rep', connection.tenantId)
})

afterAll(() => app.close())

beforeEach(async () => {
  id = await app.seed.record('opportunities', connection, {
    status: 'open',
    title: 'Austin "A" 🎉',
    amount_minor: 11_115_000,
  })
})

type Body = Record<string, unknown> & { error?: Record<string, unknown>; data?: Record<string, unknown> }
const days = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString()
const step = (details = 'Call about the lease') => ({
  new_next_action_at: days(1),
  new_next_action_details: details,
})

async function complete(given: unknown, headers: Record<string, string> = {}, of = id, who = kofi) {
  const answer = await who.send(`/api/v1/opportunities/${of}/complete_action`, {
    method: 'POST',
    headers: { origin: app.url, 'content-type': 'application/json', 'x-tenant-id': 'tidewell', ...headers },
    body: typeof given === 'string' ? given : JSON.stringify(given),
  })
  return { status: answer.status, body: (await answer.json()) as Body }
}

async function due(search = '') {
  const answer = await kofi.get(`/api/v1/opportunities/due?workspace=tidewell${search}`)
  return {
    status: answer.status,
    body: (await answer.json()) as { data: Body[]; next_cursor: string | null } & Body,
  }
}

const plan = (of: string, dueAt: Date, details: string) =>
  app.seed.insert('next_actions', {
    tenant_id: connection.tenantId,
    opportunity_id: of,
    number: 1,
    how: 'planned',
    due_at: dueAt,
    details,
  })

describe('GET /api/v1/opportunities/due', () => {
  test('gives what is due by now, oldest first, in pages that hold each once', async () => {
    const dueAt = new Date('2026-01-02T03:04:05.678Z')
    const ids = [id]
    for (const nth of [1, 2, 3, 4]) {
      const next = await app.seed.record('opportunities', connection, {
        status: 'open',
        title: `Deal ${nth}`,
        currency: 'JPY',
        amount_minor: 7,
      })
      // Two at the same instant are told apart by their ids.
      await plan(next, nth < 3 ? new Date('2026-01-03T00:00:00Z') : new Date(Date.now() - nth), `Step ${nth}`)
      ids.push(next)
    }
    await plan(id, dueAt, 'Say "hello" \\ to\tthem </script>')
    const ahead = await app.seed.record('opportunities', connection, { status: 'open', title: 'Ahead' })
    await plan(ahead, new Date(Date.now() + 60_000), 'Wait')

    const { status, body } = await due()
    expect(status).toBe(200)
    expect(body.data[0]).toEqual({
      id,
      name: 'Austin "A" 🎉',
      value: '111150.00',
      currency: 'USD',
      stage: null,
      next_action_at: expect.stringMatching(/^2026-01-02T03:04:05\.678Z$/) as string,
      next_action_details: 'Say "hello" \\ to\tthem </script>',
      version: 1,
    })
    expect(body.data[1]).toMatchObject({ value: '7', currency: 'JPY' })
    expect(new Set(body.data.map((row) => row['id']))).toEqual(new Set(ids))

    const seen: unknown[] = []
    let cursor: string | null = ''
    for (; cursor !== null;) {
      const page = await due(`&limit=2${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
      expect(page.body.data.length).toBeLessThanOrEqual(2)
      seen.push(...page.body.data.map((row) => row['id']))
      cursor = page.body.next_cursor
    }
    expect(seen).toEqual(body.data.map((row) => row['id']))
  })

  test.each(['&limit=0', '&limit=201', '&limit=x', '&cursor=x', '&cursor=', '&limit=1.5'])(
    'refuses %s',
    async (search) => {
      const { status, body } = await due(search)
      expect(status).toBe(400)
      expect(body.error).toMatchObject({
        code: 'validation_failed',
        request_id: expect.any(String) as string,
      })
    },
  )

  test('is not sent again to whoever has it, until something in it changes, and never to somebody else', async () => {
    await plan(id, new Date('2026-01-02T03:04:05Z'), 'Call')
    const address = '/api/v1/opportunities/due?workspace=tidewell&limit=200'
    const first = await kofi.get(address)
    const tag = first.headers.get('etag') ?? ''
    expect(first.headers.get('cache-control')).toBe('private, no-cache')
    expect(first.headers.get('vary')).toMatch(/authorization.*cookie.*x-tenant-id/i)
    const again = await kofi.get(address, { 'if-none-match': `"other", ${tag}` })
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag])

    const elsewhere = await app.as(
      'rep',
      (await seedTidewell(app.seed, { slug: 'kettle', name: 'Kettle' })).tenantId,
    )
    const theirs = await elsewhere.get('/api/v1/opportunities/due', { 'if-none-match': tag })
    expect([theirs.status, theirs.headers.get('etag') === tag]).toEqual([200, false])
    const outside = await stranger(app.url).get(address, { 'if-none-match': tag })
    expect([outside.status, outside.headers.get('etag')]).toEqual([401, null])
    expect(outside.headers.get('cache-control')).toBe('no-store')

    await app.seed.client.query('update opportunities set title = $2 where id = $1', [id, 'Austin, renamed'])
    const changed = await kofi.get(address, { 'if-none-match': tag })
    expect([changed.status, await changed.text()]).toEqual([200, expect.stringContaining('Austin, renamed')])
  })
})

describe('POST /api/v1/opportunities/{id}/complete_action', () => {
  test('sets the next action, says so in the log and counts it', async () => {
    const given = step()
    const { status, body } = await complete(given)
    expect(status).toBe(200)
    expect(body).toEqual({
      data: {
        id,
        name: 'Austin "A" 🎉',
        next_action_at: given.new_next_action_at,
        next_action_details: 'Call about the lease',
        outcome: null,
        version: 1,
      },
    })
    const said = app.logged.filter(({ msg, opportunity_id: of }) => msg === 'Action completed' && of === id)
    expect(said).toMatchObject([
      { tenant_id: connection.tenantId, action_type: 'next_action', time: expect.anything() as unknown },
    ])
    const metrics = await (await fetch(`${app.url}/metrics`)).text()
    expect(metrics).toContain(`nat_actions_completed_total{tenant_id="${connection.tenantId}"}`)
  })

  test('takes an outcome instead', async () => {
    expect((await complete({ outcome: 'disqualified', reason: 'No funds' })).body.data).toMatchObject({
      outcome: 'disqualified',
      next_action_at: null,
    })
  })

  test.each([
    [400, 'validation_failed', '{'],
    [400, 'validation_failed', '[]'],
    [400, 'validation_failed', { new_next_action_at: 'soon', new_next_action_details: 'Call them' }],
    [400, 'validation_failed', { ...step(), version: 'x' }],
    [422, 'rule_broken', {}],
    [422, 'rule_broken', { ...step(), outcome: 'won' }],
    [422, 'rule_broken', { ...step(), new_next_action_at: days(-1) }],
    [422, 'rule_broken', { outcome: 'lost' }],
  ])('answers %i %s to %j', async (status, code, given) => {
    const answer = await complete(given)
    expect(answer.status).toBe(status)
    expect(answer.body.error).toMatchObject({ code, fields: expect.any(Object) as object })
  })

  test('answers 404 for what is not there, is no id, or is of another tenant', async () => {
    const other = await app.seed.connection(await app.seed.tenant(`o${randomUUID().slice(0, 8)}`))
    const foreign = await app.seed.record('opportunities', other, { status: 'open' })
    const answers = await Promise.all([foreign, randomUUID(), 'x'].map((of) => complete(step(), {}, of)))
    expect(answers.map(({ status, body }) => `${status} ${String(body.error?.['code'])}`)).toEqual(
      answers.map(() => '404 not_found'),
    )
  })

  test('answers 409 with what is there now to whoever saw an older version', async () => {
    await complete(step())
    const { status, body } = await complete({ ...step('Write'), version: 0 })
    expect(status).toBe(409)
    expect(body.error).toMatchObject({
      code: 'conflict',
      present: {
        version: 1,
        next_action_details: 'Call about the lease',
        made_by: expect.any(String) as string,
      },
    })
  })

  test('answers 403 to a role that only looks', async () => {
    const viewer = await app.as('viewer', connection.tenantId)
    expect((await complete(step(), {}, id, viewer)).status).toBe(403)
  })

  test('does once what has an Idempotency-Key, however often and at whatever moment it is sent', async () => {
    const given = step()
    const named = { 'idempotency-key': randomUUID() }
    const all = await Promise.all(Array.from({ length: 8 }, () => complete(given, named)))
    expect(all.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(new Set(all.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(all[0]?.body.data).toMatchObject({ version: 1 })
    expect((await complete(given, named)).body).toEqual(all[0]?.body)
    const { rows } = await app.seed.client.query('select 1 from next_actions where opportunity_id = $1', [id])
    expect(rows).toHaveLength(1)
    expect(
      app.logged.filter(({ msg, opportunity_id: of }) => msg === 'Action completed' && of === id),
    ).toHaveLength(1)
  })

  test('refuses the same Idempotency-Key for other words, and leaves it free after a refusal and for other people', async () => {
    const named = { 'idempotency-key': randomUUID() }
    expect((await complete({}, named)).status).toBe(422)
    expect((await complete(step(), named)).status).toBe(200)
    const again = await complete(step('Something else'), named)
    expect([again.status, again.body.error?.['code']]).toEqual([422, 'idempotency_key_reused'])
    const dana = await app.as('rep', connection.tenantId)
    expect((await complete(step('Something else'), named, id, dana)).status).toBe(200)
    expect((await complete(step(), { 'idempotency-key': 'a b' })).status).toBe(400)
  })

  test('keeps an answer for a day', async () => {
    const named = { 'idempotency-key': randomUUID() }
    const given = step()
    await complete(given, named)
    await app.seed.client.query(`update answered_requests set expires_at = now() - interval '1 second'`)
    expect((await complete(given, named)).body.data).toMatchObject({ version: 2 })
  })
})
