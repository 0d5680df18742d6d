import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readVersion } from '../../../src/queries/version.ts'
import { seedTidewell, type Connection } from '../seed.ts'
import { startPlace } from '../place.ts'

const place = await startPlace()
const { client, database, seed } = place
let connection: Connection
let deal: string

beforeAll(async () => {
  ;({ connection } = await seedTidewell(seed))
  deal = await seed.record('opportunities', connection, { title: 'Austin', status: 'open' })
  await seed.insert('crm_writes', {
    tenant_id: connection.tenantId,
    connection_id: connection.id,
    opportunity_id: deal,
    number: 1,
    payload: { outcome: 'won', reason: null },
  })
})

afterAll(() => place.close())

const version = () => database.asTenant(connection.tenantId, (tx) => readVersion(tx, true))
const watched = () => database.asWatcher(connection.tenantId, (tx) => readVersion(tx, false))

const plan = (number: number, dueAt: string) =>
  client.query(
    `insert into next_actions (tenant_id, opportunity_id, number, how, due_at, details)
     values ($1, $2, $3, 'planned', ${dueAt}, 'Call')`,
    [connection.tenantId, deal, number],
  )

/** What changes what pages show, each by the one statement that the program does it with. */
const causes: Record<string, () => Promise<unknown>> = {
  'a run has ended': () => seed.run(connection, { queued_at: new Date() }),
  'a replay has measured what it changed': () =>
    seed.insert('pipeline_stage_counts', {
      tenant_id: connection.tenantId,
      connection_id: connection.id,
      id: randomUUID(),
      run_id: randomUUID(),
      as_of: new Date(),
      stage_name: '',
      status: 'open',
      count: 0,
      amount_minor: 0,
    }),
  'a connection is paused': () =>
    client.query(`update connections set state = 'paused', state_reason = 'x' where id = $1`, [
      connection.id,
    ]),
  'somebody has planned a step': () => plan(1, `now() + interval '1 day'`),
  'what was decided waits for its CRM': () =>
    client.query(`update crm_writes set waits_because = 'It is busy' where opportunity_id = $1`, [deal]),
  'what was decided has reached its CRM': () =>
    client.query(`update crm_writes set state = 'sent' where opportunity_id = $1`, [deal]),
  'what was decided is refused': () =>
    client.query(`update crm_writes set state = 'refused', refused_because = 'x' where opportunity_id = $1`, [
      deal,
    ]),
}

test.each(Object.keys(causes))('is another one once %s', async (cause) => {
  const before = await version()
  expect(await version()).toBe(before)
  await causes[cause]?.()
  expect(await version()).not.toBe(before)
})

test('stays while a run is under way, and whatever another client does', async () => {
  const before = await version()
  await seed.run(connection, { status: 'running', finished_at: null, queued_at: new Date() })
  const other = await seedTidewell(seed, { slug: 'kettle', name: 'Kettle Street' })
  await seed.run(other.connection, { queued_at: new Date() })
  expect(await version()).toBe(before)
})

test('tells an operator, who reads no records, of the sync', async () => {
  const before = await watched()
  await plan(2, `now() + interval '2 days'`)
  expect(await watched()).toBe(before)
  await client.query(`update connections set state = 'active' where id = $1`, [connection.id])
  expect(await watched()).not.toBe(before)
})
