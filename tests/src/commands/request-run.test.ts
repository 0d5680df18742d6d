import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { requestRun } from '../../../src/commands/request-run.ts'
import { type Connection } from '../seed.ts'
import { startPlace } from '../place.ts'

const place = await startPlace()
const { client, database, seed } = place

let connection: Connection

afterAll(() => place.close())

beforeEach(async () => {
  connection = await seed.connection(await seed.tenant(`t${Math.random().toString(36).slice(2)}`))
})

const ask = (tenantId = connection.tenantId) =>
  database.asTenant(tenantId, (tx) => requestRun(tx, connection.id))

async function runs() {
  const { rows } = await client.query<{ id: string; status: string; trigger: string }>(
    'select id, status, trigger from sync_runs where connection_id = $1',
    [connection.id],
  )
  return rows
}

describe('asking for a run', () => {
  test('queues one and tells the workers with ids only', async () => {
    const heard: string[] = []
    client.on('notification', ({ payload }) => heard.push(payload ?? ''))
    await client.query('listen tidemark_requests')
    const outcome = await ask()
    const rows = await runs()
    expect(rows).toEqual([{ id: rows[0]?.id, status: 'queued', trigger: 'person' }])
    expect(outcome).toEqual({ kind: 'queued', runId: rows[0]?.id })
    await client.query('select 1')
    expect(heard.map((payload) => JSON.parse(payload) as unknown)).toEqual([
      { tenant: connection.tenantId, connection: connection.id, run: rows[0]?.id },
    ])
  })

  test('ten times at once gives one run', async () => {
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => ask()))
    expect(await runs()).toHaveLength(1)
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1)
  })

  test('while one is under way has another follow it', async () => {
    const running = await seed.run(connection, { status: 'running', finished_at: null })
    expect(await ask()).toEqual({ kind: 'follows', runId: running })
    const { rows } = await client.query('select rerun_wanted from connections where id = $1', [connection.id])
    expect(rows).toEqual([{ rerun_wanted: true }])
    expect(await runs()).toHaveLength(1)
  })

  test('of a paused connection starts nothing', async () => {
    await client.query(`update connections set state = 'paused' where id = $1`, [connection.id])
    expect(await ask()).toEqual({ kind: 'not_active', state: 'paused' })
    expect(await runs()).toEqual([])
  })

  test('of a draft starts nothing', async () => {
    await client.query(`update connections set state = 'draft' where id = $1`, [connection.id])
    expect(await ask()).toEqual({ kind: 'not_active', state: 'draft' })
    expect(await runs()).toEqual([])
  })

  test('of another client’s connection finds nothing', async () => {
    expect(await ask(await seed.tenant('stranger'))).toEqual({ kind: 'not_found' })
    expect(await runs()).toEqual([])
  })
})
