import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type TestApp } from '../app.ts'
import { minutesAgo, seedTidewell, type Connection } from '../seed.ts'

let app: TestApp
let connection: Connection

beforeAll(async () => {
  app = await startApp()
  connection = (await seedTidewell(app.seed, { ageMinutes: 195 })).connection
})

afterAll(() => app.close())

async function get(path: string, headers: Record<string, string> = {}) {
  const answer = await app.ana.get(path, headers)
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

function post(body: string, workspace = 'tidewell') {
  return app.ana.send(`/api/v1/sync/runs?workspace=${workspace}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: app.url },
    body,
  })
}

describe('GET /api/v1/sync/status', () => {
  test('says how old the data is, overall and for each stream', async () => {
    const { status, body } = await get('/api/v1/sync/status?workspace=tidewell')
    expect(status).toBe(200)
    expect(body).toMatchObject({ status: 'success', freshness: 'stale', is_stale: true, age_minutes: 195 })
    expect(new Date(String(body['last_sync_at'])).getTime()).toBeLessThan(Date.now() - 194 * 60_000)
    expect(body['found_later']).toEqual([
      {
        connection_id: connection.id,
        words:
          'New notes of a client that ClientTether does not list as changed appear up to 24 hours later.',
      },
    ])
    const streams = body['streams'] as Record<string, unknown>[]
    expect(streams.map(({ stream }) => stream)).toEqual([
      'owners',
      'stages',
      'lead_sources',
      'leads',
      'opportunities',
      'notes',
      'activities',
    ])
    expect(streams[0]).toMatchObject({
      connection: 'ClientTether',
      connection_id: connection.id,
      status: 'success',
      age_minutes: 195,
      is_stale: true,
    })
  })

  test('takes the workspace from X-Tenant-ID as well, by slug or by id', async () => {
    for (const name of ['tidewell', connection.tenantId]) {
      const { body } = await get('/api/v1/sync/status', { 'x-tenant-id': name })
      expect(body['workspace']).toBe('tidewell')
    }
  })

  test('needs no name where there is one workspace only', async () => {
    const bo = await app.as('viewer', connection.tenantId)
    const answer = await bo.get('/api/v1/sync/status')
    expect(await answer.json()).toMatchObject({ workspace: 'tidewell' })
  })

  test('never claims to be fresh where nothing was synced', async () => {
    await app.seed.tenant('new')
    expect((await get('/api/v1/sync/status?workspace=new')).body).toEqual({
      workspace: 'new',
      found_later: [],
      last_sync_at: null,
      status: 'not_synced',
      freshness: 'never',
      is_stale: true,
      age_minutes: null,
      is_running: false,
      streams: [],
    })
  })

  test('has one shape for its errors', async () => {
    expect(await get('/api/v1/sync/status')).toMatchObject({
      status: 400,
      body: { error: { code: 'validation_failed', fields: { workspace: 'required' } } },
    })
    const { status, body } = await get('/api/v1/sync/status?workspace=nobody')
    expect(status).toBe(404)
    expect(body['error']).toEqual({
      code: 'not_found',
      message: 'There is no such workspace.',
      request_id: expect.stringMatching(/^[0-9A-Z]{5}-[0-9A-Z]{5}$/) as string,
    })
    const nothing = await app.ana.get('/api/v1/nothing')
    expect([nothing.status, nothing.headers.get('content-type')]).toEqual([404, 'application/json'])
    // When: docs/decisions/027-errors-and-indexes-in-the-form-of-the-design.md.
    expect(Math.abs(Date.now() - Date.parse(nothing.headers.get('date') ?? ''))).toBeLessThan(10_000)
  })

  test('is where the founding address leads', async () => {
    const answer = await fetch(`${app.url}/api/sync/status?workspace=tidewell`, { redirect: 'manual' })
    expect(answer.status).toBe(308)
    expect(answer.headers.get('location')).toBe('/api/v1/sync/status?workspace=tidewell')
  })
})

describe('POST /api/v1/sync/runs', () => {
  test('asks for a run', async () => {
    const answer = await post(JSON.stringify({ connection: connection.id }))
    expect(answer.status).toBe(202)
    const body = (await answer.json()) as { run_id: string; outcome: string }
    expect(body.outcome).toBe('queued')
    const statement = 'select status, trigger from sync_runs where id = $1'
    const { rows } = await app.seed.client.query(statement, [body.run_id])
    expect(rows).toEqual([{ status: 'queued', trigger: 'person' }])
  })

  test.each(['', '{', '[]', '{"connection":"x"}', '{"connection":null}', '{"other":1}'])(
    'answers 400 to %s',
    async (body) => {
      const answer = await post(body)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ error: { code: 'validation_failed' } })
    },
  )

  test.each([
    '"tenant_id":"T"',
    '"id":"T"',
    '"role":"admin"',
    '"trigger":"schedule"',
    '"__proto__":{"role":"admin"}',
  ])('takes no field that nobody asked for: %s', async (extra) => {
    const { rows: before } = await app.seed.client.query('select id from sync_runs order by id')
    const answer = await post(`{"connection":"${connection.id}",${extra.replace('T', connection.tenantId)}}`)
    expect(answer.status).toBe(400)
    expect((await app.seed.client.query('select id from sync_runs order by id')).rows).toEqual(before)
  })

  test('finds no connection of another workspace', async () => {
    await app.seed.tenant('stranger')
    expect((await post(JSON.stringify({ connection: connection.id }), 'stranger')).status).toBe(404)
  })

  test.each([
    ['paused', 'The connection is paused, so no run was made.'],
    ['draft', 'The connection has not been started yet, so no run was made.'],
    ['needs_reconnect', 'The connection has to be connected again, so no run was made.'],
  ] as const)('answers 409 while the connection is %s, and says why', async (state, message) => {
    const resting = await app.seed.connection(connection.tenantId, { name: `Old CRM, ${state}`, state })
    const answer = await post(JSON.stringify({ connection: resting.id }))
    expect([answer.status, await answer.json()]).toEqual([
      409,
      { error: expect.objectContaining({ code: 'not_active', message }) as unknown },
    ])
  })
})

describe('/readyz', () => {
  test('says which part fails', async () => {
    expect(await get('/readyz')).toMatchObject({
      status: 503,
      body: {
        status: 'failing',
        parts: { database: { ok: true }, migrations: { ok: true }, worker: { ok: false } },
      },
    })
  })

  test('is ready once a worker beats, and not when its last beat is old', async () => {
    await app.seed.insert('workers', { id: 'w1', started_at: minutesAgo(9), beat_at: new Date() })
    expect(await get('/readyz')).toMatchObject({ status: 200, body: { status: 'ok' } })
    await app.seed.client.query(`update workers set beat_at = now() - interval '61 seconds'`)
    expect((await get('/readyz')).status).toBe(503)
  })

  test('says which migrations are missing', async () => {
    const { rows } = await app.seed.client.query<{ id: number; created_at: string }>(
      'select id, created_at from drizzle.__drizzle_migrations order by created_at desc limit 1',
    )
    await app.seed.client.query('update drizzle.__drizzle_migrations set created_at = 1 where id = $1', [
      rows[0]?.id,
    ])
    const { body } = await get('/readyz')
    expect(JSON.stringify(body)).toMatch(/to be applied: \d{4}_/)
    await app.seed.client.query('update drizzle.__drizzle_migrations set created_at = $2 where id = $1', [
      rows[0]?.id,
      rows[0]?.created_at,
    ])
  })
})

test('/metrics tells ages, runs and records set aside, and no customer’s name', async () => {
  await app.seed.insert('quarantine', {
    tenant_id: connection.tenantId,
    id: crypto.randomUUID(),
    connection_id: connection.id,
    run_id: crypto.randomUUID(),
    stream: 'leads',
    snapshot_id: crypto.randomUUID(),
    item_index: 0,
    content_hash: Buffer.alloc(32),
    reason: 'units is "two"',
    path: 'units',
    created_at: new Date(),
  })
  const fresh = await app.seed.connection(connection.tenantId, { name: 'First pass' })
  await app.seed.cursor(fresh, 'leads', null)
  const text = await (await fetch(`${app.url}/metrics`)).text()
  const of = `workspace="tidewell",connection="${connection.id}"`
  expect(text).toContain(`tidemark_stream_age_seconds{${of},stream="notes"} 11700`)
  expect(text).toMatch(
    new RegExp(`tidemark_stream_age_seconds\\{.*connection="${fresh.id}",stream="leads"\\} \\+Inf`),
  )
  expect(text).toContain(`tidemark_quarantined_records{${of},stream="leads"} 1`)
  expect(text).toMatch(/tidemark_sync_runs_last_day\{workspace="tidewell",status="success"\} 1/)
  expect(text).toContain('tidemark_database_up 1')
  expect(text).toMatch(/nat_requests_total\{method="GET",endpoint="\/readyz"/)
  expect(text).toMatch(/nat_request_duration_seconds_bucket\{le="0\.1",method="GET",endpoint="\/readyz"/)
  expect(text).not.toContain('Tidewell Car Wash')
})
