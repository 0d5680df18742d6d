import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect } from '../../drizzle/db.ts'
import { isPassing } from '../../worker/patience.ts'
import { arrange, type Arrangement, type Client } from './arrange.ts'
import { startProxy } from './postgres-proxy.ts'

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange()
  client = await all.connect()
})
afterAll(() => all.close())

test.concurrent(
  'B7: a pool with no session free says so after five seconds, it does not wait for ever',
  async () => {
    const small = connect({
      url: all.url,
      role: 'tidemark_worker',
      max: 1,
      statementTimeoutMs: 10_000,
      onError: () => undefined,
    })
    const holding = small.asTenant(client.tenantId, () => sleep(12_000))
    const startedMs = performance.now()
    const failure = await small
      .asTenant(client.tenantId, () => Promise.resolve())
      .catch((error: unknown) => error)
    expect(isPassing(failure)).toBe(true)
    expect(performance.now() - startedMs).toBeLessThan(11_000)
    await holding
    await small.close()
  },
)

test.concurrent('B14: a connection that has gone silent is given up and not waited for', async () => {
  const proxy = await startProxy(all.url)
  const database = connect({
    url: proxy.url,
    role: 'tidemark_worker',
    max: 2,
    statementTimeoutMs: 300,
    onError: () => undefined,
  })
  await database.outsideTenants.query('select 1')
  proxy.fallSilent()
  const startedMs = performance.now()
  const failure = await database.outsideTenants.query('select 1').catch((error: unknown) => error)
  expect(isPassing(failure)).toBe(true)
  expect(performance.now() - startedMs).toBeLessThan(30_000)
  proxy.close()
  await database.close()
})
