import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../drizzle/db.ts'
import { clientTether } from '../../worker/connectors/clienttether.ts'
import { createFetcher } from '../../worker/fetcher.ts'
import { connectWorker } from '../../worker/run-now.ts'
import { createRateLimit, type RateLimit } from '../../worker/rate-limit.ts'
import { arrange, type Arrangement, type Client } from './arrange.ts'

let all: Arrangement
let pools: [Database, Database]
beforeAll(async () => {
  all = await arrange()
  pools = [connectWorker(all.worker), connectWorker(all.worker)]
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()))
  await all.close()
})

const never = new AbortController().signal
const day = { zone: 'UTC', used: 0, hear: () => undefined }
const limitOf = (client: Client, pool: Database, limit: RateLimit) =>
  createRateLimit(pool, client.tenantId, client.connectionId, limit, never, day)

/** How long it takes to get so many turns, one after the other. */
async function msFor(turns: number, turn: () => Promise<void>): Promise<number> {
  const startedMs = performance.now()
  for (let taken = 0; taken < turns; taken += 1) await turn()
  return performance.now() - startedMs
}

test('a burst is free, and every call beyond it waits for its token', async () => {
  const { turn } = limitOf(await all.connect(), pools[0], { requestsPerSecond: 4, burst: 10 })
  const free = await msFor(10, turn)
  expect(free).toBeLessThan(1_500)
  const together = free + (await msFor(8, turn))
  expect(together).toBeGreaterThan((8 / 4) * 1000 - 100)
  expect(together).toBeLessThan(10_000)
})

test('two workers together call a CRM as often as one may', async () => {
  const client = await all.connect()
  const limit = { requestsPerSecond: 20, burst: 5 }
  const fetchers = pools.map((pool) =>
    createFetcher({
      connector: clientTether,
      baseUrl: all.simulator.baseUrl,
      secrets: { accessToken: client.account.accessToken, webKey: client.account.webKey },
      allowPrivateHosts: true,
      stopping: never,
      ...limitOf(client, pool, limit),
    }),
  )
  all.simulator.ledger.clear()
  const startedMs = performance.now()
  const ask = () =>
    Promise.all(
      fetchers.map((fetcher) => fetcher.ask({ method: 'GET', path: 'read_sales_cycle_list' }, 'stages')),
    )
  for (let round = 0; round < 15; round += 1) await ask()
  const seconds = (performance.now() - startedMs) / 1_000
  expect(all.simulator.ledger.count('read_sales_cycle_list')).toBe(30)
  // Each worker reserves a quarter of a second's worth at once.
  expect(all.simulator.ledger.peakPerSecond(client.account.webKey)).toBeLessThanOrEqual(20 + 5 + 2 * 5)
  expect(seconds).toBeGreaterThanOrEqual((30 - 5 - 2 * 5) / 20)
  await Promise.all(fetchers.map((fetcher) => fetcher.close()))
})

test('silence that the CRM asked one worker for is kept by all of them', async () => {
  const client = await all.connect()
  const limits = pools.map((pool) => limitOf(client, pool, { requestsPerSecond: 4, burst: 8 }))
  await limits[0]?.turn()
  const startedMs = performance.now()
  await limits[0]?.quiet(600)
  await Promise.race(limits.map((limit) => limit.turn()))
  expect(performance.now() - startedMs).toBeGreaterThan(590)
})

test('silence of one connection is not that of another', async () => {
  const [loud, quiet] = [await all.connect(), await all.connect()]
  const limits = [loud, quiet].map((client) =>
    limitOf(client, pools[0], { requestsPerSecond: 10, burst: 10 }),
  )
  await limits[1]?.turn()
  await limits[1]?.quiet(60_000)
  expect(await msFor(3, limits[0]?.turn ?? (async () => {}))).toBeLessThan(30_000)
})

test('a worker that stops waits no longer', async () => {
  const client = await all.connect()
  const stopping = new AbortController()
  const limit = createRateLimit(
    pools[0],
    client.tenantId,
    client.connectionId,
    { requestsPerSecond: 0.01, burst: 1 },
    stopping.signal,
    day,
  )
  await limit.turn()
  setTimeout(() => stopping.abort(), 50)
  await expect(limit.turn()).rejects.toThrow(/abort/i)
})
