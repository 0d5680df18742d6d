import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTwelveWeeks } from '../../../src/queries/twelve-weeks.ts'
import { ofCurrency, total } from '../../../src/domain/pipeline.ts'
import { readOverview, type Overview } from '../../../src/queries/overview.ts'
import { readSyncStatus } from '../../../src/queries/sync-status.ts'
import type { Workspace } from '../../../src/queries/workspaces.ts'
import { minutesAgo, seedTidewell, type Connection } from '../seed.ts'
import { startPlace } from '../place.ts'

const place = await startPlace()
const { client, database, seed } = place

let tidewell: Awaited<ReturnType<typeof seedTidewell>>

beforeAll(async () => {
  tidewell = await seedTidewell(seed)
  await seedTidewell(seed, { slug: 'kettle', name: 'Kettle Street' })
})

afterAll(() => place.close())

function overviewOf(tenantId: string, timeZone = 'America/Chicago'): Promise<Overview> {
  const workspace: Workspace = {
    id: tenantId,
    slug: 'x',
    name: 'x',
    timeZone,
    currency: 'USD',
    numberFormat: '1,234.56',
    requiresSecondFactor: false,
  }
  return database.asTenant(tenantId, async (tx) => readOverview(tx, workspace, await readSyncStatus(tx)))
}

async function one(statement: string): Promise<number> {
  const { rows } = await client.query<{ n: string }>(statement, [tidewell.tenantId])
  return Number(rows[0]?.n)
}

test('every figure equals hand-written SQL over the rows of this client, and holds no row of the other', async () => {
  const { open, won, newLeads, activities } = await overviewOf(tidewell.tenantId)
  const midnight = `date_trunc('day', now(), 'America/Chicago')`
  const all = total(open.value?.standings.now ?? [])
  expect(all.count).toBe(
    await one(
      `select count(*) n from opportunities where tenant_id = $1 and status = 'open' and deleted_at is null`,
    ),
  )
  const created = `select count(*) n from leads where tenant_id = $1 and deleted_at is null and source_created_at`
  expect(newLeads.value).toMatchObject({
    now: await one(`${created} >= now() - interval '8 days'`),
    before: await one(`${created} between now() - interval '14 days' and now() - interval '8 days'`),
  })
  expect(activities.value?.overdue.count).toBe(
    await one(
      `select count(*) n from activities where tenant_id = $1 and not is_done and due_at < ${midnight}`,
    ),
  )
  expect([all.count, all.withAmount, won.value, activities.value]).toEqual([
    4,
    3,
    { count: 0, totals: [], targets: [] },
    { overdue: { count: 1, isMore: false }, next: 1 },
  ])
})

test('sums stand per currency and are exact to the cent', async () => {
  const { open } = await overviewOf(tidewell.tenantId)
  const now = open.value?.standings.now ?? []
  const of = (currency: string) => total(ofCurrency(now, currency)).amountMinor
  expect([of('USD'), of('CAD')]).toEqual([18_525_050n, 9_999_999n])
})

test('what was won counts from the first of the month where the workspace is', async () => {
  const tenantId = await seed.tenant('won')
  const connection = await seed.connection(tenantId)
  await seed.cursor(connection, 'opportunities', minutesAgo(10))
  const { monthStart } = await overviewOf(tenantId)
  const deal = { status: 'won', currency: 'USD', amount_minor: 400 }
  await seed.record('opportunities', connection, { ...deal, closed_at: monthStart })
  await seed.record('opportunities', connection, { ...deal, closed_at: new Date(monthStart.getTime() - 1) })
  const { won } = await overviewOf(tenantId)
  expect(won.value).toEqual({ count: 1, totals: [{ currency: 'USD', amountMinor: 400n }], targets: [] })
})

test('where the CRM gives no date, won is what turned from open to won while the copy looked on', async () => {
  const tenantId = await seed.tenant('turned')
  const connection = await seed.connection(tenantId)
  await seed.cursor(connection, 'opportunities', minutesAgo(10))
  const { monthStart } = await overviewOf(tenantId)
  const before = (days: number) => new Date(monthStart.getTime() - days * 86_400_000)
  const turned = async (at: Date, status: string, changedAt = at) => {
    const deal = { status: 'won', currency: 'USD', amount_minor: 400, changed_at: changedAt }
    const id = await seed.record('opportunities', connection, deal)
    await seed.insert('opportunity_versions', {
      tenant_id: tenantId,
      opportunity_id: id,
      valid_from: before(60),
      valid_to: at,
      run_id: randomUUID(),
      snapshot_id: randomUUID(),
      status,
    })
  }
  await turned(monthStart, 'open')
  await turned(before(1), 'open')
  // Changed since, and won all along; and won last month, changed in this one.
  await turned(monthStart, 'won')
  await turned(before(1), 'open', monthStart)
  // Won when the copy first saw it: nobody knows since when.
  await seed.record('opportunities', connection, { status: 'won', currency: 'USD', amount_minor: 400 })
  const { won } = await overviewOf(tenantId)
  expect(won.value).toEqual({ count: 1, totals: [{ currency: 'USD', amountMinor: 400n }], targets: [] })
})

test('twelve weeks end with this one, and an open value is known from the first measures on', async () => {
  const tenantId = await seed.tenant('weeks')
  const connection = await seed.connection(tenantId)
  for (const stream of ['opportunities', 'leads']) await seed.cursor(connection, stream, minutesAgo(10))
  await addLead(connection)
  const measure = (as_of: Date, amount_minor: number, weighted_minor: string | null, currency = 'USD') =>
    seed.insert('pipeline_stage_counts', {
      tenant_id: tenantId,
      id: randomUUID(),
      connection_id: connection.id,
      run_id: randomUUID(),
      as_of,
      stage_name: '',
      status: 'open',
      count: 1,
      amount_minor,
      weighted_minor,
      currency,
    })
  await measure(minutesAgo(21 * 1_440), 100, null)
  await measure(minutesAgo(14 * 1_440), 100, '40.5')
  // An hour ago may have been last week.
  const lately = new Date()
  await measure(lately, 250, '99.4')
  await measure(lately, 90, '9', 'EUR')
  const weeksIn = (currency: string) =>
    database.asTenant(tenantId, async (tx) =>
      readTwelveWeeks(tx, { timeZone: 'UTC', currency: 'USD' }, await readSyncStatus(tx), currency),
    )
  const { weeks } = await weeksIn('USD')
  expect(weeks).toHaveLength(12)
  expect(weeks.at(-1)).toMatchObject({ openMinor: 250n, leads: 1 })
  expect(weeks.slice(-4).map(({ openMinor }) => openMinor)).toEqual([100n, 100n, 100n, 250n])
  expect(weeks.slice(-4).map(({ weightedMinor }) => weightedMinor)).toEqual([null, 41n, 41n, 99n])
  expect(weeks.slice(0, 8).every(({ openMinor }) => openMinor === null)).toBe(true)
  const inEuro = (await weeksIn('EUR')).weeks
  expect(inEuro.slice(-2).map(({ openMinor }) => openMinor)).toEqual([0n, 90n])
  expect(inEuro.slice(-2).map(({ weightedMinor }) => weightedMinor)).toEqual([0n, 9n])
})

test('the month begins at the workspace’s midnight', async () => {
  const tenantId = await seed.tenant('midnight')
  for (const zone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'America/Chicago', 'UTC']) {
    const { monthStart } = await overviewOf(tenantId, zone)
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' }).format(monthStart)
    expect(clock, zone).toBe('00:00:00')
  }
})

test('a figure whose stream never came to its end is null, and names whom it waits for', async () => {
  const tenantId = await seed.tenant('half')
  const connection = await seed.connection(tenantId)
  await seed.cursor(connection, 'leads', minutesAgo(10))
  await seed.cursor(connection, 'stages', null)
  await addLead(connection)
  await seed.cursor(connection, 'opportunities', null)
  const { newLeads, open } = await overviewOf(tenantId)
  expect(newLeads.value).toMatchObject({ now: 1, before: 0 })
  expect(open).toEqual({
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
  expect(newLeads.value).toMatchObject({ now: 1, before: 0 })
  expect(newLeads.basis.waitingFor).toEqual(['HubSpot'])
})

const addLead = (connection: Connection) =>
  seed.record('leads', connection, { name: 'Yuki', is_prospect: true, source_created_at: new Date() })
