import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { bridge, bucketOf, movesOf, type Changes } from '../../../src/domain/bridge.ts'
import { currenciesOf, flowThrough, total, type StageSum } from '../../../src/domain/pipeline.ts'
import { readKnownSince, readStandings } from '../../../src/queries/bridge.ts'
import { minutesAgo, type Connection } from '../seed.ts'
import { startPlace } from '../place.ts'

const place = await startPlace()
const { client, database, seed } = place

afterAll(() => place.close())

const state = fc.record({
  status: fc.constantFrom('open', 'open', 'open', 'won', 'lost'),
  amount: fc.option(fc.bigInt(-5_000n, 900_000_000_000n), { freq: 5 }),
  currency: fc.option(fc.constantFrom('USD', 'USD', 'EUR', 'JPY'), { freq: 4 }),
  stage: fc.option(fc.nat(4), { freq: 8 }),
  probability: fc.option(fc.nat(10_000), { freq: 2 }),
  closeInDays: fc.option(fc.nat(90), { freq: 3 }),
  isDeleted: fc.nat(5).map((one) => one === 0),
})
type State = typeof state extends fc.Arbitrary<infer T> ? T : never

/** What we learned of one opportunity, and how many hours apart; the last state is the present one. */
const history = fc.array(fc.tuple(state, fc.integer({ min: 1, max: 60 })), { minLength: 1, maxLength: 6 })
type History = [State, number][]

const hour = 3_600_000

/**
 * Writes the histories as a worker would have: earlier states as versions, the present one as the row; and of each what its CRM
 * recorded, of which no figure may know: a step from before our copy, and one in the middle of it.
 */
async function write(
  connection: Connection,
  stageIds: string[],
  histories: readonly History[],
): Promise<void> {
  const now = Math.floor(Date.now() / 1_000) * 1_000
  const versions: Record<string, unknown>[] = []
  const rows: Record<string, unknown>[] = []
  const recorded: Record<string, unknown>[] = []
  for (const states of histories) {
    const id = randomUUID()
    let at = now - states.reduce((sum, [, hours]) => sum + hours * hour, 0)
    for (const happenedAt of [at - 24 * hour, (at + now) / 2]) {
      const change = randomUUID()
      recorded.push({
        tenant_id: connection.tenantId,
        id: change,
        connection_id: connection.id,
        source_id: change,
        content_hash: '\\x00',
        snapshot_id: change,
        changed_at: new Date(now),
        custom: {},
        opportunity_id: id,
        stage_id: stageIds[0],
        amount_minor: '77700',
        currency: 'USD',
        happened_at: new Date(happenedAt),
      })
    }
    for (const [place, [of, hours]] of states.entries()) {
      const from = new Date(at)
      at += hours * hour
      const columns = {
        tenant_id: connection.tenantId,
        snapshot_id: id,
        stage_id: of.stage === null ? null : stageIds[of.stage],
        stage_name: of.stage === null ? null : `Stage ${of.stage}`,
        status: of.status,
        amount_minor: of.amount?.toString() ?? null,
        currency: of.currency,
        probability: of.probability === null ? null : of.probability / 10_000,
        expected_close_on: of.closeInDays === null ? null : new Date(now + of.closeInDays * 24 * hour),
        deleted_at: of.isDeleted ? from : null,
      }
      if (place < states.length - 1) {
        versions.push({
          ...columns,
          opportunity_id: id,
          valid_from: from,
          valid_to: new Date(at),
          run_id: id,
        })
      } else {
        rows.push({
          ...columns,
          id,
          connection_id: connection.id,
          source_id: id,
          content_hash: '\\x00',
          custom: {},
          changed_at: from,
          version: 0,
        })
      }
    }
  }
  for (const [table, all] of [
    ['opportunity_versions', versions],
    ['opportunities', rows],
    ['stage_changes', recorded],
  ] as const) {
    await client.query(`insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1)`, [
      JSON.stringify(all),
    ])
  }
}

/** Another way to the same figures: the view of the whole history, as of a moment. */
const asOf = (moment: string) => `
  select h.opportunity_id as id, coalesce(h.currency, 'USD') as currency, h.stage_id, s.position, h.amount_minor, h.expected_close_on,
    case when h.deleted_at is not null then 'deleted' else h.status end as standing, h.amount_minor * coalesce(h.probability, s.probability) as weighted
  from opportunity_history h left join stages s on s.tenant_id = h.tenant_id and s.id = h.stage_id
  where h.tenant_id = $1 and h.valid_from <= ${moment} and (h.valid_to is null or h.valid_to > ${moment})`

async function openAsOf(tenantId: string, moment: string, since: Date) {
  const { rows } = await client.query<Record<string, string>>(
    `select currency, count(*) as count, coalesce(sum(amount_minor), 0) as amount, trunc(coalesce(sum(weighted), 0) * 10000) as weighted
     from (${asOf(moment)}) a where standing = 'open' and $2::timestamptz is not null group by currency order by currency`,
    [tenantId, since],
  )
  return rows.map((row) =>
    [row['currency'], row['count'], row['amount'], row['weighted']?.split('.')[0]].join(' '),
  )
}

const inWords = (sums: readonly StageSum[]) =>
  currenciesOf(sums)
    .map(({ currency }) => {
      const { count, amountMinor, weighted } = total(sums.filter((sum) => sum.currency === currency))
      return [currency, count, amountMinor, weighted].join(' ')
    })
    .toSorted()

/** How many changed in which way, decided by SQL of its own over both moments. */
async function countsByHand(tenantId: string, since: Date): Promise<Record<string, number>> {
  const { rows } = await client.query<{ what: string; n: string }>(
    `with b as (${asOf('$2::timestamptz')}), a as (${asOf('now()')}),
     pairs as (select a.*, b.standing as was, b.currency as was_currency, coalesce(b.amount_minor, 0) as was_amount, b.position as was_position,
       b.expected_close_on as was_close from a left join b using (id))
     select what, count(*) as n from pairs cross join lateral unnest(array[
       case when standing = 'open' and was is null then 'new'
            when standing = 'open' and was <> 'open' then 'reopened'
            when standing <> 'open' and was = 'open' then standing
            when standing = 'open' and currency <> was_currency then 'currency'
            when standing = 'open' and coalesce(amount_minor, 0) > was_amount then 'raised'
            when standing = 'open' and coalesce(amount_minor, 0) < was_amount then 'lowered' end,
       case when standing = 'open' and was = 'open' and position > was_position then 'forward'
            when standing = 'open' and was = 'open' and position < was_position then 'back' end,
       case when standing = 'open' and was = 'open' and expected_close_on > was_close then 'pushed'
            when standing = 'open' and was = 'open' and expected_close_on < was_close then 'pulled' end]) as w (what)
     where what is not null group by what`,
    [tenantId, since],
  )
  return Object.fromEntries(rows.map(({ what, n }) => [what, Number(n)]))
}

function countsOf(changes: readonly Changes[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const change of changes) {
    for (const row of [bucketOf(change), ...movesOf(change)]) {
      if (row !== null) counts[row] = (counts[row] ?? 0) + change.count
    }
  }
  return counts
}

test('over a thousand random histories the bridge closes to nothing in every currency, and equals SQL of another hand', async () => {
  let histories = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(history, { minLength: 34, maxLength: 45 }),
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 2, maxLength: 2 }),
      async (world, hoursAgo) => {
        const tenantId = await seed.tenant(`w-${randomUUID()}`)
        const connection = await seed.connection(tenantId)
        const stageIds: string[] = []
        for (const position of [0, 1, 2, 2, null]) {
          const probability = position === null ? null : position / 10
          const stage = { name: `Stage ${position}`, position, probability, is_active: true, outcome: 'open' }
          stageIds.push(await seed.record('stages', connection, stage))
        }
        await write(connection, stageIds, world)
        histories += world.length
        const scope = { tenantId, connectionIds: [connection.id], currency: 'USD' }
        for (const hours of hoursAgo) {
          const since = new Date(Math.floor(Date.now() / hour) * hour - hours * hour)
          const standings = await database.asTenant(tenantId, (tx) => readStandings(tx, scope, since))
          expect(inWords(standings.now)).toEqual(await openAsOf(tenantId, 'now()', since))
          expect(inWords(standings.before)).toEqual(await openAsOf(tenantId, '$2::timestamptz', since))
          expect(countsOf(standings.changes)).toEqual(await countsByHand(tenantId, since))
          // Nothing is in a column of the board now that was not there before and did not come in since.
          for (const { stageKey, currency } of [...standings.now, ...standings.before]) {
            const here = (sums: readonly StageSum[]) =>
              total(sums.filter((sum) => sum.stageKey === stageKey && sum.currency === currency)).count
            const { entered, left } = flowThrough(standings.flows, { stageKey, currency })
            expect(here(standings.before) + entered - left).toBe(here(standings.now))
          }
          for (const { currency } of currenciesOf(standings.now, standings.before)) {
            const sum = (all: readonly StageSum[]) =>
              total(all.filter((one) => one.currency === currency)).amountMinor
            const { residualMinor } = bridge(currency, standings.changes, {
              openingMinor: sum(standings.before),
              closingMinor: sum(standings.now),
            })
            expect(residualMinor).toBe(0n)
          }
        }
      },
    ),
    { numRuns: 30, endOnFailure: true },
  )
  expect(histories).toBeGreaterThanOrEqual(1_000)
})

test('of another client, and of a connection that cannot answer, nothing is counted', async () => {
  const tenantId = await seed.tenant('ours')
  const connection = await seed.connection(tenantId)
  const other = await seed.connection(tenantId, { name: 'HubSpot' })
  const deal = { title: 'A', status: 'open', amount_minor: 100, changed_at: minutesAgo(5) }
  for (const of of [connection, other]) await seed.record('opportunities', of, deal)
  const theirs = await seed.connection(await seed.tenant('theirs'))
  await seed.record('opportunities', theirs, deal)
  const scope = { tenantId, connectionIds: [connection.id, theirs.id], currency: 'USD' }
  const { now, changes } = await database.asTenant(tenantId, (tx) => readStandings(tx, scope, minutesAgo(60)))
  expect(total(now).count).toBe(1)
  expect(changes.map(({ count, after }) => [count, after])).toEqual([[1, 'open']])
})

test('what is known begins with the first complete pass of the connection that came last', async () => {
  const tenantId = await seed.tenant('known')
  const [old, young] = [await seed.connection(tenantId), await seed.connection(tenantId, { name: 'HubSpot' })]
  for (const [of, minutes] of [
    [old, 9_000],
    [old, 10],
    [young, 600],
  ] as const) {
    const runId = await seed.run(of)
    await seed.pass(of, runId, 'opportunities', {
      started_at: minutesAgo(minutes + 1),
      finished_at: minutesAgo(minutes),
    })
  }
  const failed = await seed.run(young)
  await seed.pass(young, failed, 'opportunities', {
    status: 'failed',
    started_at: minutesAgo(5_000),
    error_code: 'E_CRM_DOWN',
    error_public: 'x',
    error_detail: 'x',
  })
  const scope = { tenantId, connectionIds: [old.id, young.id], currency: 'USD' }
  const at = await database.asTenant(tenantId, (tx) => readKnownSince(tx, scope))
  expect(Math.round((Date.now() - (at?.getTime() ?? 0)) / 60_000)).toBe(600)
})
