import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { quickly } from '../support/quickly.ts'

const slots = 1_000
const processes = 4
let database: TestDatabase
let client: pg.Client

beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query(`
    insert into tenants (id, slug, name)
      select md5('tenant ' || n)::uuid, 'tenant-' || n, 'Tenant ' || n from generate_series(1, 50) n;
    insert into connections (tenant_id, id, connector, name, next_due_at)
      select md5('tenant ' || 1 + n % 50)::uuid, md5('connection ' || n)::uuid, 'clienttether', 'Connection ' || n,
        date_trunc('hour', now()) - (n % 3) * interval '1 hour'
      from generate_series(1, ${slots}) n`)
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

test(`${slots} slots that ${processes} worker processes claim at the same moment are each claimed exactly once`, async () => {
  const claimers = Array.from({ length: processes }, () =>
    fork(new URL('claimer.ts', import.meta.url), [database.url], { execArgv: quickly }),
  )
  await Promise.all(claimers.map((claimer) => once(claimer, 'message')))
  const claimed = await Promise.all(claimers.map(race))

  expect(claimed.every((own) => own.length > 0)).toBe(true)
  expect(claimed.flat()).toHaveLength(slots)
  expect(new Set(claimed.flat()).size).toBe(slots)
  const { rows } = await client.query<{ runs: number; connections: number; late: number }>(`
    select count(*)::int as runs, count(distinct connection_id)::int as connections,
      (select count(*)::int from connections where next_due_at <= now()) as late
    from sync_runs where status = 'queued' and trigger = 'schedule'`)
  expect(rows).toEqual([{ runs: slots, connections: slots, late: 0 }])
})

/** Lets one process off the line; resolves with the connections whose slots it claimed. */
async function race(claimer: ChildProcess): Promise<string[]> {
  const told = once(claimer, 'message') as Promise<[string[]]>
  claimer.send('go')
  const [connections] = await told
  return connections
}
