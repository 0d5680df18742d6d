import fc from 'fast-check'
import { hash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Tx } from '../../../drizzle/db.ts'
import { dayOf } from '../../../src/domain/days.ts'
import { termsOf } from '../../../src/domain/search.ts'
import { hotSorts, readHotList, walkHotList, type HotSort } from '../../../src/queries/hot-list.ts'
import { readHotSummary } from '../../../src/queries/hot-totals.ts'
import { readNotes, walkNotes, type NoteFilters } from '../../../src/queries/notes.ts'
import { readSchedule, readScheduleSummary, walkSchedule } from '../../../src/queries/schedule.ts'
import { readDealsOf } from '../../../src/queries/deals-of.ts'
import { countOverdue } from '../../../src/queries/due-counts.ts'
import { minutesAgo, type Connection } from '../seed.ts'
import { cast, emptyWorkspace, type Cast } from './world.ts'
import { startPlace } from '../place.ts'

const place = await startPlace()
const { client, database, seed } = place

let ours: Connection
let loading: Connection
let people: Cast

beforeAll(async () => {
  ours = await emptyWorkspace(seed, 'tidewell', { currency: 'EUR' })
  loading = await seed.connection(ours.tenantId, { name: 'HubSpot' })
  people = await cast(seed, ours)
  const theirs = await emptyWorkspace(seed, 'kettle')
  await cast(seed, theirs)
  for (const one of fc.sample(deal, { numRuns: 300, seed: 7 })) {
    const row = {
      ...one,
      stage_id: one.stage_id === '' ? null : people[one.stage_id],
      owner_id: one.owner_id === '' ? null : people[one.owner_id],
    }
    for (const of of [ours, loading, theirs]) await seed.record('opportunities', of, row)
  }
  for (const one of fc.sample(note, { numRuns: 400, seed: 8 }))
    for (const of of [ours, loading, theirs]) await seed.record('notes', of, one)
  for (const one of fc.sample(activity, { numRuns: 300, seed: 9 })) {
    const row = { ...one, owner_id: one.owner_id === '' ? null : people[one.owner_id] }
    for (const of of [ours, loading, theirs]) await seed.record('activities', of, row)
  }
})

afterAll(() => place.close())

const gone = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  fc.constant({ deleted_at: new Date(), deleted_because: 'flag' }),
)
const withGone = <T extends object>(arbitrary: fc.Arbitrary<T>) =>
  fc.tuple(arbitrary, gone).map(([row, tombstone]) => ({ ...row, ...tombstone }))
const deal = withGone(
  fc.record({
    title: fc.option(fc.constantFrom('Ana', 'ana', 'Émile', 'zoe', 'O’Hara', '"quoted"', '%_')),
    status: fc.constantFrom('open', 'open', 'open', 'won', 'lost'),
    stage_id: fc.constantFrom('' as const, 'sent' as const, 'approved' as const),
    owner_id: fc.constantFrom('' as const, 'dana' as const, 'marcus' as const),
    probability: fc.option(fc.constantFrom('0.3999', '0.4', '0.4001', '0.75', '1')),
    currency: fc.option(fc.constantFrom('USD', 'EUR', 'JPY')),
    market: fc.option(fc.constantFrom('Austin', 'Boise', 'austin')),
    units: fc.option(fc.integer({ min: 0, max: 9 })),
    weighted_fee_minor: fc.option(
      fc.oneof(fc.bigInt(0n, 99n), fc.bigInt(9_007_199_254_740_993n, 90_071_992_547_409_930n)),
    ),
    expected_close_on: fc.option(fc.constantFrom('2026-12-01', '2027-01-31')),
  }),
)
const note = withGone(
  fc.record({
    author: fc.option(fc.constantFrom('Dana Mercado', 'Marcus')),
    noted_at: fc.option(fc.integer({ min: 0, max: 200 }).map((hours) => minutesAgo(hours * 60))),
    body: fc.option(
      fc.constantFrom(
        'Item 19 is clear',
        '<p>Item <b>1</b>9</p>',
        'item\n19',
        'R&amp;D',
        'R&D',
        '<i class="item">none</i>',
        '100%',
        'a_b',
        'aXb',
        'Ünïcode ÄRGER',
      ),
    ),
  }),
)
const activity = withGone(
  fc.record({
    kind: fc.constantFrom('call', 'video'),
    is_done: fc.constantFrom(false, false, true),
    owner_id: fc.constantFrom('' as const, 'dana' as const, 'marcus' as const),
    due_at: fc.option(fc.integer({ min: -3_000, max: 20_000 }).map((minutes) => minutesAgo(-minutes))),
    ends_at: fc.option(fc.integer({ min: -3_000, max: 20_000 }).map((minutes) => minutesAgo(-minutes))),
  }),
)

const now = new Date()
const scope = () => ({ connectionIds: [ours.id], currency: 'EUR', timeZone: 'America/Chicago', now })
const asOurs = <T>(work: (tx: Tx) => Promise<T>) => database.asTenant(ours.tenantId, work)
const rowsOf = async (text: string): Promise<Record<string, string>[]> =>
  (await client.query<Record<string, string>>(text, [ours.id])).rows

describe('the hot list', () => {
  const hot = `from opportunities o left join stages s on s.id = o.stage_id
    where o.connection_id = $1 and o.status = 'open' and o.deleted_at is null
      and case when o.probability is not null then o.probability >= 0.4 else s.probability >= 0.4 end`

  test('comes to what hand-written SQL says, per currency and to the last cent', async () => {
    const { totals } = await asOurs((tx) => readHotSummary(tx, scope(), { likely: 0.4 }))
    const expected =
      await rowsOf(`select coalesce(o.currency, 'EUR') currency, count(*) n, count(weighted_fee_minor) fees,
      coalesce(sum(weighted_fee_minor), 0) fee, coalesce(sum(units), 0) units ${hot} group by 1`)
    expect(expected.length).toBe(3)
    const byCurrency = (a: { currency: string }, b: { currency: string }) =>
      a.currency.localeCompare(b.currency)
    expect(
      totals.map(({ currency, count, withFee, feeMinor, units }) => [
        currency,
        count,
        withFee,
        String(feeMinor),
        units,
      ]),
    ).toEqual(
      totals
        .map(({ currency }) => expected.find((row) => row['currency'] === currency))
        .map((row) => [
          row?.['currency'],
          Number(row?.['n']),
          Number(row?.['fees']),
          row?.['fee'],
          Number(row?.['units']),
        ]),
    )
    expect(totals.toSorted(byCurrency).map(({ currency }) => currency)).toEqual(['EUR', 'JPY', 'USD'])
    for (const total of totals) {
      const rows =
        await rowsOf(`select coalesce(o.probability, s.probability) p, weighted_fee_minor fee ${hot}
        and weighted_fee_minor is not null and coalesce(o.currency, 'EUR') = '${total.currency}'`)
      const weighted = rows.reduce((sum, row) => sum + Number(row['p']) * Number(row['fee']), 0)
      const weight = rows.reduce((sum, row) => sum + Number(row['fee']), 0)
      expect(total.likely).toBeCloseTo(weighted / weight, 6)
    }
  })

  test.each(
    hotSorts.flatMap((by) => [
      { by, isDescending: false },
      { by, isDescending: true },
    ]),
  )(
    'is read page by page in the order %o: every candidate once, those without a value last',
    async (sort: HotSort) => {
      const read: string[] = []
      let from: string | null = null
      do {
        const page: Awaited<ReturnType<typeof readHotList>> = await asOurs((tx) =>
          readHotList(tx, scope(), { likely: 0.4 }, { sort, most: 7, from }),
        )
        read.push(...page.rows.map(({ id }) => id))
        from = page.next
      } while (from !== null)
      const ids = (await rowsOf(`select o.id ${hot}`)).map((row) => row['id'])
      expect(new Set(read)).toEqual(new Set(ids))
      expect(read).toHaveLength(ids.length)
      const walked = await asOurs((tx) => gather(walkHotList(tx, scope(), { likely: 0.4 }, sort)))
      expect(walked.map(({ id }) => id)).toEqual(read)
      const value = {
        candidate: 'candidate',
        market: 'market',
        units: 'units',
        fee: 'feeMinor',
        stage: 'stage',
        likely: 'likely',
        close: 'closeOn',
        owner: 'owner',
      } as const
      const missing = walked.map((row) => row[value[sort.by]] === null)
      expect(missing).toEqual(missing.toSorted((a, b) => Number(a) - Number(b)))
    },
  )

  test('stands by weighted fee within its currency, the workspace’s own first', async () => {
    const rows = await asOurs((tx) =>
      gather(walkHotList(tx, scope(), { likely: 0.4 }, { by: 'fee', isDescending: true })),
    )
    const withFee = rows.filter(({ feeMinor }) => feeMinor !== null)
    const blocks = [...new Set(withFee.map(({ currency }) => currency))]
    expect(blocks).toEqual(['EUR', 'JPY', 'USD'])
    for (const currency of blocks) {
      const fees = withFee.filter((row) => row.currency === currency).map(({ feeMinor }) => feeMinor ?? 0n)
      expect(fees).toEqual(fees.toSorted((a, b) => (a === b ? 0 : a < b ? 1 : -1)))
    }
  })

  test.each([
    '',
    'x',
    'W10',
    Buffer.from('["a","b"]').toString('base64url'),
    Buffer.from('["false","1; drop table x","EUR","1","x"]').toString('base64url'),
    'A'.repeat(10_000),
  ])('begins at its beginning when the place is %s', async (from) => {
    const read = (at: string | null) =>
      asOurs((tx) =>
        readHotList(
          tx,
          scope(),
          { likely: 0.4 },
          { sort: { by: 'fee', isDescending: true }, most: 5, from: at },
        ),
      )
    expect((await read(from)).rows).toEqual((await read(null)).rows)
  })
})

describe('the notes', () => {
  const there = 'from notes n where connection_id = $1 and deleted_at is null'

  async function readAll(filters: NoteFilters): Promise<{ ids: string[]; founds: number[] }> {
    const ids: string[] = []
    const founds: number[] = []
    let from: string | null = null
    do {
      const page: Awaited<ReturnType<typeof readNotes>> = await asOurs((tx) =>
        readNotes(tx, scope(), filters, { most: 7, from }),
      )
      expect(page.isExact).toBe(true)
      founds.push(page.found + ids.length)
      ids.push(...page.rows.map(({ id }) => id))
      from = page.next
    } while (from !== null)
    return { ids, founds }
  }

  test('are read page by page, newest first, each once, undated ones last, and counted exactly', async () => {
    const { ids, founds } = await readAll({ terms: [] })
    const expected = await rowsOf(`select id ${there} order by noted_at desc nulls last, id`)
    expect(ids).toEqual(expected.map((row) => row['id']))
    expect(new Set(founds)).toEqual(new Set([expected.length]))
  })

  test.each([
    ['"item 19"', `(body in ('Item 19 is clear', '<p>Item <b>1</b>9</p>') or body like 'item_19')`],
    ['r&d', `body in ('R&amp;D', 'R&D')`],
    ['%', `body = '100%'`],
    ['a_b', `body = 'a_b'`],
    ['ärger', `body = 'Ünïcode ÄRGER'`],
    ['dana clear', `author = 'Dana Mercado' and body = 'Item 19 is clear'`],
    ['class', 'false'],
    ['strong', 'false'],
  ])('that hold %s are found, and no others', async (question, condition) => {
    const { ids, founds } = await readAll({ terms: termsOf(question) })
    const expected = await rowsOf(`select id ${there} and ${condition} order by noted_at desc nulls last, id`)
    expect(ids).toEqual(expected.map((row) => row['id']))
    expect(new Set(founds)).toEqual(new Set([expected.length]))
    const walked = await asOurs((tx) => gather(walkNotes(tx, scope(), { terms: termsOf(question) })))
    expect(walked.map(({ id }) => id)).toEqual(ids)
  })

  test('of an author and a period are those of whole days where the workspace is', async () => {
    const day = dayOf(minutesAgo(3 * 1_440), 'America/Chicago')
    const filters = { terms: [], author: 'Marcus', from: day, to: day }
    const { ids } = await readAll(filters)
    const expected =
      await rowsOf(`select id ${there} and author = 'Marcus' and (noted_at at time zone 'America/Chicago')::date = '${day}'
      order by noted_at desc, id`)
    expect(expected.length).toBeGreaterThan(0)
    expect(ids).toEqual(expected.map((row) => row['id']))
  })
})

describe('the schedule', () => {
  test('is what lies ahead and is not done, in order, page by page', async () => {
    const read: string[] = []
    let from: string | null = null
    do {
      const page: Awaited<ReturnType<typeof readSchedule>> = await asOurs((tx) =>
        readSchedule(tx, scope(), {}, { most: 7, from }),
      )
      read.push(...page.rows.map(({ id }) => id))
      from = page.next
    } while (from !== null)
    const { rows } = await client.query<{ id: string }>(
      `select id from activities where connection_id = $1 and deleted_at is null and not is_done and due_at > $2 order by due_at, id`,
      [ours.id, now],
    )
    expect(read).toEqual(rows.map(({ id }) => id))
    const summary = await asOurs((tx) =>
      readScheduleSummary(tx, scope(), {}, { today: dayOf(now, 'America/Chicago'), stripDays: 14 }),
    )
    expect(summary.count).toBe(rows.length)
    const days =
      await rowsOf(`select (due_at at time zone 'America/Chicago')::date::text as day, count(*) n from activities
      where connection_id = $1 and deleted_at is null and not is_done and due_at > '${now.toISOString()}'
        and due_at < (date_trunc('day', now() at time zone 'America/Chicago') + interval '14 days') at time zone 'America/Chicago'
      group by 1`)
    expect(summary.days).toEqual(new Map(days.map((row) => [row['day'], Number(row['n'])])))
  })

  test('marks exactly those whose owner has something else at the same time', async () => {
    const rows = await asOurs((tx) => gather(walkSchedule(tx, scope(), {})))
    const { rows: all } = await client.query<{
      id: string
      owner_id: string | null
      due_at: Date
      ends_at: Date | null
    }>(
      `select id, owner_id, due_at, ends_at from activities where connection_id = $1 and deleted_at is null and not is_done
        and due_at > $2::timestamptz - interval '1 day'`,
      [ours.id, now],
    )
    const end = (one: (typeof all)[number]) =>
      Math.max(one.ends_at?.getTime() ?? 0, one.due_at.getTime() + 60_000)
    const overlapping = all.filter((one) =>
      all.some(
        (other) =>
          other.id !== one.id &&
          one.owner_id !== null &&
          other.owner_id === one.owner_id &&
          one.due_at.getTime() < end(other) &&
          other.due_at.getTime() < end(one),
      ),
    )
    const expected = new Set(overlapping.map(({ id }) => id))
    expect(rows.map(({ id, overlaps }) => [id, overlaps])).toEqual(
      rows.map(({ id }) => [id, expected.has(id)]),
    )
    expect(new Set(rows.map(({ overlaps }) => overlaps)).size).toBe(2)
  })

  test('calls overdue what the overview calls overdue', async () => {
    const overdue = await asOurs((tx) =>
      countOverdue(tx, { ...scope(), currency: 'USD', taskConnectionIds: scope().connectionIds }),
    )
    const rows =
      await rowsOf(`select count(*) n from activities where connection_id = $1 and deleted_at is null and not is_done
      and due_at < date_trunc('day', now(), 'America/Chicago')`)
    expect(overdue.count).toBe(Number(rows[0]?.['n']))
  })
})

test('a walk sees one moment, whatever is written meanwhile', async () => {
  const many = await emptyWorkspace(seed, 'walked')
  for (let n = 0; n < 3; n++)
    await client.query(
      `insert into notes (tenant_id, connection_id, id, source_id, content_hash, snapshot_id, changed_at, noted_at, body)
       select $1, $2, gen_random_uuid(), $4 || '-' || n, $3, $1, now(), now() - make_interval(mins => n), 'before' from generate_series(1, 1000) n`,
      [many.tenantId, many.id, Buffer.from(hash('sha256', 'x', 'hex'), 'hex'), String(n)],
    )
  const noteScope = { connectionIds: [many.id], timeZone: 'UTC' }
  const bodies = await database.asTenant(many.tenantId, async (tx) => {
    const seen: string[] = []
    for await (const rows of walkNotes(tx, noteScope, { terms: [] })) {
      seen.push(...rows.map(({ body }) => body))
      await client.query(
        `update notes set body = 'after', noted_at = noted_at - interval '1 year' where connection_id = $1`,
        [many.id],
      )
    }
    return seen
  })
  expect(bodies).toHaveLength(3_000)
  expect(new Set(bodies)).toEqual(new Set(['before']))
})

async function gather<Row>(walk: AsyncIterable<Row[]>): Promise<Row[]> {
  const all: Row[] = []
  for await (const rows of walk) all.push(...rows)
  return all
}

test('the deal that a record speaks of is the one it names, else the only one of its person; none that is removed or another workspace’s', async () => {
  const gone = { deleted_at: new Date(), deleted_because: 'flag' }
  const [alone, several, former, nobody] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  const deal = (contact_id: string, row = {}) =>
    seed.record('opportunities', ours, { status: 'open', contact_id, ...row })
  const only = await deal(alone)
  await deal(alone, gone)
  const first = await deal(several)
  await deal(several, { status: 'won' })
  const removed = await deal(former, gone)
  const { rows } = await client.query<{ id: string }>(
    'select id from opportunities where tenant_id <> $1 and deleted_at is null limit 1',
    [ours.tenantId],
  )
  const cases = [
    [first, alone, first],
    [null, alone, only],
    [null, several, undefined],
    [null, former, undefined],
    [removed, alone, undefined],
    [rows[0]?.id ?? '', null, undefined],
    [null, nobody, undefined],
    [null, null, undefined],
  ] as const
  const records = cases.map(([opportunityId, contactId]) => ({ id: randomUUID(), opportunityId, contactId }))
  const found = await asOurs((tx) => readDealsOf(tx, records))
  expect(records.map(({ id }) => found.get(id))).toEqual(cases.map(([, , expected]) => expected))
  expect(await asOurs((tx) => readDealsOf(tx, []))).toEqual(new Map())
})

test('of all opportunities only those are read for it that the records may speak of', async () => {
  await client.query('analyze opportunities')
  const { rows } = await client.query<{ all: number; one: string }>(
    `select count(*)::int as all, min(id::text) as one from opportunities where tenant_id = $1`,
    [ours.tenantId],
  )
  const [{ all, one } = { all: 0, one: '' }] = rows
  const readSoFar = async (tx: Tx) =>
    Number(
      (
        await tx.$client.query<{ n: string }>(
          `select sum(pg_stat_get_xact_tuples_returned(of) + pg_stat_get_xact_tuples_fetched(of)) as n from (
             select 'opportunities'::regclass::oid as of union all
             select indexrelid from pg_index where indrelid = 'opportunities'::regclass) as t`,
        )
      ).rows[0]?.n,
    )
  const read = await asOurs(async (tx) => {
    const before = await readSoFar(tx)
    await readDealsOf(tx, [{ id: randomUUID(), opportunityId: one, contactId: null }])
    return (await readSoFar(tx)) - before
  })
  expect(read).toBeGreaterThan(0)
  expect(read).toBeLessThan(10)
  expect(all).toBeGreaterThan(100)
})
