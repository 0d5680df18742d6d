import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { requestTest } from '../../../src/commands/request-test.ts'
import { readLatestTest } from '../../../src/queries/connection-test.ts'
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
  database.asTenant(tenantId, (tx) => requestTest(tx, connection.id))
const latest = (tenantId = connection.tenantId) =>
  database.asTenant(tenantId, (tx) => readLatestTest(tx, connection.id))

describe('asking for a test of a connection', () => {
  test('writes it down and tells the workers with ids only', async () => {
    expect(await latest()).toBeUndefined()
    const heard: string[] = []
    client.on('notification', ({ payload }) => heard.push(payload ?? ''))
    await client.query('listen tidemark_requests')
    const outcome = await ask()
    const asked = await latest()
    expect(outcome).toEqual({ kind: 'asked', testId: asked?.id })
    expect(asked).toMatchObject({ startedAt: null, finishedAt: null, ok: null, steps: [] })
    await client.query('select 1')
    expect(heard.map((payload) => JSON.parse(payload) as unknown)).toEqual([
      { tenant: connection.tenantId, connection: connection.id, test: asked?.id },
    ])
  })

  test('ten times at once gives one test, and after its end another', async () => {
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => ask()))
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1)
    await client.query(
      'update connection_tests set finished_at = clock_timestamp(), ok = true where connection_id = $1',
      [connection.id],
    )
    expect(await ask()).not.toEqual(outcomes[0])
    expect(await latest()).toMatchObject({ finishedAt: null })
  })

  test('of a draft is as good as any', async () => {
    await client.query(`update connections set state = 'draft' where id = $1`, [connection.id])
    expect(await ask()).toMatchObject({ kind: 'asked' })
  })

  test('of another client’s connection finds nothing', async () => {
    await ask()
    const stranger = await seed.tenant(`t${Math.random().toString(36).slice(2)}`)
    expect(await ask(stranger)).toEqual({ kind: 'not_found' })
    expect(await latest(stranger)).toBeUndefined()
  })
})
