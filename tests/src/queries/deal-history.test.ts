import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { fewestStays, slowSince, slowTimes } from '../../../src/domain/stage-time.ts'
import { readDealHistories, readStageTimes } from '../../../src/queries/deal-history.ts'
import type { DealFilters } from '../../../src/queries/deal-match.ts'
import { readDeals } from '../../../src/queries/pipeline.ts'
import { minutesAgo, type Connection } from '../seed.ts'
import { startPlace } from '../place.ts'

const place = await startPlace()
const { database, seed } = place

afterAll(() => place.close())

const hour = 3_600_000
const now = new Date(Math.floor(Date.now() / hour) * hour)

/** What was learned of one deal, oldest first: the last state is the present one. `isNew`: it came while our copy looked on. */
const state = fc.record({
  stage: fc.constantFrom(0, 0, 1, 1, 2),
  isOpen: fc.nat(6).map((n) => n > 0),
  closeInDays: fc.option(fc.nat(40), { freq: 4 }),
  hours: fc.integer({ min: 2, max: 400 }),
})
const deal = fc.record({ isNew: fc.boolean(), states: fc.array(state, { minLength: 1, maxLength: 6 }) })
type Deal = typeof deal extends fc.Arbitrary<infer T> ? T : never

const closeOn = (days: number | null) =>
  days === null ? null : new Date(now.getTime() + days * 24 * hour).toISOString().slice(0, 10)

async function write(connection: Connection, stages: string[], { isNew, states }: Deal): Promise<string> {
  const id = randomUUID()
  let at = now.getTime() - states.reduce((sum, { hours }) => sum + hours * hour, 0)
  const first = at
  for (const [place, { stage, isOpen, closeInDays, hours }] of states.entries()) {
    const from = new Date(at)
    at += hours * hour
    const of = {
      tenant_id: connection.tenantId,
      snapshot_id: id,
      stage_id: stages[stage],
      status: isOpen ? 'open' : 'lost',
      expected_close_on: closeOn(closeInDays),
    }
    if (place < states.length - 1)
      await seed.insert('opportunity_versions', {
        ...of,
        opportunity_id: id,
        valid_from: from,
        valid_to: new Date(at),
        run_id: id,
      })
    else
      await seed.insert('opportunities', {
        ...of,
        id,
        connection_id: connection.id,
        source_id: id,
        content_hash: Buffer.from('x'),
        changed_at: from,
        source_created_at: new Date(isNew ? first : first - 40 * 24 * hour),
      })
  }
  return id
}

/** The beginning of each state, and where the last one stands now. */
function timeline({ states }: Deal) {
  let at = now.getTime() - states.reduce((sum, { hours }) => sum + hours * hour, 0)
  return states.map((one) => {
    const from = at
    at += one.hours * hour
    return { ...one, from }
  })
}

function expectedHistory(of: Deal) {
  const line = timeline(of)
  const last = line.at(-1)
  const place = line.findLastIndex(({ stage }) => stage !== last?.stage)
  const pushed = line.filter(
    ({ closeInDays }, index) => closeInDays !== null && (line[index + 1]?.closeInDays ?? -1) > closeInDays,
  ).length
  return { stageSince: line[place + 1]?.from, isAtLeast: place === -1 && !of.isNew, pushed }
}

/** All stays of open deals that were seen from their beginning to their end, in hours, by stage. */
function staysOf(deals: readonly Deal[]): Map<number, number[]> {
  const stays = deals.flatMap((of) => {
    const places = timeline(of).map(({ stage, isOpen, from }) => ({ place: isOpen ? stage : null, from }))
    const entered = places.filter(({ place }, index) => index === 0 || place !== places[index - 1]?.place)
    return entered.flatMap(({ place, from }, index) => {
      const left = entered[index + 1]?.from
      const isKnown = index > 0 || of.isNew
      return place === null || left === undefined || !isKnown ? [] : [{ place, hours: (left - from) / hour }]
    })
  })
  return new Map(
    [...Map.groupBy(stays, ({ place }) => place)].map(([stage, all]) => [
      stage,
      all.map(({ hours }) => hours),
    ]),
  )
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low = 0, high = 0] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ]
  return (low + high) / 2
}

test('since when, how often pushed, how long is usual and what is slow equal a count by hand on random histories', async () => {
  let slowSeen = 0
  await fc.assert(
    fc.asyncProperty(fc.array(deal, { minLength: 25, maxLength: 45 }), async (world) => {
      const tenantId = await seed.tenant(`h-${randomUUID()}`)
      const connection = await seed.connection(tenantId)
      const stages: string[] = []
      for (const position of [0, 1, 2]) {
        const stage = { name: `Stage ${position}`, position, is_active: true, outcome: 'open' }
        stages.push(await seed.record('stages', connection, stage))
      }
      const ids: string[] = []
      for (const one of world) ids.push(await write(connection, stages, one))
      const scope = { tenantId, connectionIds: [connection.id], currency: 'USD' }
      const stays = [...staysOf(world)].filter(([, hours]) => hours.length >= fewestStays)
      const usual = new Map(stays.map(([stage, hours]) => [stages[stage], median(hours) * hour]))
      const filters: DealFilters = { currency: 'USD', status: 'open', terms: [], isWithoutAmount: false }
      const [histories, times, slow] = await database.asTenant(tenantId, async (tx) => {
        const found = await readStageTimes(tx, scope)
        const order = { sort: { by: 'name', isDescending: false }, after: null, most: 500 } as const
        return [
          await readDealHistories(tx, { tenantId, touchedIn: [], now }, ids),
          found,
          (await readDeals(tx, scope, { ...filters, slowSince: slowSince(found, now) }, order)).rows,
        ]
      })
      expect(new Map(times.map(({ stageId, medianMs }) => [stageId, medianMs]))).toEqual(usual)
      const expected = world.map((one, index) => ({
        id: ids[index] ?? '',
        ...expectedHistory(one),
        last: one.states.at(-1),
      }))
      for (const { id, stageSince, isAtLeast, pushed } of expected) {
        const { stageSince: since, ...rest } = histories.get(id) ?? {}
        expect({ since: since?.getTime(), ...rest }).toEqual({
          since: stageSince,
          isAtLeast,
          pushed,
          touchedAt: null,
        })
      }
      const slowByHand = expected.filter(({ stageSince = 0, last }) => {
        const ms = usual.get(stages[last?.stage ?? -1])
        return last?.isOpen === true && ms !== undefined && now.getTime() - stageSince > slowTimes * ms
      })
      expect(new Set(slow.map(({ id }) => id))).toEqual(new Set(slowByHand.map(({ id }) => id)))
      slowSeen += slowByHand.length
    }),
    { numRuns: 20 },
  )
  expect(slowSeen).toBeGreaterThan(20)
})

test('the last touch is the newest note or finished activity with the person, of connections that are read to their end', async () => {
  const tenantId = await seed.tenant('touched')
  const connection = await seed.connection(tenantId)
  const contactId = randomUUID()
  const id = await seed.record('opportunities', connection, { status: 'open', contact_id: contactId })
  const about = { contact_id: contactId }
  await seed.record('notes', connection, { ...about, noted_at: minutesAgo(300) })
  await seed.record('notes', connection, { ...about, noted_at: minutesAgo(-300) })
  await seed.record('notes', connection, {
    ...about,
    noted_at: minutesAgo(5),
    deleted_at: new Date(),
    deleted_because: 'flag',
  })
  const done = { ...about, kind: 'call', is_done: true }
  await seed.record('activities', connection, {
    ...done,
    due_at: minutesAgo(900),
    completed_at: minutesAgo(200),
  })
  await seed.record('activities', connection, { ...done, is_done: false, due_at: minutesAgo(10) })
  const touchedAt = async (touchedIn: string[]) =>
    (
      await database.asTenant(tenantId, (tx) =>
        readDealHistories(tx, { tenantId, touchedIn, now: new Date() }, [id]),
      )
    ).get(id)?.touchedAt
  expect(Math.round((Date.now() - ((await touchedAt([connection.id]))?.getTime() ?? 0)) / 60_000)).toBe(200)
  expect(await touchedAt([])).toBeNull()
})
