import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { FaultName, FaultRule } from '../../simulator/main.ts'
import { arrange, type Arrangement, type Client, type Stored } from './arrange.ts'
import { expectRecovery, syncUnder } from './under-fault.ts'

let all: Arrangement
let client: Client
beforeAll(async () => {
  all = await arrange()
  client = await all.connect()
  await client.sync()
})
afterEach(() => expectRecovery(all, client))
afterAll(() => all.close())

const first = async (table: string): Promise<Stored> => (await client.records(table))[0] ?? {}
const aside = async () => (await client.records('quarantine')).filter((row) => row.resolved_at === null)

describe('text of every kind is stored as it came', () => {
  test.each<[string, FaultName, string, Omit<FaultRule, 'fault'>?]>([
    ['E14: emoji', 'emoji', 'Zoë 👩‍👩‍👧 🏳️‍🌈 ☕️'],
    [
      'E15: a script, to be made harmless where it is shown',
      'script-text',
      '<img src=x onerror="alert(1)"><script>alert(2)</script>=1+1',
    ],
  ])('%s', async (_sentence, fault, text, rule) => {
    const { run } = await syncUnder(all, client, fault, rule)
    expect(run.status).toBe('success')
    expect((await first('contacts')).first_name).toBe(text)
  })

  test.each<[string, FaultName, string, string]>([
    ['E1: NUL', 'null-character', 'before\uFFFDafter', 'firstName: NUL replaced'],
    ['E2: half a character', 'lone-surrogate', 'half \uFFFD pair', 'firstName: broken character replaced'],
  ])(
    '%s, which Postgres refuses, becomes a replacement character and is noted',
    async (_sentence, fault, text, note) => {
      const { run } = await syncUnder(all, client, fault)
      expect(run.status).toBe('success')
      expect(await first('contacts')).toMatchObject({ first_name: text, repairs: note })
      expect((await client.sync()).run.error_detail).toBeNull()
    },
  )
})

describe('a record that cannot be read is set aside, and the others go on', () => {
  test.each<[string, FaultName, Stored, Omit<FaultRule, 'fault'>?]>([
    ['E7: nested 20,000 deep', 'deep-nesting', { path: 'nested', reason: 'nested more than 100 deep' }],
    ['E11: without an id', 'id-missing', { path: '', reason: 'it has no usable id', source_id: null }],
  ])('%s', async (_sentence, fault, entry, rule) => {
    const before = { stored: await client.everything(), fresh: await client.freshness() }
    const { run, streams } = await syncUnder(all, client, fault, rule)
    expect([run.status, streams.leads?.status, streams.leads?.error_code]).toEqual([
      'partial',
      'partial',
      'E_QUARANTINE',
    ])
    expect(streams.leads).toMatchObject({ quarantined: 1, retired: 0, fetched: 24 })
    expect(streams.leads?.error_public).toMatch(
      /^Some leads from ClientTether could not be read and were set aside\./,
    )
    expect(await aside()).toMatchObject([entry])
    expect(await client.everything()).toEqual(before.stored)
    expect(run.error_code).toBeNull()
  })

  test('D18: a documented field that vanished sets every record aside, and leaves what is stored', async () => {
    const before = await client.everything()
    const { run, streams } = await syncUnder(all, client, 'field-missing')
    expect(run.status).toBe('partial')
    expect(streams.leads).toMatchObject({ quarantined: 24, retired: 0 })
    expect(await aside()).toHaveLength(24)
    expect((await aside())[0]).toMatchObject({ path: 'last_modified_date', reason: 'the field is missing' })
    expect(await client.everything()).toEqual(before)
  })

  test('the same record is set aside once, however often it comes, and no more once it reads well', async () => {
    for (let run = 0; run < 3; run += 1) {
      const { streams } = await syncUnder(all, client, 'deep-nesting')
      expect(streams.leads).toMatchObject({ status: 'partial', quarantined: 1, updated: 0 })
    }
    expect(await aside()).toHaveLength(1)
    await client.sync()
    expect(await aside()).toEqual([])
  })
})

describe('a value that cannot be read leaves its column empty, and its record is there', () => {
  test.each<[string, FaultName, string, Stored, Omit<FaultRule, 'fault'>?]>([
    [
      'D21: an amount as in "1.234,56"',
      'strange-amount',
      'deal_size',
      { amount_minor: null, currency: null },
    ],
    ['E6: NaN', 'strange-amount', 'deal_size', { amount_minor: null }, { params: { value: 'NaN' } }],
    [
      'E6: Infinity',
      'strange-amount',
      'deal_size',
      { amount_minor: null },
      { params: { value: 'Infinity' } },
    ],
    ['E5: 1e400', 'strange-amount', 'deal_size', { amount_minor: null }, { params: { value: '1e400' } }],
    [
      'E5: more than a bigint holds',
      'strange-amount',
      'deal_size',
      { amount_minor: null },
      { params: { value: '99999999999999999999' } },
    ],
    [
      'E10: the year 1',
      'strange-date',
      'created',
      { source_created_at: null },
      { params: { value: '0001-01-01' } },
    ],
    [
      'E10: the year 275760',
      'strange-date',
      'created',
      { source_created_at: null },
      { params: { value: '275760-09-13' } },
    ],
    [
      'E10: 294277',
      'strange-date',
      'created',
      { source_created_at: null },
      { params: { value: '294277-01-01' } },
    ],
    [
      'E10: milliseconds',
      'strange-date',
      'created',
      { source_created_at: null },
      { params: { value: '1764000000000' } },
    ],
  ])('%s', async (_sentence, fault, path, row, rule) => {
    const { run, streams } = await syncUnder(all, client, fault, rule)
    expect([run.status, streams.leads?.error_code]).toEqual(['partial', 'E_QUARANTINE'])
    expect(await first('leads')).toMatchObject({ ...row, deleted_at: null })
    expect(await aside()).toMatchObject([{ path }])
    expect((await aside())[0]?.reason).toMatch(/^not an? (amount|date): "/)
  })

  test('E10: a zero date is no date, and no fault either', async () => {
    const { run } = await syncUnder(all, client, 'strange-date')
    expect(run.status).toBe('success')
    expect((await first('leads')).source_created_at).toBeNull()
  })

  test('E11: null is empty', async () => {
    const { run } = await syncUnder(all, client, 'field-null')
    expect(run.status).toBe('success')
    expect((await client.records('leads')).filter((row) => row.amount_minor !== null)).toEqual([])
  })
})

describe('keys of every kind are only keys', () => {
  test('E12: __proto__ is kept beside the other unknown fields and changes no object', async () => {
    const { run } = await syncUnder(all, client, 'proto-key')
    expect(run.status).toBe('success')
    expect(Object.entries((await first('leads')).custom as object)).toContainEqual([
      '__proto__',
      { isAdmin: true },
    ])
    expect('isAdmin' in {}).toBe(false)
  })

  test('D18: a field that we do not know is kept and named to the operator', async () => {
    const { run, streams } = await syncUnder(all, client, 'unknown-field')
    expect(run.status).toBe('success')
    expect(streams.leads?.unknown_fields).toContain('favourite_colour')
    expect((await first('leads')).custom).toMatchObject({ favourite_colour: 'teal' })
    // Fields that a mapping reads are known.
    expect((await first('opportunities')).custom).toHaveProperty('market')
    expect(streams.opportunities?.unknown_fields ?? []).not.toContain('market')
  })

  test('C16: of a key that is there twice the last one counts', async () => {
    const { run } = await syncUnder(all, client, 'duplicate-keys')
    expect(run.status).toBe('success')
    expect((await client.records('leads')).map((row) => row.source_id)).toContain('second')
  })

  test('E4: an id beyond what numbers can hold keeps its last digit', async () => {
    await syncUnder(all, client, 'number-id')
    expect((await client.records('leads')).map((row) => row.source_id)).toContain('9007199254740993')
  })
})

describe('names of stages and people that nothing stands behind', () => {
  const editWire = (wire: Stored | null) =>
    client.account.editPerson(client.account.truth().people[0]?.id ?? '', { wire })
  afterEach(() => editWire(null))

  test('D19: a stage that the CRM does not list is shown by its own name', async () => {
    editWire({ clients_sales_cycle: 'Waiting for the bank' })
    const { run } = await client.sync()
    expect(run.status).toBe('success')
    const lead = await first('leads')
    expect(lead.stage_name).toBe('Waiting for the bank')
    expect((await client.records('stages')).map((row) => row.id)).not.toContain(lead.stage_id)
  })

  test('D22: the owner of a record may be somebody whom the CRM does not list any more', async () => {
    editWire({ assigned_user: '{"first_name":"Gone","last_name":"Girl"}' })
    const { run } = await client.sync()
    expect(run.status).toBe('success')
    const lead = await first('leads')
    expect(lead.owner_id).not.toBeNull()
    expect((await client.records('owners')).map((row) => row.id)).not.toContain(lead.owner_id)
  })

  test.each<[string, Stored, number]>([
    // That is another record: the one with the short id has gone.
    ['E9: an id of 600 bytes', { client_id: 'é'.repeat(300) }, 1],
    ['E1: an id with NUL', { client_id: '12\u00003' }, 0],
    ['E2: an id with half a character', { client_id: '12\ud8003' }, 0],
  ])('%s sets its record aside', async (_sentence, wire, retired) => {
    editWire(wire)
    const { run, streams } = await client.sync()
    expect([run.status, streams.leads?.error_code]).toEqual(['partial', 'E_QUARANTINE'])
    expect(streams.leads).toMatchObject({ quarantined: 1, retired })
  })

  test('E12: a record of 10,000 fields is set aside', async () => {
    editWire(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field_${index}`, 'x'])))
    const { streams } = await client.sync()
    expect(streams.leads).toMatchObject({ status: 'partial', quarantined: 1 })
    expect(await aside()).toMatchObject([{ reason: 'it has more than 2000 fields' }])
  })
})

// Last, because the invariants read every page that was ever stored.
describe('what is large', () => {
  test('E8: a text of a megabyte is shortened in the row and whole in the snapshot', async () => {
    const { run } = await syncUnder(all, client, 'long-text')
    expect(run.status).toBe('success')
    const row = await first('contacts')
    expect(String(row.first_name)).toHaveLength(256 * 1_024)
    expect(row.repairs).toMatch(/firstName: shortened from 999999 characters/)
    const snapshots = await client.records('raw_snapshots')
    expect(Math.max(...snapshots.map((snapshot) => Number(snapshot.byte_length)))).toBeGreaterThan(1_000_000)
  })

  test('E8: a record of 30 MB does not stop the others', async () => {
    const { run, streams } = await syncUnder(all, client, 'huge-body', { nth: 2 })
    expect([run.status, streams.leads?.fetched]).toEqual(['success', 24])
  })
})
