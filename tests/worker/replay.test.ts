import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Difference } from '../../worker/shadow.ts'
import { arrange, rosewood, type Arrangement, type Client } from './arrange.ts'
import { comparedColumns, copyOf, filledTables, otherThan, replay } from './replayed.ts'
import { expectSound } from './soundness.ts'

const harbour = { ...rosewood, webKey: 'CT_harbour', accessToken: 'CANARY-TOKEN-harbour', seed: 11 }

let all: Arrangement
let client: Client
let neighbour: Client
let untouched: unknown

/** A history with everything in it: edits, deletions, a value that cannot be read, a record that cannot. */
beforeAll(async () => {
  all = await arrange([rosewood, harbour])
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

test('the history of these tests has tombstones, records set aside and former states in it', async () => {
  const { rows } = await all.db.query<{ table: string; count: number }>(
    `select 'gone' as table, count(*)::int from opportunities where deleted_at is not null
     union all select 'aside', count(*)::int from quarantine where resolved_at is null
     union all select 'versions', count(*)::int from opportunity_versions`,
  )
  expect(Object.fromEntries(rows.map(({ table, count }) => [table, count > 1]))).toEqual({
    gone: true,
    aside: true,
    versions: true,
  })
})

test('verifying finds that the stored records are what the snapshots say, asks the CRM nothing and writes nothing', async () => {
  const before = [await copyOf(client), await client.everything(), all.simulator.ledger.count()]
  const report = await replay(all, client, 'verify')
  expect(report).toMatchObject({ differences: [], applied: 0 })
  expect(report.records).toBeGreaterThan(100)
  expect(report.setAside).toBe(1)
  expect([await copyOf(client), await client.everything(), all.simulator.ledger.count()]).toEqual(before)
})

test('applying where nothing differs takes nothing over', async () => {
  const before = [await copyOf(client), await client.everything()]
  expect(await replay(all, client, 'apply')).toMatchObject({ differences: [], applied: 0 })
  expect([await copyOf(client), await client.everything()]).toEqual(before)
})

describe('a planted change', () => {
  test.each(filledTables)(
    'of any column of %s is named with table, id and field, and mended',
    async (table) => {
      const before = await copyOf(client)
      const columns = comparedColumns(table)
      const [, row] = before[table] ?? []
      const planted = columns.map((column) => `${column.name} = ${otherThan(column)}`)
      await change(`update ${table} set ${planted.join(', ')} where id = $1`, row?.id)
      const { differences } = await replay(all, client, 'verify')
      expect(namesOf(differences)).toEqual(
        columns.map(({ name }) => `${table} ${String(row?.id)} ${name}`).sort(),
      )
      await expectMended(before, 1)
    },
  )

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

  test.each(filledTables)('a missing row of %s is named and put back', async (table) => {
    const before = await copyOf(client)
    const row = before[table]?.find((candidate) => candidate.deleted_at === null)
    await change(`delete from ${table} where id = $1`, row?.id)
    const { differences } = await replay(all, client, 'verify')
    expect(differences).toEqual([
      { table, id: row?.id, sourceId: row?.source_id, field: '(the row is missing from the copy)' },
    ])
    await expectMended(before, 1)
  })

  test('a row that was moved to another connection is named and brought back', async () => {
    const before = await copyOf(client)
    const id = before.contacts?.[0]?.id
    await change('update contacts set connection_id = $2 where id = $1', id, neighbour.connectionId)
    const { differences } = await replay(all, client, 'verify')
    expect(namesOf(differences)).toEqual([`contacts ${String(id)} (the row is missing from the copy)`])
    await expectMended(before, 1)
  })

  test('a row that no snapshot holds is named', async () => {
    const [{ id } = { id: '' }] = (
      await all.db.query<{ id: string }>(
        `insert into contacts select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'source_id', 'nobody'))).*
         from contacts c where connection_id = $1 and deleted_at is null limit 1 returning id`,
        [client.connectionId],
      )
    ).rows
    const { differences } = await replay(all, client, 'verify')
    expect(differences).toEqual([
      { table: 'contacts', id, sourceId: 'nobody', field: '(no snapshot holds this row)' },
    ])
    await change('delete from contacts where id = $1', id)
  })

  test('a tombstone older than a page that holds the record is named and taken away', async () => {
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

describe('a replay and a sync of the same connection', () => {
  test('the replay refuses, by the name of the connection, while the sync is under way', async () => {
    all.simulator.faults.add({ fault: 'slow-answer', account: rosewood.webKey, nth: 2, params: { ms: 400 } })
    const syncing = client.sync()
    await expect
      .poll(() =>
        change('select from connections where id = $1 and lease_owner is not null', client.connectionId),
      )
      .toBe(1)
    for (const mode of ['verify', 'apply'] as const)
      await expect(replay(all, client, mode)).rejects.toMatchObject({
        name: 'BusyError',
        message: /^Rosewood is being synced/,
      })
    expect((await syncing).run.verdict).toMatch(/nothing had changed|set aside/)
    all.simulator.faults.clear()
    expect((await replay(all, client, 'verify')).differences).toEqual([])
  })

  test('the sync waits while the replay is under way, and so does a second replay', async () => {
    const meanwhile: Promise<unknown>[] = []
    await replay(all, client, 'verify', () => {
      if (meanwhile.length === 0)
        meanwhile.push(
          client.sync().then(({ run }) => run.status),
          replay(all, client, 'verify').catch((error: Error) => error.name),
        )
    })
    expect(await Promise.all(meanwhile)).toEqual(['queued', 'BusyError'])
    expect(await client.connection()).toMatchObject({ lease_owner: null, lease_until: null })
    expect((await client.sync()).run.started_at).not.toBeNull()
  })

  test('a replay that lost the connection to somebody else takes nothing over', async () => {
    const before = await copyOf(client)
    await change(`update notes set body = 'Spoilt' where connection_id = $1`, client.connectionId)
    const spoilt = await copyOf(client)
    let stolen: Promise<unknown> | undefined
    const late = replay(all, client, 'apply', () => {
      stolen ??= change(
        `update connections set fence = fence + 1, lease_owner = 'another', lease_until = now() + interval '1 minute' where id = $1`,
        client.connectionId,
      )
    })
    await expect(late).rejects.toThrow(/lost|passed/)
    expect(await copyOf(client)).toEqual(spoilt)
    await change(
      'update connections set lease_owner = null, lease_until = null where id = $1',
      client.connectionId,
    )
    await expectMended(before, before.notes?.length ?? 0)
  })
})

test('not one row of another tenant was touched by any of this', async () => {
  expect([await copyOf(neighbour), await neighbour.everything()]).toEqual(untouched)
  expect((await replay(all, neighbour, 'verify')).differences).toEqual([])
})
