import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Difference } from '../../worker/shadow.ts'
import { arrange, rosewood, type Arrangement, type Client } from './arrange.ts'
import { comparedColumns, copyOf, filledTables, otherThan, replay } from './replayed.ts'
import { expectSound } from './soundness.ts'

const small = { ...rosewood, people: 14 }
const harbour = { ...small, webKey: 'CT_harbour', accessToken: 'CANARY-TOKEN-harbour', seed: 11 }

let all: Arrangement
let client: Client
let neighbour: Client
let untouched: unknown

/** A history with everything in it: edits, deletions, a value that cannot be read, a record that cannot. */
beforeAll(async () => {
  all = await arrange([small, harbour])
  client = await all.connect(rosewood.webKey)
  neighbour = await all.connect(harbour.webKey)
  await neighbour.sync()
  await client.sync()
  const { account } = client
  const [first, second, third] = account.truth().deals
  account.editDeal(first?.id ?? '', { amountMinor: 12_345_600 })
  account.editDeal(second?.id ?? '', { wire: { deal_size: '90.000 EUR' } })
  account.editPerson(account.truth().people[0]?.id ?? '', {
    phone: '2125550100',
    wire: { favourite_colour: 'teal' },
  })
  account.addNote(account.truth().people[1]?.id ?? '', 'Call back after the tide')
  await client.sync()
  account.editDeal(third?.id ?? '', { wire: { created: ['not', 'text'] } })
  account.removeDeal(account.truth().deals.at(-1)?.id ?? '')
  await client.sync()
  account.removePerson(account.truth().people.at(-1)?.id ?? '')
  await client.sync({ acceptAbsence: true })
  account.editDeal(first?.id ?? '', { amountMinor: 23_456_700 })
  await client.sync()
  untouched = [await copyOf(neighbour), await neighbour.everything()]
})
afterAll(() => all.close())

const namesOf = (differences: Difference[]) =>
  differences.map(({ table, id, field }) => `${table} ${id} ${field}`).sort()

async function expectMended(before: unknown, applied: number): Promise<void> {
  const requests = all.simulator.ledger.count()
  const report = await replay(all, client, 'apply')
  expect(report.applied).toBe(applied)
  expect((await replay(all, client, 'verify')).differences).toEqual([])
  expect(await copyOf(client)).toEqual(before)
  expect(all.simulator.ledger.count()).toBe(requests)
  await expectSound(all.url)
}

const change = async (statement: string, ...values: unknown[]): Promise<number> =>
  (await all.db.query(statement, values)).rowCount ?? 0

/** Copies a living row under an id that the CRM never gave out. */
async function forge(table: string, changes: string): Promise<string> {
  const { rows } = await all.db.query<{ id: string }>(
    `insert into ${table} select (jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'source_id', 'nobody') || $2::jsonb)).*
     from ${table} t where connection_id = $1 and deleted_at is null limit 1 returning id`,
    [client.connectionId, changes],
  )
  return rows[0]?.id ?? ''
}

test('the history of these tests has tombstones, records set aside and former states in it', async () => {
  const { rows } = await all.db.query<{ table: string; count: number }>(
    `select 'gone' as table, count(*)::int from opportunities where deleted_at is not null
     union all select 'aside', count(*)::int from quarantine where resolved_at is null
     union all select 'versions', count(*)::int from opportunity_versions`,
  )
  expect(Object.fromEntries(rows.map(({ table, count }) => [table, count > 0]))).toEqual({
    gone: true,
    aside: true,
    versions: true,
  })
})

test('verifying finds that the stored records are what the snapshots say, asks the CRM nothing and writes nothing', async () => {
  const before = [await copyOf(client), await client.everything(), all.simulator.ledger.count()]
  const report = await replay(all, client, 'verify')
  expect(report).toMatchObject({ differences: [], applied: 0 })
  expect(report.records).toBeGreaterThan(80)
  expect(report.setAside).toBe(1)
  expect([await copyOf(client), await client.everything(), all.simulator.ledger.count()]).toEqual(before)
})

test('applying where nothing differs takes nothing over', async () => {
  const before = [await copyOf(client), await client.everything()]
  expect(await replay(all, client, 'apply')).toMatchObject({ differences: [], applied: 0 })
  expect([await copyOf(client), await client.everything()]).toEqual(before)
})

describe('a planted change', () => {
  test('of any column of any table is named with table, id and field, and mended', async () => {
    const before = await copyOf(client)
    const expected: string[] = []
    for (const table of filledTables) {
      const columns = comparedColumns(table)
      const id = String(before[table]?.[1]?.id)
      const planted = columns.map((column) => `${column.name} = ${otherThan(column)}`)
      await change(`update ${table} set ${planted.join(', ')} where id = $1`, id)
      expected.push(...columns.map(({ name }) => `${table} ${id} ${name}`))
    }
    const { differences } = await replay(all, client, 'verify')
    expect(namesOf(differences)).toEqual(expected.sort())
    await expectMended(before, filledTables.length)
  })

  test('from a value to none is named, and mended', async () => {
    const before = await copyOf(client)
    const id = before.leads?.[3]?.id
    await change(
      'update leads set stage_name = null, amount_minor = null, source_updated_at = null where id = $1',
      id,
    )
    const { differences } = await replay(all, client, 'verify')
    expect(namesOf(differences).map((name) => name.split(' ')[2])).toEqual(
      expect.arrayContaining(['source_updated_at', 'stage_name']),
    )
    await expectMended(before, 1)
  })

  test('that takes a row of any table away is named and mended', async () => {
    const before = await copyOf(client)
    const expected: Difference[] = []
    for (const table of filledTables) {
      const row = before[table]?.find((candidate) => candidate.deleted_at === null)
      const [id, sourceId] = [String(row?.id), String(row?.source_id)]
      await change(`delete from ${table} where id = $1`, id)
      expected.push({ table, id, sourceId, field: '(the row is missing from the copy)' })
    }
    const { differences } = await replay(all, client, 'verify')
    expect(differences).toHaveLength(expected.length)
    expect(differences).toEqual(expect.arrayContaining(expected))
    await expectMended(before, filledTables.length)
  })

  test('that moves a row to another connection is named and mended', async () => {
    const before = await copyOf(client)
    const moved = ['contacts', 'opportunities'].map((table) => ({
      table,
      id: String(before[table]?.[0]?.id),
    }))
    for (const { table, id } of moved)
      await change(`update ${table} set connection_id = $2 where id = $1`, id, neighbour.connectionId)
    const { differences } = await replay(all, client, 'verify')
    expect(namesOf(differences)).toEqual(
      moved.map(({ table, id }) => `${table} ${id} (the row is missing from the copy)`),
    )
    await expectMended(before, moved.length)
  })

  test('that adds a row which its own page does not hold is named, and the row buried', async () => {
    const before = await copyOf(client)
    const forged = await Promise.all(
      filledTables.map(async (table) => ({ table, id: await forge(table, '{}') })),
    )
    const { differences } = await replay(all, client, 'verify')
    expect(namesOf(differences)).toEqual(
      forged.map(({ table, id }) => `${table} ${id} (no snapshot holds this row)`).sort(),
    )
    expect((await replay(all, client, 'apply')).applied).toBe(forged.length)
    expect((await replay(all, client, 'verify')).differences).toEqual([])
    await expectSound(all.url)
    for (const { table, id } of forged)
      expect(await change(`delete from ${table} where id = $1 and deleted_because = 'absence'`, id)).toBe(1)
    await change(
      'delete from opportunity_versions where opportunity_id = any($1)',
      forged.map(({ id }) => id),
    )
    expect(await copyOf(client)).toEqual(before)
  })

  test('that adds a row of which the page is not kept is named, and left to a person', async () => {
    const forged = await forge('contacts', `{"snapshot_id": "00000000-0000-7000-8000-000000000000"}`)
    expect((await replay(all, client, 'apply')).applied).toBe(0)
    const { differences } = await replay(all, client, 'verify')
    expect(differences.map(({ id, field }) => [id, field])).toEqual([
      [forged, '(no snapshot holds this row)'],
    ])
    await change('delete from contacts where id = $1', forged)
  })

  test('that makes a tombstone from before a page that holds the record is named and mended', async () => {
    const before = await copyOf(client)
    const id = before.leads?.find((row) => row.deleted_at === null)?.id
    await change(`update leads set deleted_at = '2020-01-01', deleted_because = 'absence' where id = $1`, id)
    const { differences } = await replay(all, client, 'verify')
    expect(namesOf(differences)).toEqual([`leads ${String(id)} deleted_at`])
    await expectMended(before, 1)
  })
})

describe('applying', () => {
  const spoil = () =>
    change(
      `update opportunities set title = 'Spoilt', amount_minor = 1 where connection_id = $1 and deleted_at is null`,
      client.connectionId,
    )

  test('keeps the states that it replaces, from the moment they were learned to the moment of the replay', async () => {
    const before = await copyOf(client)
    const count = await spoil()
    const stored = new Map((await client.records('opportunities')).map((row) => [row.id, row]))
    await expectMended(before, count)
    const versions = await all.db.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(v) || jsonb_build_object('next', o.changed_at) as row from opportunity_versions v
       join opportunities o on o.tenant_id = v.tenant_id and o.id = v.opportunity_id where v.title = 'Spoilt'`,
    )
    expect(versions.rows).toHaveLength(count)
    for (const { row } of versions.rows) {
      expect(row).toMatchObject({
        title: 'Spoilt',
        amount_minor: 1,
        valid_from: stored.get(row.opportunity_id)?.changed_at,
      })
      expect(row.valid_to).toBe(row.next)
    }
  })

  test('takes over everything or nothing', async () => {
    const before = await copyOf(client)
    await change(`update owners set name = 'Spoilt' where connection_id = $1`, client.connectionId)
    await change(`update activities set subject = 'Spoilt' where connection_id = $1`, client.connectionId)
    const spoilt = await copyOf(client)
    await change(
      `create function refuse() returns trigger language plpgsql as $$ begin raise 'the disk is full'; end $$`,
    )
    await change('create trigger refuse before update on activities for each row execute function refuse()')
    await expect(replay(all, client, 'apply')).rejects.toThrow(/the disk is full/)
    expect(await copyOf(client)).toEqual(spoilt)
    await change('drop function refuse cascade')
    await expectMended(before, (before.owners?.length ?? 0) + (before.activities?.length ?? 0))
  })

  test('puts back a record that stands aside although it reads well, and lets it stand aside no longer', async () => {
    const before = await copyOf(client)
    const [lead] = await client.records('leads')
    const { rows } = await all.db.query<{ id: string }>(
      `insert into quarantine (tenant_id, id, connection_id, run_id, stream, snapshot_id, item_index, source_id, content_hash, reason, path, created_at)
       select tenant_id, gen_random_uuid(), connection_id, run_id, stream, id, 0, $2, '\\x00', 'a former rule could not read it', 'email', now()
       from raw_snapshots where id = $1 returning id`,
      [lead?.snapshot_id, lead?.source_id],
    )
    await change('delete from leads where id = $1', lead?.id)
    await replay(all, client, 'verify')
    const isAside = async () =>
      change('select from quarantine where id = $1 and resolved_at is null', rows[0]?.id)
    expect(await isAside()).toBe(1)
    await replay(all, client, 'apply')
    expect(await isAside()).toBe(0)
    await change('delete from quarantine where id = $1', rows[0]?.id)
    expect(await copyOf(client)).toEqual(before)
  })

  test('leaves the next sync nothing to do', async () => {
    const { run } = await client.sync()
    expect([run.created, run.updated, run.retired]).toEqual([0, 0, 0])
  })
})

test('not one row of another tenant was touched by any of this', async () => {
  expect([await copyOf(neighbour), await neighbour.everything()]).toEqual(untouched)
  expect((await replay(all, neighbour, 'verify')).differences).toEqual([])
})
