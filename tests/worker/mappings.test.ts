import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FieldMapping } from '../../drizzle/schema/field-mappings.ts'
import { replayTenant } from '../../worker/replay.ts'
import { applyMapping, waitingMappings, type MappingVersion } from '../../worker/mappings.ts'
import type { AccountOptions } from '../../simulator/main.ts'
import { arrange, type Arrangement, type Client, type Stored } from './arrange.ts'

const base: AccountOptions = {
  webKey: 'rosewood',
  accessToken: 'CANARY-TOKEN-rosewood',
  seed: 7,
  people: 24,
  changesPerDay: 0,
  notesPerPerson: 1,
  franchiseFields: true,
}
const oauth = { clientId: '3MVG9.mapping', clientSecret: 'CANARY-SECRET', refreshToken: 'CANARY-REFRESH' }
const nothing = { market: null, units: null, weightedFee: null, likely: null, custom: {} }

/** The CRMs, with what their deals call two fields of franchise developers. */
const crms = [
  { crm: 'clienttether', account: base, market: 'market', units: 'units' },
  { crm: 'hubspot', account: { ...base, crm: 'hubspot' }, market: 'market', units: 'units' },
  { crm: 'pipedrive', account: { ...base, crm: 'pipedrive' }, market: 'Market', units: 'Units' },
  {
    crm: 'salesforce',
    account: { ...base, crm: 'salesforce', accessToken: '', oauth },
    market: 'Market__c',
    units: 'Units__c',
  },
] as const

describe.each(crms)('the fields of $crm', ({ account, market, units }) => {
  let all: Arrangement
  let client: Client
  let before: Stored[]
  beforeAll(async () => {
    all = await arrange([account])
    client = await all.connect()
    await client.sync()
    before = await client.records('opportunities')
  })
  afterAll(() => all.close())

  let last = 0
  async function ask(mapping: FieldMapping): Promise<MappingVersion> {
    const version = (last += 1)
    const { tenantId, connectionId } = client
    await all.db.query(
      `insert into field_mappings (tenant_id, connection_id, version, mapping, made_by) values ($1, $2, $3, $4, 'Ana')`,
      [tenantId, connectionId, version, JSON.stringify(mapping)],
    )
    return { tenantId, connectionId, version }
  }
  const carryOut = (which: MappingVersion) =>
    applyMapping(
      {
        database: all.database,
        databaseUrl: all.url,
        log: all.worker.log,
        stopping: new AbortController().signal,
      },
      which,
    )
  const stateOf = async ({ version }: MappingVersion) =>
    (
      await all.db.query<Stored>(
        'select state, snapshots, snapshots_total, rows_taken, rows_kept from field_mappings where connection_id = $1 and version = $2',
        [client.connectionId, version],
      )
    ).rows[0]
  const restOfIt = async () => [
    await client.freshness(),
    await client.records('leads'),
    await client.records('notes'),
    (await all.db.query('select id from sync_runs')).rows,
  ]

  test('are read again from what is stored, as a sync would read them, without a call, and pages hear of it', async () => {
    expect(before.some((row) => row.market !== null && row.units !== null)).toBe(true)
    const [requests, rest] = [all.simulator.ledger.count(), await restOfIt()]
    const listener = await all.db.connect()
    const heard: unknown[] = []
    listener.on('notification', ({ payload = '' }) => heard.push(JSON.parse(payload)))
    await listener.query('listen tidemark_runs')

    const which = await ask({ ...nothing, units, custom: { Territory: market, Seats: units } })
    expect(await waitingMappings(all.database, 10)).toEqual([which])
    expect(await carryOut(which)).toBe(true)

    const after = await client.records('opportunities')
    for (const [at, row] of after.entries()) {
      const was = before[at]
      expect([row.market, row.units, row.weighted_fee_minor]).toEqual([null, was?.units, null])
      const custom = row.custom as Stored
      expect(custom.Territory ?? null).toBe(was?.market)
      expect(Number(custom.Seats ?? 0)).toBe(was?.units ?? 0)
    }
    expect(await stateOf(which)).toMatchObject({ state: 'applied', rows_taken: before.length, rows_kept: 0 })
    expect(await restOfIt()).toEqual(rest)
    expect(all.simulator.ledger.count()).toBe(requests)
    await listener.query('select 1')
    expect(heard).toEqual([expect.objectContaining({ tenant: client.tenantId, run: expect.any(String) })])
    listener.release(true)

    const { run } = await client.sync({ full: true })
    expect(run).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0 })
    const settings = (await client.connection()).settings as Stored
    const anew = await all.connect(undefined, settings)
    if (anew.account.grant) {
      anew.account.grant.consent('CANARY-REFRESH-anew')
      await anew.storeSecret('refreshToken', 'CANARY-REFRESH-anew')
    }
    expect((await anew.sync()).run.status).toBe('success')
    const read = ({ source_id, market, units, probability, custom, content_hash }: Stored) => [
      source_id,
      market,
      units,
      probability,
      custom,
      content_hash,
    ]
    expect((await anew.records('opportunities')).map(read)).toEqual(after.map(read))
  })

  test('have their values again after the way back, also of a field that was unmapped for a while', async () => {
    await client.sync({ full: true })
    const which = await ask({ ...nothing, market, units })
    expect(await carryOut(which)).toBe(true)
    const shown = (rows: Stored[]) => rows.map((row) => [row.source_id, row.market, row.units])
    expect(shown(await client.records('opportunities'))).toEqual(shown(before))
  })

  test('keep their old version whole when it ends in the middle, or somebody is reading the CRM', async () => {
    const rows = await client.records('opportunities')
    const { settings } = await client.connection()
    const which = await ask({ ...nothing, custom: { Territory: market } })
    const { database, url: databaseUrl } = all
    const crashing = replayTenant({
      database,
      databaseUrl,
      tenantId: client.tenantId,
      mode: 'apply',
      remapping: {
        connectionId: client.connectionId,
        settings: () => ({ ...(settings as Stored), fields: {} }),
        settle: () => Promise.reject(new Error('the worker died here')),
      },
    })
    await expect(crashing).rejects.toThrow('died here')
    const hold = `update connections set lease_owner = $2, lease_until = now() + $3::interval where id = $1`
    await all.db.query(hold, [client.connectionId, 'a run', '1 minute'])
    expect(await carryOut(which)).toBe(false)
    await all.db.query(hold, [client.connectionId, null, '-1 minute'])
    expect([await client.records('opportunities'), (await client.connection()).settings]).toEqual([
      rows,
      settings,
    ])
    expect(await stateOf(which)).toMatchObject({ state: 'waiting' })
    expect(await carryOut(which)).toBe(true)
  })
})

test('a deal whose stored answer was archived stays as it was read, and is counted; what does not fit is refused in words', async () => {
  const all = await arrange([base])
  const client = await all.connect()
  await client.sync()
  const before = await client.records('opportunities')
  await all.db.query(`delete from raw_snapshots where stream = 'opportunities'`)
  const { tenantId, connectionId } = client
  const state = async (version: number, mapping: object) => {
    await all.db.query(
      `insert into field_mappings (tenant_id, connection_id, version, mapping, made_by) values ($1, $2, $3, $4, 'Ana')`,
      [tenantId, connectionId, version, JSON.stringify(mapping)],
    )
    const { database, url: databaseUrl, worker } = all
    const options = { database, databaseUrl, log: worker.log, stopping: new AbortController().signal }
    await applyMapping(options, { tenantId, connectionId, version })
    const { rows } = await all.db.query<Stored>('select * from field_mappings where version = $1', [version])
    return rows[0]
  }
  expect(await state(1, nothing)).toMatchObject({ state: 'applied', rows_taken: 0, rows_kept: before.length })
  expect(await client.records('opportunities')).toEqual(before)
  expect(await state(2, { ...nothing, market: 5 })).toMatchObject({
    state: 'refused',
    refused_because: 'These fields do not fit the settings of the connection. The version before holds.',
  })
  await all.close()
})
