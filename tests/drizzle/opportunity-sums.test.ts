import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { statements } from '../invariants.ts'
import { startPlace } from '../src/place.ts'
import { minutesAgo } from '../src/seed.ts'

const place = await startPlace()
const { client, database, seed } = place

afterAll(() => place.close())

const recount = statements().find(({ name }) => name.startsWith('I13 sums'))?.statement ?? ''
const wrongSums = async () => (await client.query(recount)).rows

const [connectionA, connectionB, stageA, stageB] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
const state = fc.record({
  connection_id: fc.constantFrom(connectionA, connectionA, connectionB),
  status: fc.constantFrom('open', 'open', 'won', 'lost'),
  stage_id: fc.constantFrom(stageA, stageB, null),
  currency: fc.constantFrom('USD', 'EUR', null),
  probability: fc.constantFrom(null, null, 0, 0.25, 1),
  amount_minor: fc.option(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String), { freq: 4 }),
  deleted_at: fc.constantFrom(null, null, null, '2026-11-20T15:00:00Z'),
  title: fc.constantFrom('A', 'B'),
})
const ids = Array.from({ length: 12 }, () => randomUUID())
const some = fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: 8 })
const upsert = fc.record({
  how: fc.constant('upsert' as const),
  of: fc.uniqueArray(fc.tuple(fc.constantFrom(...ids), state), {
    selector: ([id]) => id,
    minLength: 1,
    maxLength: 10,
  }),
})
const deed = fc.oneof(
  { weight: 4, arbitrary: upsert },
  fc.record({ how: fc.constant('bury' as const), of: some }),
  fc.record({ how: fc.constant('rename' as const), of: some }),
  fc.record({ how: fc.constant('delete' as const), of: some }),
)
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never

/** As a load writes a page, a tombstone is set, a record changes in what is not counted, and somebody with all rights empties a table. */
async function perform(tenantId: string, { how, of }: Deed): Promise<void> {
  const these = 'tenant_id = $1 and id = any($2::uuid[])'
  if (how === 'bury')
    await client.query(`update opportunities set deleted_at = now() where ${these} and deleted_at is null`, [
      tenantId,
      of,
    ])
  else if (how === 'rename')
    await client.query(`update opportunities set title = title || '!' where ${these}`, [tenantId, of])
  else if (how === 'delete') await client.query(`delete from opportunities where ${these}`, [tenantId, of])
  else {
    const rows = of.map(([id, columns]) => ({
      ...columns,
      tenant_id: tenantId,
      id,
      source_id: id,
      content_hash: '\\x00',
      snapshot_id: id,
      changed_at: '2026-11-20T15:00:00Z',
      custom: {},
      version: 0,
    }))
    const updated = Object.keys(of[0]?.[1] ?? {}).map((name) => `${name} = excluded.${name}`)
    await client.query(
      `insert into opportunities select * from jsonb_populate_recordset(null::opportunities, $1)
       on conflict (tenant_id, id) do update set ${updated.join(', ')}`,
      [JSON.stringify(rows)],
    )
  }
}

test('after whatever is done to opportunities, or taken back, the sums that are kept equal a recount', async () => {
  let counted = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ deeds: fc.array(deed, { minLength: 1, maxLength: 4 }), isKept: fc.nat(4).map(Boolean) }),
        {
          minLength: 1,
          maxLength: 8,
        },
      ),
      async (transactions) => {
        const tenantId = await seed.tenant(`w-${randomUUID()}`)
        for (const { deeds, isKept } of transactions) {
          await client.query('begin')
          for (const one of deeds) await perform(tenantId, one)
          await client.query(isKept ? 'commit' : 'rollback')
          expect(await wrongSums()).toEqual([])
        }
        const { rows } = await client.query<{ count: number }>(
          'select coalesce(sum(count), 0)::int as count from opportunity_sums where tenant_id = $1',
          [tenantId],
        )
        counted += rows[0]?.count ?? 0
      },
    ),
    { numRuns: 60, endOnFailure: true },
  )
  expect(counted).toBeGreaterThan(60)
}, 60_000)

test('a sum that is wrong by one is found', async () => {
  const connection = await seed.connection(await seed.tenant('tidewell'))
  await seed.record('opportunities', connection, { status: 'open', amount_minor: 100 })
  await client.query('update opportunity_sums set count = count + 1 where tenant_id = $1', [
    connection.tenantId,
  ])
  expect(await wrongSums()).toHaveLength(2)
  await client.query('update opportunity_sums set count = count - 1 where tenant_id = $1', [
    connection.tenantId,
  ])
  expect(await wrongSums()).toEqual([])
})

test('a table that is emptied whole leaves no sum behind, and being taken back it leaves them as they were', async () => {
  const connection = await seed.connection(await seed.tenant('kettle'))
  await seed.record('opportunities', connection, { status: 'open', amount_minor: 100 })
  const count = async () =>
    (await client.query<{ n: number }>('select count(*)::int as n from opportunity_sums')).rows[0]?.n
  const before = await count()
  await client.query('begin; truncate opportunities')
  expect([await count(), await wrongSums()]).toEqual([0, []])
  await client.query('rollback')
  expect([await count(), await wrongSums()]).toEqual([before, []])
  await expect(
    database.asTenant(connection.tenantId, (tx) => tx.$client.query('truncate opportunities')),
  ).rejects.toThrow(/permission denied/)
})

test('a person who plans a next step needs no right to the sums, and cannot write them', async () => {
  const connection = await seed.connection(await seed.tenant('rosewood'))
  const id = await seed.record('opportunities', connection, { status: 'open', changed_at: minutesAgo(5) })
  const as = (statement: string) =>
    database.asTenant(connection.tenantId, (tx) => tx.$client.query(statement))
  await as(
    `insert into next_actions (tenant_id, opportunity_id, number, how, due_at, details)
     values ('${connection.tenantId}', '${id}', 1, 'planned', now(), 'Call')`,
  )
  expect(
    (await client.query('select from opportunities where id = $1 and next_action_at is not null', [id]))
      .rowCount,
  ).toBe(1)
  await expect(as('update opportunity_sums set count = 0')).rejects.toThrow(/permission denied/)
  expect(await wrongSums()).toEqual([])
})
