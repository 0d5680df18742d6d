import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Database } from '../../../drizzle/db.ts'
import { givePast, type Past } from '../../../src/commands/give-past.ts'
import { readKnownSince, readStandings } from '../../../src/queries/bridge.ts'
import { statements } from '../../invariants.ts'
import { minutesAgo, type Connection } from '../seed.ts'
import { startPlace } from '../place.ts'

const place = await startPlace()
const { client, seed } = place

let worker: Database

beforeAll(async () => {
  const onError = () => undefined
  worker = connect({
    url: place.databaseUrl,
    role: 'tidemark_worker',
    max: 2,
    statementTimeoutMs: 10_000,
    onError,
  })
})

afterAll(async () => {
  await worker.close()
  await place.close()
})

const daysAgo = (days: number) => minutesAgo(days * 1_440)

/** A copy after its first run: one opportunity that was won, one that is open, and one that changed since. */
async function copied(slug: string): Promise<{ connection: Connection; past: Past; changed: string }> {
  const connection = await seed.connection(await seed.tenant(slug))
  const runId = await seed.run(connection)
  for (const stream of ['stages', 'opportunities']) await seed.pass(connection, runId, stream)
  const stage = (name: string, position: number, outcome: string, probability: number | null = null) =>
    seed.record('stages', connection, { name, position, outcome, probability, is_active: true })
  await stage('New Lead', 1, 'open')
  const [sent, signed] = [await stage('FDD Sent', 8, 'open', 0.4), await stage('FA Signed', 17, 'won')]
  const deal = (source_id: string, stage_id: string, status: string) =>
    seed.record('opportunities', connection, {
      source_id,
      stage_id,
      status,
      amount_minor: 500,
      currency: 'USD',
    })
  await deal('won', signed, 'won')
  const likely = await deal('open', sent, 'open')
  await client.query('update opportunities set probability = 0.9 where id = $1', [likely])
  const changed = await deal('changed', sent, 'open')
  const changedAt = minutesAgo(1)
  await client.query('update opportunities set changed_at = $2 where id = $1', [changed, changedAt])
  await seed.insert('opportunity_versions', {
    tenant_id: connection.tenantId,
    opportunity_id: changed,
    valid_from: minutesAgo(30),
    valid_to: changedAt,
    run_id: runId,
    snapshot_id: runId,
    status: 'open',
  })
  const came = (sourceId: string, days: number) => ({
    sourceId,
    at: daysAgo(days),
    stage: null,
    amountMinor: null,
  })
  const states = [
    came('won', 40),
    { sourceId: 'won', at: daysAgo(30), stage: 'FDD Sent', amountMinor: 400 },
    { sourceId: 'won', at: daysAgo(3), stage: 'FA Signed', amountMinor: 500 },
    came('open', 5),
    { sourceId: 'open', at: daysAgo(2), stage: 'FDD Sent', amountMinor: 500 },
    came('changed', 20),
    came('unknown', 20),
  ]
  const runsAt = [60, 45, 30, 15, 4, 1].map(daysAgo)
  return { connection, past: { connectionId: connection.id, newStage: 'New Lead', runsAt, states }, changed }
}

test('a past is told as if the copy had been there: what was won, and what came, since a moment', async () => {
  const { connection, past, changed } = await copied('past')
  const give = () => worker.asTenant(connection.tenantId, (tx) => givePast(tx, past))
  expect(await give()).toBe(true)
  const scope = { tenantId: connection.tenantId, connectionIds: [connection.id], currency: 'USD' }
  const { standings, known } = await worker.asTenant(connection.tenantId, async (tx) => ({
    standings: await readStandings(tx, scope, daysAgo(10)),
    known: await readKnownSince(tx, scope),
  }))
  expect(known?.getTime()).toBeLessThan(daysAgo(59).getTime())
  const kinds = standings.changes.map(({ before, after, beforeMinor, afterMinor }) => [
    before,
    after,
    beforeMinor,
    afterMinor,
  ])
  expect(kinds).toContainEqual(['open', 'won', 400n, 500n])
  expect(kinds).toContainEqual(['absent', 'open', 0n, 1_000n])
  const { rows } = await client.query(
    'select count(*)::int as of from opportunity_versions where opportunity_id = $1',
    [changed],
  )
  expect(rows).toEqual([{ of: 1 }])
  const measured = await client.query<{ days: number; open: number; weighted: number }>(
    `select (extract(epoch from now() - as_of) / 86400)::int as days, sum(count)::int as open, sum(weighted_minor)::int as weighted from pipeline_stage_counts
     where connection_id = $1 and status = 'open' group by as_of order by as_of`,
    [connection.id],
  )
  expect(measured.rows).toEqual([
    { days: 30, open: 1, weighted: 160 },
    { days: 15, open: 1, weighted: 160 },
    { days: 4, open: 2, weighted: 160 },
    { days: 1, open: 1, weighted: 450 },
  ])
  for (const { name, statement } of statements().filter((rule) =>
    /^(History|I[2348]|I13 once)/.test(rule.name),
  ))
    expect((await client.query(statement)).rows, name).toEqual([])

  const before = await client.query('select id, xmin from opportunities order by id')
  expect(await give()).toBe(false)
  expect((await client.query('select id, xmin from opportunities order by id')).rows).toEqual(before.rows)
})

test('a copy that another client keeps is out of its reach', async () => {
  const { connection, past } = await copied('mine')
  const other = await copied('theirs')
  const foreign = { ...past, connectionId: other.connection.id }
  await worker.asTenant(connection.tenantId, (tx) => givePast(tx, foreign))
  const { rows } = await client.query('select from sync_runs where connection_id = $1', [other.connection.id])
  expect(rows).toHaveLength(1)
})
