import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { statements } from '../invariants.ts'
import { startPlace } from '../src/place.ts'
import { minutesAgo } from '../src/seed.ts'

const place = await startPlace()
const { client, database, seed } = place

afterAll(() => place.close())

const recount = statements()
  .filter(({ name }) => name.startsWith('I13 sums'))
  .map(({ statement }) => statement)
const wrongSums = async () => {
  const found = []
  for (const statement of recount) found.push(...(await client.query(statement)).rows)
  return found
}

const [connectionA, connectionB, stageA, stageB] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
const anyRecord = {
  connection_id: fc.constantFrom(connectionA, connectionA, connectionB),
  stage_id: fc.constantFrom(stageA, stageB, null),
  deleted_at: fc.constantFrom(null, null, null, '2026-11-20T15:00:00Z'),
}
const kinds = [
  {
    table: 'opportunities',
    sums: 'opportunity_sums',
    /** A column that no sum is made of. */
    beside: 'title',
    record: { title: 'Austin', status: 'open', amount_minor: 100 },
    state: fc.record({
      ...anyRecord,
      status: fc.constantFrom('open', 'open', 'won', 'lost'),
      currency: fc.constantFrom('USD', 'EUR', null),
      probability: fc.constantFrom(null, null, 0, 0.25, 1),
      amount_minor: fc.option(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String), { freq: 4 }),
      title: fc.constantFrom('A', 'B'),
    }) as fc.Arbitrary<Record<string, unknown>>,
  },
  {
    table: 'leads',
    sums: 'lead_sums',
    beside: 'name',
    record: { name: 'Austin', is_prospect: true, source: 'Web' },
    state: fc.record({
      ...anyRecord,
      is_prospect: fc.boolean(),
      // Words that would be one if they were only put side by side, and longer ones than an index takes.
      source: fc.constantFrom(null, '', 'Web', 'W', `["Web",null]`, 'long '.repeat(2_000)),
      stage_name: fc.constantFrom(null, '', 'New', 'ebNew'),
      name: fc.constantFrom('A', 'B'),
    }) as fc.Arbitrary<Record<string, unknown>>,
  },
]
const ids = Array.from({ length: 12 }, () => randomUUID())
const some = fc.uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: 8 })
const deedOn = (state: fc.Arbitrary<Record<string, unknown>>) =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        how: fc.constant('upsert' as const),
        of: fc.uniqueArray(fc.tuple(fc.constantFrom(...ids), state), {
          selector: ([id]) => id,
          minLength: 1,
          maxLength: 10,
        }),
      }),
    },
    fc.record({ how: fc.constant('bury' as const), of: some }),
    fc.record({ how: fc.constant('rename' as const), of: some }),
    fc.record({ how: fc.constant('delete' as const), of: some }),
    fc.record({ how: fc.constant('empty' as const), of: fc.constant([]) }),
  )
type Deed = ReturnType<typeof deedOn> extends fc.Arbitrary<infer T> ? T : never
type Kind = (typeof kinds)[number]

/** As a load writes a page, a tombstone is set, a record changes in what is not counted, and somebody with all rights deletes rows or empties the table. */
async function perform({ table, beside }: Kind, tenantId: string, { how, of }: Deed): Promise<void> {
  const these = 'tenant_id = $1 and id = any($2::uuid[])'
  if (how === 'bury')
    await client.query(`update ${table} set deleted_at = now() where ${these} and deleted_at is null`, [
      tenantId,
      of,
    ])
  else if (how === 'rename')
    await client.query(`update ${table} set ${beside} = ${beside} || '!' where ${these}`, [tenantId, of])
  else if (how === 'delete') await client.query(`delete from ${table} where ${these}`, [tenantId, of])
  else if (how === 'empty') await client.query(`truncate ${table}`)
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
      `insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1)
       on conflict (tenant_id, id) do update set ${updated.join(', ')}`,
      [JSON.stringify(rows)],
    )
  }
}

describe.each(kinds)('what is kept of $table', (kind) => {
  const { table, sums, record, state } = kind

  test('equals a recount after whatever is done to them, or taken back', async () => {
    let counted = 0
    const deeds = fc.array(deedOn(state), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ deeds, isKept: fc.nat(4).map(Boolean) }), { minLength: 1, maxLength: 8 }),
        async (transactions) => {
          const tenantId = await seed.tenant(`w-${randomUUID()}`)
          for (const { deeds: of, isKept } of transactions) {
            await client.query('begin')
            for (const one of of) await perform(kind, tenantId, one)
            await client.query(isKept ? 'commit' : 'rollback')
            expect(await wrongSums()).toEqual([])
          }
          const { rows } = await client.query<{ count: number }>(
            `select coalesce(sum(count), 0)::int as count from ${sums} where tenant_id = $1`,
            [tenantId],
          )
          counted += rows[0]?.count ?? 0
        },
      ),
      { numRuns: 50, endOnFailure: true },
    )
    expect(counted).toBeGreaterThan(50)
  })

  test('is found when it is wrong by one, and is not the pages’ to write', async () => {
    const connection = await seed.connection(await seed.tenant(`tidewell-${table}`))
    await seed.record(table, connection, record)
    const add = (number: number) =>
      client.query(`update ${sums} set count = count + ${number} where tenant_id = $1`, [connection.tenantId])
    await add(1)
    expect(await wrongSums()).toHaveLength(2)
    await add(-1)
    expect(await wrongSums()).toEqual([])
    await expect(
      database.asTenant(connection.tenantId, (tx) => tx.$client.query(`update ${sums} set count = 0`)),
    ).rejects.toThrow(/permission denied/)
  })

  test('goes when the whole table is emptied, is there again when that is taken back, and neither is the pages’ to do', async () => {
    const connection = await seed.connection(await seed.tenant(`kettle-${table}`))
    await seed.record(table, connection, record)
    const count = async () =>
      (await client.query<{ n: number }>(`select count(*)::int as n from ${sums}`)).rows[0]?.n
    const before = await count()
    await client.query(`begin; truncate ${table}`)
    expect([await count(), await wrongSums()]).toEqual([0, []])
    await client.query('rollback')
    expect([await count(), await wrongSums()]).toEqual([before, []])
    await expect(
      database.asTenant(connection.tenantId, (tx) => tx.$client.query(`truncate ${table}`)),
    ).rejects.toThrow(/permission denied/)
  })
})

test('two who move leads past each other wait for one another in turn, and never both', async () => {
  const connection = await seed.connection(await seed.tenant('crossing'))
  const [first = '', between = '', last = ''] = [randomUUID(), randomUUID(), randomUUID()].toSorted()
  const leadIn = (stage: string | null) =>
    seed.record('leads', connection, { stage_id: stage, is_prospect: true })
  const [up, aside, down] = [await leadIn(first), await leadIn(null), await leadIn(last)]
  await leadIn(between)
  const [one, other] = [new pg.Client(place.databaseUrl), new pg.Client(place.databaseUrl)]
  await Promise.all([one.connect(), other.connect()])
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  const areWaiting = async () => (await client.query(waiting)).rowCount
  await client.query('begin')
  await client.query('select from lead_sums where stage_id = $1 for update', [between])
  const upwards = one.query(
    'update leads set stage_id = case id when $1 then $2::uuid else $3 end where id in ($1, $4)',
    [up, last, between, aside],
  )
  await expect.poll(areWaiting).toBe(1)
  const downwards = other.query('update leads set stage_id = $2 where id = $1', [down, first])
  await expect.poll(areWaiting).toBe(2)
  await client.query('commit')
  await Promise.all([upwards, downwards])
  expect(await wrongSums()).toEqual([])
  await Promise.all([one.end(), other.end()])
})

test('a person who plans a next step needs no right to the sums', async () => {
  const connection = await seed.connection(await seed.tenant('rosewood'))
  const id = await seed.record('opportunities', connection, { status: 'open', changed_at: minutesAgo(5) })
  await database.asTenant(connection.tenantId, (tx) =>
    tx.$client.query(
      `insert into next_actions (tenant_id, opportunity_id, number, how, due_at, details)
       values ('${connection.tenantId}', '${id}', 1, 'planned', now(), 'Call')`,
    ),
  )
  expect(
    (await client.query('select from opportunities where id = $1 and next_action_at is not null', [id]))
      .rowCount,
  ).toBe(1)
  expect(await wrongSums()).toEqual([])
})
