import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../../../drizzle/db.ts'
import { readOverview, type Overview } from '../../../src/queries/overview.ts'
import { readSyncStatus } from '../../../src/queries/sync-status.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { connectAsWeb } from '../app.ts'
import { minutesAgo, seedBuilder, seedTidewell, type Connection, type Seed } from '../seed.ts'

let testDatabase: TestDatabase
let client: pg.Client
let database: Database
let seed: Seed
let tidewell: Awaited<ReturnType<typeof seedTidewell>>

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  client = new pg.Client({ connectionString: testDatabase.url })
  await client.connect()
  database = connectAsWeb(testDatabase.url)
  seed = seedBuilder(client)
  tidewell = await seedTidewell(seed)
  await seedTidewell(seed, { slug: 'kettle', name: 'Kettle Street' })
})

afterAll(async () => {
  await database.close()
  await client.end()
  await testDatabase.drop()
})

function overviewOf(tenantId: string, timeZone = 'America/Chicago'): Promise<Overview> {
  const workspace = {
    id: tenantId,
    slug: 'x',
    name: 'x',
    timeZone,
    currency: 'USD',
    requiresSecondFactor: false,
  }
  return database.asTenant(tenantId, async (tx) => readOverview(tx, workspace, await readSyncStatus(tx)))
}

async function one(statement: string): Promise<number> {
  const { rows } = await client.query<{ n: string }>(statement, [tidewell.tenantId])
  return Number(rows[0]?.n)
}

test('every figure equals hand-written SQL over the rows of this client, and holds no row of the other', async () => {
  const { openOpportunities, prospects, newLeads, activities, notes } = await overviewOf(tidewell.tenantId)
  const midnight = `date_trunc('day', now(), 'America/Chicago')`
  expect(openOpportunities.value?.count).toBe(
    await one(
      `select count(*) n from opportunities where tenant_id = $1 and status = 'open' and deleted_at is null`,
    ),
  )
  expect(prospects.value).toBe(
    await one(`select count(*) n from leads l where tenant_id = $1 and is_prospect and deleted_at is null
      and stage_id in (select id from stages where tenant_id = $1 and is_active)`),
  )
  expect(newLeads.value).toBe(
    await one(`select count(*) n from leads where tenant_id = $1 and deleted_at is null
      and source_created_at >= ${midnight} - interval '6 days'`),
  )
  expect(activities.value?.overdue).toBe(
    await one(
      `select count(*) n from activities where tenant_id = $1 and not is_done and due_at < ${midnight}`,
    ),
  )
  expect(notes.value).toBe(
    await one(`select count(*) n from notes where tenant_id = $1 and noted_at > now() - interval '6 days'`),
  )
  expect([openOpportunities.value?.count, prospects.value, activities.value]).toEqual([
    4,
    2,
    { overdue: 1, next: 1 },
  ])
})

test('sums stand per currency and are exact to the cent', async () => {
  const { openOpportunities } = await overviewOf(tidewell.tenantId)
  expect(openOpportunities.value).toMatchObject({
    withoutAmount: 1,
    totals: [
      { currency: 'USD', amountMinor: 18_525_050n },
      { currency: 'CAD', amountMinor: 9_999_999n },
    ],
  })
})

test('the day begins at the workspace’s midnight', async () => {
  const tenantId = await seed.tenant('midnight')
  for (const zone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'America/Chicago', 'UTC']) {
    const { weekStart } = await overviewOf(tenantId, zone)
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' }).format(weekStart)
    expect(clock, zone).toBe('00:00:00')
  }
})

test('a figure whose stream never came to its end is null, and names whom it waits for', async () => {
  const tenantId = await seed.tenant('half')
  const connection = await seed.connection(tenantId)
  await seed.cursor(connection, 'leads', minutesAgo(10))
  await seed.cursor(connection, 'stages', null)
  await addLead(connection)
  const { newLeads, prospects } = await overviewOf(tenantId)
  expect(newLeads.value).toBe(1)
  expect(prospects).toEqual({
    value: null,
    basis: { connectionIds: [], asOf: null, waitingFor: ['ClientTether'] },
  })
})

test('rows of a connection that is still on its first pass are not counted', async () => {
  const tenantId = await seed.tenant('second')
  const done = await seed.connection(tenantId)
  const loading = await seed.connection(tenantId, { name: 'HubSpot' })
  await seed.cursor(done, 'leads', minutesAgo(10))
  await seed.cursor(loading, 'leads', null)
  await addLead(done)
  await addLead(loading)
  const { newLeads } = await overviewOf(tenantId)
  expect(newLeads.value).toBe(1)
  expect(newLeads.basis.waitingFor).toEqual(['HubSpot'])
})

const addLead = (connection: Connection) =>
  seed.record('leads', connection, { name: 'Yuki', is_prospect: true, source_created_at: minutesAgo(5) })
