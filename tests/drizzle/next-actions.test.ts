import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect, sql, type Database } from '../../drizzle/db.ts'
import { connectAsWeb } from '../src/place.ts'
import { seedBuilder, type Connection, type Seed } from '../src/seed.ts'
import { forgetAnswers } from '../../worker/forget.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let testDatabase: TestDatabase
let client: pg.Client
let web: Database
let worker: Database
let seed: Seed
let connection: Connection
let id: string

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  client = new pg.Client({ connectionString: testDatabase.url })
  await client.connect()
  seed = seedBuilder(client)
  web = connectAsWeb(testDatabase.url)
  worker = connect({
    url: testDatabase.url,
    role: 'tidemark_worker',
    max: 4,
    statementTimeoutMs: 10_000,
    onError: () => undefined,
  })
  connection = await seed.connection(await seed.tenant('tidewell'))
})

afterAll(async () => {
  await Promise.all([web.close(), worker.close(), client.end()])
  await testDatabase.drop()
})

beforeEach(async () => {
  id = await seed.record('opportunities', connection, { status: 'open', title: 'Austin' })
})

type Row = Record<string, unknown>
const add = (row: Row, database = web) => {
  const whole = { tenant_id: connection.tenantId, opportunity_id: id, number: 1, how: 'planned', ...row }
  const names = sql.join(
    Object.keys(whole).map((name) => sql.identifier(name)),
    sql`, `,
  )
  const values = sql.join(
    Object.values(whole).map((value) => sql`${value}`),
    sql`, `,
  )
  return database.asTenant(connection.tenantId, (tx) =>
    tx.execute(sql`insert into next_actions (${names}) values (${values})`),
  )
}
const call = { due_at: '2026-11-23T15:00:00Z', details: 'Call about the lease' }
const change = (statement: string, database = worker) =>
  database.asTenant(connection.tenantId, (tx) => tx.execute(sql.raw(statement)))
const mirror = async (of = id) => {
  const { rows } = await client.query<Row>(
    'select next_action_at, next_action_details, version, own_outcome from opportunities where id = $1',
    [of],
  )
  return rows[0]
}
const refusal = (constraint: string) =>
  expect.objectContaining({ cause: expect.objectContaining({ constraint }) as Error }) as Error

describe('a row of next actions', () => {
  test('shows on its opportunity at once', async () => {
    await add(call)
    expect(await mirror()).toEqual({
      next_action_at: new Date(call.due_at),
      next_action_details: call.details,
      version: 1,
      own_outcome: null,
    })
    await add({ number: 2, how: 'completed', outcome: 'won' })
    expect(await mirror()).toEqual({
      next_action_at: null,
      next_action_details: null,
      version: 2,
      own_outcome: 'won',
    })
  })

  test.each([
    ['ends a step with neither a successor nor an outcome', {}],
    ['has both', { ...call, outcome: 'won' }],
    ['has a time and no words', { due_at: call.due_at }],
    ['has words and no time', { details: call.details }],
    ['has a time and an outcome', { due_at: call.due_at, outcome: 'lost' }],
  ])('that %s is refused', async (_, row) => {
    await add(call)
    await expect(add({ number: 2, how: 'completed', ...row })).rejects.toEqual(
      refusal('next_actions_step_or_outcome'),
    )
    expect(await mirror()).toMatchObject({ version: 1, next_action_details: call.details })
  })

  test.each([
    ['completes a step as if nothing had been planned', { how: 'completed', outcome: 'none' }],
    ['completes it in the name of the CRM', { how: 'completed', outcome: 'closed_in_crm' }],
    ['completes it as merged', { how: 'completed', outcome: 'merged' }],
    ['plans nothing', { how: 'planned', outcome: 'none' }],
    ['puts a step off to an outcome', { how: 'moved', outcome: 'lost' }],
    ['puts it off to nothing', { how: 'moved', outcome: 'none' }],
    ['takes over an outcome', { how: 'suggested', outcome: 'won' }],
    ['takes over nothing', { how: 'suggested', outcome: 'closed_in_crm' }],
  ])('that %s is refused', async (_, row) => {
    await add(call)
    await expect(add({ number: 2, ...row })).rejects.toEqual(refusal('next_actions_deed'))
    expect(await mirror()).toMatchObject({ version: 1, next_action_details: call.details })
  })

  test.each([
    ['plans an outcome', { how: 'planned', outcome: 'disqualified' }],
    ['ends with an outcome', { how: 'completed', outcome: 'won' }],
    ['takes back the first one', { how: 'undone', outcome: 'none' }],
  ])('that %s is taken', async (_, row) => {
    await add(call)
    await add({ number: 2, ...row })
    expect(await mirror()).toMatchObject({ version: 2, next_action_at: null })
  })

  test.each([
    ['closes it in the name of the CRM, where it is open', { how: 'closed', outcome: 'closed_in_crm' }],
    ['closes it with an outcome', { how: 'closed', outcome: 'won' }],
    ['merges it with nothing', { how: 'merged', outcome: 'merged' }],
    ['brings a step from nowhere', { ...call, how: 'merged' }],
    ['takes back what was planned, and ends it', { how: 'undone', outcome: 'won' }],
    ['takes it back to a step that was never planned', { ...call, how: 'undone', details: 'Another' }],
  ])('that %s is refused', async (_, row) => {
    await add(call)
    await expect(add({ number: 2, ...row })).rejects.toEqual(refusal('next_actions_deed_is_so'))
    expect(await mirror()).toMatchObject({ version: 1, next_action_details: call.details })
  })

  test('that takes back what was taken back, or what the CRM closed, is refused', async () => {
    await add(call)
    await add({ number: 2, how: 'undone', outcome: 'none' })
    await expect(add({ ...call, number: 3, how: 'undone' })).rejects.toEqual(
      refusal('next_actions_deed_is_so'),
    )
    await add({ ...call, number: 3 })
    await change(`update opportunities set status = 'won' where id = '${id}'`)
    await change(`update opportunities set status = 'open' where id = '${id}'`)
    await expect(add({ ...call, number: 5, how: 'undone' })).rejects.toEqual(
      refusal('next_actions_deed_is_so'),
    )
  })

  test('that does not follow the last one is refused: a second open step there cannot be', async () => {
    await add(call)
    for (const number of [1, 3])
      await expect(add({ ...call, number })).rejects.toEqual(refusal('next_actions_one_open'))
  })

  test('is refused for an opportunity that the CRM has closed, or that is not there', async () => {
    await change(`update opportunities set status = 'lost' where id = '${id}'`)
    await expect(add(call)).rejects.toEqual(refusal('next_actions_one_open'))
    await expect(add({ ...call, opportunity_id: connection.id })).rejects.toEqual(
      refusal('next_actions_one_open'),
    )
  })

  test('of two at the same moment is one, and the other refused', async () => {
    await add(call)
    const next = { ...call, number: 2, how: 'completed' }
    const done = await Promise.allSettled(
      [1, 2, 3, 4].map((nth) => add({ ...next, details: `Step of ${nth}` })),
    )
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await mirror()).toMatchObject({ version: 2 })
  })

  test('can be changed or deleted by nobody', async () => {
    await add(call)
    for (const database of [web, worker]) {
      await expect(change(`update next_actions set details = 'x'`, database)).rejects.toThrow()
      await expect(change(`delete from next_actions`, database)).rejects.toThrow()
    }
  })
})

describe('the next step on an opportunity', () => {
  test.each(['web', 'worker'])('cannot be written past next_actions by the %s', async (who) => {
    await add(call)
    for (const column of [
      `next_action_details = 'x'`,
      'version = 7',
      `own_outcome = 'won'`,
      'next_action_at = null',
    ])
      await expect(
        change(`update opportunities set ${column} where id = '${id}'`, who === 'web' ? web : worker),
      ).rejects.toEqual(refusal('opportunities_mirror'))
  })

  test.each([
    ['closes', `status = 'won'`],
    ['deletes', `deleted_at = now(), deleted_because = 'absence'`],
  ])('ends with a row of its own when the CRM %s it', async (_, what) => {
    await add(call)
    await change(`update opportunities set ${what} where id = '${id}'`)
    expect(await mirror()).toMatchObject({ next_action_at: null, version: 2 })
    const { rows } = await client.query(
      'select how, outcome from next_actions where opportunity_id = $1 and number = 2',
      [id],
    )
    expect(rows).toEqual([{ how: 'closed', outcome: 'closed_in_crm' }])
  })

  test('is none when the CRM opens the opportunity again, also where a person had said how it ended', async () => {
    await add({ outcome: 'won' })
    await change(`update opportunities set status = 'won' where id = '${id}'`)
    await change(`update opportunities set status = 'open' where id = '${id}'`)
    expect(await mirror()).toEqual({
      next_action_at: null,
      next_action_details: null,
      version: 2,
      own_outcome: null,
    })
  })

  test('stays as it is through every other change of the record', async () => {
    await add(call)
    await change(
      `update opportunities set title = 'Dallas', amount_minor = 5, content_hash = 'x', changed_at = now() where id = '${id}'`,
    )
    expect(await mirror()).toMatchObject({ version: 1, next_action_details: call.details })
  })
})

describe('two opportunities that the CRM makes one', () => {
  const sourceOf = async (of: string) => {
    const { rows } = await client.query<{ source_id: string }>(
      'select source_id from opportunities where id = $1',
      [of],
    )
    return rows[0]?.source_id ?? ''
  }
  const bury = () =>
    change(`update opportunities set deleted_at = now(), deleted_because = 'merge' where id = '${id}'`)
  const alias = async (survivor: string) =>
    change(`insert into record_aliases (tenant_id, connection_id, stream, alias_source_id, source_id, run_id, learned_at)
      values ('${connection.tenantId}', '${connection.id}', 'opportunities', '${await sourceOf(id)}', '${await sourceOf(survivor)}', '${connection.id}', now())`)

  test.each(['the alias', 'the tombstone'])('keep the step, whether %s is written first', async (first) => {
    const survivor = await seed.record('opportunities', connection, { status: 'open', title: 'Austin too' })
    await add(call)
    if (first === 'the alias') await alias(survivor)
    await bury()
    if (first !== 'the alias') await alias(survivor)
    expect(await mirror(survivor)).toMatchObject({
      next_action_at: new Date(call.due_at),
      next_action_details: call.details,
    })
    expect(await mirror()).toMatchObject({ next_action_at: null, version: 2 })
  })

  test('keep the one that the survivor had', async () => {
    const survivor = await seed.record('opportunities', connection, { status: 'open', title: 'Austin too' })
    await add(call)
    await add({ ...call, opportunity_id: survivor, details: 'Send the redline' })
    await bury()
    await alias(survivor)
    expect(await mirror(survivor)).toMatchObject({ next_action_details: 'Send the redline', version: 1 })
  })
})

describe('kept answers', () => {
  test('are forgotten once they have expired, and not before', async () => {
    const kept = {
      tenant_id: connection.tenantId,
      user_id: connection.id,
      route: '/x',
      request_hash: Buffer.alloc(32),
      status: 200,
      answer: '{}',
    }
    await seed.insert('answered_requests', { ...kept, key: 'old', expires_at: new Date(Date.now() - 1_000) })
    await seed.insert('answered_requests', { ...kept, key: 'new', expires_at: new Date(Date.now() + 60_000) })
    expect(await forgetAnswers(worker)).toBe(1)
    const left = await client.query('select key from answered_requests')
    expect(left.rows).toEqual([{ key: 'new' }])
  })
})
