import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { AccountOptions } from '../../simulator/main.ts'
import { applyShadow, compareShadow, openShadow } from '../../worker/shadow.ts'
import { arrange, rosewood, type Arrangement, type Client, type Stored } from './arrange.ts'
import { copyOf, filledTables, replay } from './replayed.ts'
import { expectSound } from './soundness.ts'

const open: Arrangement[] = []
afterEach(async () => {
  for (const all of open.splice(0)) await all.close()
})

async function begin(
  options: Partial<AccountOptions> = {},
  settings: Stored = {},
): Promise<{ all: Arrangement; client: Client }> {
  const all = await arrange([{ ...rosewood, people: 6, ...options }])
  open.push(all)
  const client = await all.connect(undefined, settings)
  await client.sync()
  return { all, client }
}

const hour = 3_600_000

test('what could not be read is there after the rule is mended, and stands aside no longer', async () => {
  const { all, client } = await begin()
  const [deal] = client.account.truth().deals
  client.account.editDeal(deal?.id ?? '', { wire: { deal_size: '€90,000.50' } })
  expect((await client.sync()).run.status).toBe('partial')
  const stored = async () =>
    (await client.records('opportunities')).filter((row) => row.source_id === deal?.id)[0]
  expect(await stored()).toMatchObject({ amount_minor: null })

  await all.db.query(`update connections set settings = settings || '{"currency": "EUR"}' where id = $1`, [
    client.connectionId,
  ])
  const { differences } = await replay(all, client, 'verify')
  expect(differences).toContainEqual(
    expect.objectContaining({ table: 'opportunities', sourceId: deal?.id, field: 'amount_minor' }),
  )
  const aside = async () =>
    (await all.db.query('select path from quarantine where resolved_at is null')).rows as unknown
  expect(await aside()).toEqual([{ path: 'deal_size' }])

  const requests = all.simulator.ledger.count()
  await replay(all, client, 'apply')
  expect(await stored()).toMatchObject({ amount_minor: 9_000_050, currency: 'EUR' })
  expect(await aside()).toEqual([])
  expect((await replay(all, client, 'verify')).differences).toEqual([])
  expect(all.simulator.ledger.count()).toBe(requests)
  const { run } = await client.sync()
  expect([run.status, run.created, run.updated]).toEqual(['success', 0, 0])
  await expectSound(all.url)
})

test('the clocks of workers decide nothing: neither the order of pages nor the age of a tombstone', async () => {
  const { all, client } = await begin()
  const [first, second] = client.account.truth().deals
  client.account.editDeal(first?.id ?? '', { amountMinor: 11_111_100 })
  await client.sync()
  client.account.removeDeal(second?.id ?? '')
  client.account.editDeal(first?.id ?? '', { amountMinor: 22_222_200 })
  await client.sync()
  expect((await replay(all, client, 'verify')).differences).toEqual([])
  for (const shift of ['10 minutes', '-20 minutes']) {
    await all.db.query('update raw_snapshots set received_at = received_at + $1::interval', [shift])
    expect((await replay(all, client, 'verify')).differences, shift).toEqual([])
  }
  // As if each run had been the work of a machine whose clock goes slower than that of the one before.
  await all.db.query(
    `update raw_snapshots s set id = app.uuid_v7_floor(now() - place * interval '1 second')
     from (select id, row_number() over (order by id) as place from raw_snapshots) as p where p.id = s.id`,
  )
  expect((await replay(all, client, 'verify')).differences).toEqual([])
})

test.each([
  ['before', 0, 1],
  ['behind', 5, 2],
])(
  'of two rows under one id the same is taken by sync and replay, the newer %s the older',
  async (_, newer, older) => {
    const { all, client } = await begin({ people: 12 })
    all.simulator.advance(hour)
    const deals = client.account.truth().deals
    const [twin, original, bystander] = [deals[newer], deals[older], deals[7]].map((deal) => deal?.id ?? '')
    client.account.editDeal(twin ?? '', { wire: { opportunity_id: original }, amountMinor: 4_200 })
    for (const amountMinor of [5_600, 7_800]) {
      client.account.editDeal(bystander ?? '', { amountMinor })
      await client.sync()
      expect((await replay(all, client, 'verify')).differences).toEqual([])
      const taken = (await client.records('opportunities')).find((row) => row.source_id === original)
      expect(taken).toMatchObject({ amount_minor: 4_200 })
    }
    const { run } = await client.sync()
    expect([run.created, run.updated]).toEqual([0, 0])
  },
)

test('a record that a page marks as deleted but that stands alive is named and buried', async () => {
  const { all, client } = await begin()
  const { tenantId, connectionId } = client
  const lead = (await client.records('leads'))[2]
  const found = await all.database.asTenant(tenantId, async (tx) => {
    await openShadow(tx)
    for (const statement of [
      'insert into pg_temp.leads select * from public.leads',
      `update pg_temp.leads set deleted_at = changed_at, deleted_because = 'flag' where id = '${String(lead?.id)}'`,
    ])
      await tx.$client.query(statement)
    const before = await compareShadow(tx, tenantId, connectionId, 'leads', 10)
    const applied = await applyShadow(tx, tenantId, connectionId, 'leads', connectionId)
    return [before, applied, await compareShadow(tx, tenantId, connectionId, 'leads', 10)]
  })
  expect(found).toEqual([
    [{ table: 'leads', id: lead?.id, sourceId: lead?.source_id, field: 'deleted_at' }],
    1,
    [],
  ])
  const [buried] = (await client.records('leads')).filter((row) => row.deleted_because !== null)
  expect(buried).toMatchObject({ id: lead?.id, deleted_because: 'flag', deleted_at: lead?.changed_at })
})

test('no more differences are named than a person can read, and all of them are mended', async () => {
  const { all, client } = await begin({ people: 20, deals: 1_100, notesPerPerson: 0 }, { pageSize: 100 })
  await all.db.query(`update opportunities set title = 'Spoilt'`)
  expect((await replay(all, client, 'verify')).differences).toHaveLength(1_000)
  expect((await replay(all, client, 'apply')).applied).toBe(1_100)
  expect((await replay(all, client, 'verify')).differences).toEqual([])
})

const values = fc.constantFrom(
  '€1',
  '$90,000',
  '1.234,56',
  '',
  '12',
  'NaN',
  'half \ud800 pair',
  'Zoë 👩‍👩‍👧',
  'a\0b',
)
const deeds = fc.array(
  fc.record({
    hours: fc.integer({ min: 0, max: 30 }),
    deed: fc.constantFrom(
      'nothing',
      'deal',
      'person',
      'note',
      'merge',
      'remove',
      'wire',
      'refused',
      'healed',
    ),
    at: fc.nat(),
    value: values,
    full: fc.boolean(),
  }),
  { minLength: 2, maxLength: 5 },
)

test('whatever happens in a world, reading its pages again gives what syncing gave', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 10_000 }), deeds, async (seed, happenings) => {
      const { all, client } = await begin({ seed, people: 9, changesPerDay: 30, notesPerPerson: 1 })
      for (const { hours, full, ...happening } of happenings) {
        all.simulator.advance(hours * hour)
        happen(client, happening)
        await client.sync({ full, acceptAbsence: true })
      }
      const synced = await copyOf(client)
      expect((await replay(all, client, 'verify')).differences).toEqual([])
      await expectSound(all.url)
      await rebuild(all, client)
      const rebuilt = await copyOf(client)
      for (const table of filledTables) {
        const gone = new Set(synced[table]?.filter((row) => row.deleted_at !== null).map((row) => row.id))
        expect(
          rebuilt[table]?.filter((row) => !gone.has(row.id)),
          table,
        ).toEqual(synced[table]?.filter((row) => row.deleted_at === null))
      }
      await all.close()
      open.splice(open.indexOf(all), 1)
    }),
    { numRuns: 4 },
  )
})

function happen(client: Client, { deed, at, value }: { deed: string; at: number; value: string }): void {
  const { account } = client
  const { people, deals } = account.truth()
  const person = people[at % people.length]?.id ?? ''
  const other = people[(at + 1) % people.length]?.id ?? ''
  const deal = deals[at % deals.length]?.id ?? ''
  if (deed === 'deal') account.editDeal(deal, { amountMinor: at % 100_000_000 })
  if (deed === 'person') account.editPerson(person, { company: `Company ${at}` })
  if (deed === 'note') account.addNote(person, `Note ${at}`)
  if (deed === 'merge' && person !== other) account.mergePeople(person, other)
  if (deed === 'remove') account.removePerson(person)
  if (deed === 'wire') account.editDeal(deal, { wire: { deal_size: value, units: value, market: value } })
  if (deed === 'refused') account.editPerson(person, { wire: { email: [value] } })
  if (deed === 'healed') for (const { id } of deals) account.editDeal(id, { wire: null })
}

/** Every record is lost; the pages are all that is left. */
async function rebuild(all: Arrangement, client: Client): Promise<void> {
  for (const table of [...filledTables, 'opportunity_versions']) await all.db.query(`delete from ${table}`)
  const requests = all.simulator.ledger.count()
  await replay(all, client, 'apply')
  expect((await replay(all, client, 'verify')).differences).toEqual([])
  expect(all.simulator.ledger.count()).toBe(requests)
}
