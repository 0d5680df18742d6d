import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Tx } from '../../../drizzle/db.ts'
import { completeAction } from '../../../src/commands/complete-action.ts'
import type { DueFilters, DueScope } from '../../../src/queries/due-parts.ts'
import { readDealHistories } from '../../../src/queries/deal-history.ts'
import { readDue } from '../../../src/queries/due.ts'
import { readDueLoad } from '../../../src/queries/due-load.ts'
import { readDueNow, readOwnOwners } from '../../../src/queries/due-now.ts'
import { mostCounted } from '../../../src/queries/due-counts.ts'
import { readDueSummary, readNextUp } from '../../../src/queries/due-summary.ts'
import type { Worth } from '../../../src/queries/due-values.ts'
import { readStep } from '../../../src/queries/step.ts'
import { readUnplanned } from '../../../src/queries/unplanned.ts'
import { readWorths, totalWords } from '../../../src/server/due-worths.ts'
import { startPlace, type Place, type Someone } from '../place.ts'
import { cast, type Cast } from '../lists/world.ts'
import type { Connection } from '../seed.ts'

const now = new Date('2026-11-20T21:00:00Z')
let place: Place
let connection: Connection
let people: Cast
let kofi: Someone
let scope: DueScope

beforeAll(async () => {
  place = await startPlace()
  const { seed } = place
  connection = await seed.connection(await seed.tenant('tidewell'))
  people = await cast(seed, connection)
  kofi = await place.someone('rep', connection.tenantId)
  scope = { now, timeZone: 'America/Chicago', currency: 'USD', taskConnectionIds: [connection.id] }
  await seedSteps()
})

afterAll(() => place.close())

type Row = Record<string, unknown>
const at = (text: string) => new Date(text)

/** An open opportunity, with its steps one after the other. */
async function opportunity(title: string, row: Row = {}, ...steps: Row[]): Promise<string> {
  const id = await place.seed.record('opportunities', connection, {
    status: 'open',
    title,
    currency: 'USD',
    amount_minor: 100_000,
    stage_id: people.sent,
    owner_id: people.dana,
    ...row,
  })
  for (const [nth, step] of steps.entries())
    await place.seed.insert('next_actions', {
      tenant_id: connection.tenantId,
      opportunity_id: id,
      number: nth + 1,
      how: nth === 0 ? 'planned' : 'moved',
      made_by: kofi.userId,
      made_at: at('2026-11-01T12:00:00Z'),
      ...step,
    })
  return id
}

const task = (row: Row) =>
  place.seed.record('activities', connection, { kind: 'call', is_done: false, ...row })

async function seedSteps(): Promise<void> {
  await opportunity(
    'Late',
    { contact_id: people.priya },
    { due_at: at('2026-11-14T15:00:00Z'), details: 'Call about the FDD' },
  )
  await opportunity(
    'Moved',
    { owner_id: people.marcus },
    { due_at: at('2026-11-16T15:00:00Z'), details: 'Write' },
    { due_at: at('2026-11-18T15:00:00Z'), details: 'Write', moves: 3 },
  )
  await opportunity(
    'Today',
    { amount_minor: 900_000 },
    { due_at: at('2026-11-20T15:00:00Z'), details: 'Meet' },
  )
  await opportunity('Weekend', {}, { due_at: at('2026-11-22T15:00:00Z'), details: 'Prepare' })
  await opportunity(
    'Far',
    { stage_id: people.approved },
    { due_at: at('2026-12-22T15:00:00Z'), details: 'Sign' },
  )
  await opportunity('Lost here', {}, { outcome: 'lost', reason: 'Price' })
  await opportunity('Nothing yet', { contact_id: people.gareth, amount_minor: 5 })
  await opportunity('Nothing either', { amount_minor: 700 })
  await opportunity('Abroad', { amount_minor: 9_000_000, currency: 'CAD' })
  await opportunity('Won', { status: 'won' })
  // The CRM has something planned for both: an overdue task about Gareth, one ahead about Priya.
  await task({ subject: 'Call Gareth', contact_id: people.gareth, due_at: at('2026-11-17T15:00:00Z') })
  await task({ subject: 'Priya again', contact_id: people.priya, due_at: at('2026-11-25T15:00:00Z') })
  await task({
    subject: 'Was done',
    contact_id: people.priya,
    due_at: at('2026-11-10T15:00:00Z'),
    is_done: true,
  })
  await task({ subject: 'About nobody', due_at: at('2026-11-19T15:00:00Z') })
  await place.seed.record('notes', connection, {
    contact_id: people.priya,
    body: 'Spoke',
    noted_at: at('2026-11-12T15:00:00Z'),
  })
  await place.seed.record('notes', connection, {
    contact_id: people.priya,
    body: 'Ahead',
    noted_at: at('2026-12-12T15:00:00Z'),
  })
}

const inTenant = <T>(work: (tx: Tx) => Promise<T>) => place.database.asTenant(connection.tenantId, work)
const due = (filters: DueFilters = {}, most = 50, from: string | null = null) =>
  inTenant((tx) => readDue(tx, scope, filters, { most, from }))
const titles = async (filters: DueFilters) =>
  (await due(filters)).rows.map(({ title, details }) => title ?? details)

describe('what is due', () => {
  test('is our steps and the overdue tasks of the CRM in one list, oldest first', async () => {
    const { rows, next } = await due()
    expect(rows.map(({ of, title, details, daysLate }) => [of, title, details, daysLate])).toEqual([
      ['step', 'Late', 'Call about the FDD', 6],
      ['task', 'Nothing yet', 'Call Gareth', 3],
      ['step', 'Moved', 'Write', 2],
      ['task', null, 'About nobody', 1],
      ['step', 'Today', 'Meet', 0],
      ['step', 'Weekend', 'Prepare', 0],
      ['step', 'Far', 'Sign', 0],
    ])
    expect(next).toBeNull()
  })

  test('comes with its value, stage, owner, moves and the last real contact', async () => {
    const { rows } = await due()
    expect(rows[0]).toMatchObject({
      valueMinor: 100_000n,
      currency: 'USD',
      stage: 'FDD sent',
      owner: 'Dana Mercado',
      // The note, not the older activity, nor what lies ahead, nor any change of the record.
      touchedAt: at('2026-11-12T15:00:00Z'),
      version: 1,
      moves: 0,
      write: null,
    })
    expect(rows[2]).toMatchObject({ owner: 'Marcus Oyelaran', moves: 3, version: 2, touchedAt: null })
  })

  test('shows what the CRM has planned beside it where that differs', async () => {
    const { rows } = await due()
    expect(rows[0]?.suggestion).toMatchObject({ details: 'Priya again', kind: 'call', isNewer: true })
    expect(rows[2]?.suggestion).toBeNull()
  })

  test.each<[string, DueFilters, string[]]>([
    ['the overdue', { bucket: 'overdue' }, ['Late', 'Nothing yet', 'Moved', 'About nobody']],
    ['today', { bucket: 'today' }, ['Today']],
    ['this week', { bucket: 'week' }, ['Weekend']],
    ['later', { bucket: 'later' }, ['Far']],
    ['a day', { day: '2026-11-18' }, ['Moved']],
    ['a word of the step', { terms: ['fdd'] }, ['Late']],
    ['a name and a word', { terms: ['raghunathan', 'call'] }, ['Late']],
    ['words that only look like a pattern', { terms: ['100%'] }, []],
    ['value', { least: 900_000n }, ['Today']],
    ['how often it was moved', { moves: 3 }, ['Moved']],
  ])('can be asked for by %s', async (_, filters, expected) => {
    expect(await titles(filters)).toEqual(expected)
  })

  test('can be asked for by owner and stage', async () => {
    expect(await titles({ owners: [people.marcus] })).toEqual(['Moved'])
    expect(await titles({ stage: people.approved })).toEqual(['Far'])
    expect(await titles({ owners: [] })).toEqual([])
    expect(await titles({ pipeline: randomUUID() })).toEqual([])
  })

  test('is the same list in pages of any size', async () => {
    const whole = (await due()).rows.map(({ id }) => id)
    for (const most of [1, 2, 3]) {
      const seen: string[] = []
      let from: string | null = null
      do {
        const page = await due({}, most, from)
        seen.push(...page.rows.map(({ id }) => id))
        from = page.next
      } while (from !== null)
      expect(seen).toEqual(whole)
    }
  })

  test('leaves out tasks of connections whose activities are not complete', async () => {
    const rest = { ...scope, taskConnectionIds: [] }
    const { rows } = await inTenant((tx) => readDue(tx, rest, {}, { most: 50, from: null }))
    expect(rows.every(({ of, suggestion }) => of === 'step' && suggestion === null)).toBe(true)
  })
})

describe('what nobody has planned', () => {
  const unplanned = (most = 50, from: string | null = null) =>
    inTenant((tx) => readUnplanned(tx, scope, {}, { most, from }))

  test('is every open opportunity without a step and without an outcome, the most valuable first', async () => {
    const { rows } = await unplanned()
    expect(rows.map(({ title }) => title)).toEqual(['Nothing either', 'Nothing yet', 'Abroad'])
    expect(rows[1]?.suggestion).toMatchObject({ details: 'Call Gareth' })
  })

  test('is the same list in pages', async () => {
    const first = await unplanned(2)
    const second = await unplanned(2, first.next)
    expect([...first.rows, ...second.rows].map(({ title }) => title)).toEqual([
      'Nothing either',
      'Nothing yet',
      'Abroad',
    ])
    expect(second.next).toBeNull()
  })
})

describe('the summary', () => {
  const days = ['2026-11-21', '2026-11-22']
  const summary = (filters: DueFilters = {}) =>
    inTenant((tx) => readDueSummary(tx, scope, filters, kofi.userId, days))

  test('counts the buckets, what is unplanned and what is moved often, whatever bucket is chosen', async () => {
    for (const filters of [{}, { bucket: 'today' } as const, { beyond: '2026-11-22' }]) {
      const found = await summary(filters)
      expect(
        Object.fromEntries(Object.entries(found.buckets).map(([name, { count }]) => [name, count])),
      ).toEqual({
        overdue: 4,
        today: 1,
        week: 1,
        later: 1,
      })
      expect([found.unplanned.count, found.movedOften.count]).toEqual([3, 1])
    }
  })

  test('names what comes up next, and what the filters offer', async () => {
    const found = await summary()
    const nextUp = await inTenant((tx) => readNextUp(tx, scope, { bucket: 'later' }))
    expect(nextUp).toMatchObject({ title: 'Weekend', details: 'Prepare' })
    expect(found.owners.map(({ word }) => word)).toEqual(['Dana Mercado', 'Marcus Oyelaran'])
    expect(found.stages.map(({ word }) => word)).toEqual(['Approved', 'FDD sent', 'New'])
  })

  test('says so when there is more than anybody counts', async () => {
    const { tenantId } = await place.seed.connection(await place.seed.tenant('crowded'))
    await place.client.query(
      `insert into opportunities (tenant_id, id, connection_id, source_id, content_hash, snapshot_id, changed_at, status, next_action_at, next_action_details, version)
       select $1, gen_random_uuid(), $1, n, '', $1, now(), 'open', $2, 'x', 1 from generate_series(1, $3::int) n`,
      [tenantId, at('2026-11-01T00:00:00Z'), mostCounted + 5],
    )
    const found = await place.database.asTenant(tenantId, (tx) =>
      readDueSummary(tx, scope, {}, kofi.userId, days),
    )
    expect(found.buckets.overdue).toEqual({ count: mostCounted, isMore: true })
  })

  test('tells how much is due on the days ahead, and after the last of them', async () => {
    const load = [
      { day: '2026-11-21', count: 0, isMore: false },
      { day: '2026-11-22', count: 1, isMore: false },
    ]
    expect(await summary()).toMatchObject({ days: load, beyond: { count: 1, isMore: false } })
    expect(await inTenant((tx) => readDueLoad(tx, scope, {}, days))).toEqual(load)
    expect((await due({ beyond: '2026-11-22' })).rows).toHaveLength(1)
  })

  test('tells how much is late or due today, of everybody and of one person', async () => {
    const of = (email: string) =>
      inTenant(async (tx) => readDueNow(tx, scope, await readOwnOwners(tx, email)))
    const { buckets } = await summary()
    const all = await inTenant((tx) => readDueNow(tx, scope, undefined))
    expect(all.count).toBe(buckets.overdue.count + buckets.today.count)
    expect(await of('nobody@example.com')).toEqual({ count: 0, isMore: false })
  })
})

describe('one opportunity', () => {
  test('comes with what was planned and done about it, and by whom', async () => {
    const { rows } = await due({ moves: 3 })
    const found = await inTenant((tx) => readStep(tx, scope, rows[0]?.id ?? ''))
    expect(found).toMatchObject({
      title: 'Moved',
      isOpen: true,
      version: 2,
      step: { details: 'Write', moves: 3 },
    })
    expect(found?.entries.map(({ number, how, madeBy }) => [number, how, madeBy])).toEqual([
      [2, 'moved', kofi.name],
      [1, 'planned', kofi.name],
    ])
  })

  test('of another tenant is not there', async () => {
    const other = await place.seed.connection(await place.seed.tenant('other'))
    const foreign = await place.seed.record('opportunities', other, { status: 'open' })
    expect(await inTenant((tx) => readStep(tx, scope, foreign))).toBeUndefined()
  })

  test('no longer suggests what was completed here after the CRM had said so', async () => {
    const { rows } = await inTenant((tx) => readUnplanned(tx, scope, {}, { most: 50, from: null }))
    const id = rows[1]?.id ?? ''
    const given = { new_next_action_at: '2099-01-01T00:00:00Z', new_next_action_details: 'Call' }
    expect(await inTenant((tx) => completeAction(tx, kofi, id, given))).toMatchObject({ kind: 'invalid' })
    const soon = new Date(Date.now() + 86_400_000).toISOString()
    await inTenant((tx) => completeAction(tx, kofi, id, { ...given, new_next_action_at: soon }))
    const found = await inTenant((tx) => readStep(tx, scope, id))
    expect(found?.suggestion).toMatchObject({ details: 'Call Gareth', isNewer: false })
  })
})

describe('what is due is worth', () => {
  const worths = (filters: DueFilters = {}) =>
    inTenant(async (tx) =>
      readWorths(tx, scope, filters, await readDueSummary(tx, scope, filters, kofi.userId, [])),
    )

  /** The same without any of our code: rows that are due between two instants, each opportunity once, added up per currency. */
  async function independently(from: string, before: string): Promise<Record<string, string>> {
    const { rows } = await place.seed.client.query<{ currency: string; minor: string }>(
      `with due as (
         select id as opportunity, next_action_at as at from opportunities where tenant_id = $1 and next_action_at is not null
         union all
         select coalesce(a.opportunity_id, (select o.id from opportunities o where o.contact_id = a.contact_id and o.status = 'open')), a.due_at
         from activities a where a.tenant_id = $1 and not a.is_done and a.due_at <= $4
           and not exists (select from next_actions n where n.suggestion_id = a.id))
       select coalesce(o.currency, 'USD') as currency, sum(o.amount_minor)::text as minor from opportunities o
       where o.amount_minor is not null and o.id in (select opportunity from due where at >= $2 and at < $3) group by 1`,
      [connection.tenantId, from, before, now],
    )
    return Object.fromEntries(rows.map(({ currency, minor }) => [currency, minor]))
  }

  const plainly = (worth: readonly Worth[] | null) =>
    worth && Object.fromEntries(worth.map(({ currency, amountMinor }) => [currency, String(amountMinor)]))

  beforeAll(async () => {
    const late = { due_at: at('2026-11-13T15:00:00Z'), details: 'Ask' }
    await opportunity('Largest there is', { amount_minor: '9007199254740993' }, late)
    await opportunity('In another currency', { amount_minor: 123_456, currency: 'CAD' }, late)
    await opportunity('In none', { amount_minor: 3, currency: null }, late)
    await opportunity('Of no known value', { amount_minor: null }, late)
    const twice = await opportunity('Late twice', { amount_minor: 50 }, late)
    await task({ subject: 'Late there, too', opportunity_id: twice, due_at: at('2026-11-12T15:00:00Z') })
  })

  test('the sum of its opportunities, each once, per currency and to the last cent', async () => {
    const found = await worths()
    const [today, tomorrow, monday] = ['2026-11-20T06:00:00Z', '2026-11-21T06:00:00Z', '2026-11-23T06:00:00Z']
    expect(plainly(found.overdue)).toEqual(await independently('-infinity', today))
    expect(plainly(found.overdue)).toMatchObject({ CAD: '123456' })
    expect(plainly(found.today)).toEqual(await independently(today, tomorrow))
    expect(plainly(found.week)).toEqual(await independently(tomorrow, monday))
    expect(plainly(found.later)).toEqual(await independently(monday, 'infinity'))
    expect(plainly(found.now)).toEqual(await independently('-infinity', tomorrow))
    const counted = { count: 3, isMore: false }
    expect(totalWords(counted, found.overdue).worth).toBe('$90,071,992,549,411 and CA$1,235')
  })

  test('whatever day is chosen, and of what else is asked for alone', async () => {
    expect(plainly((await worths({ bucket: 'later' })).overdue)).toEqual(plainly((await worths()).overdue))
    expect(plainly((await worths({ owners: [people.marcus] })).overdue)).toEqual({ USD: '100000' })
    expect((await worths({ terms: ['nobody'] })).overdue).toEqual([])
  })

  test('not said where there is more than is counted', async () => {
    const many = { count: mostCounted, isMore: true }
    const none = { count: 0, isMore: false }
    const counted = { buckets: { overdue: many, today: none, week: none, later: none } }
    const found = await inTenant((tx) => readWorths(tx, scope, {}, counted))
    expect(found).toEqual({ overdue: null, now: null, today: [], week: [], later: [] })
    expect(totalWords(many, found.overdue)).toEqual({
      count: '200+',
      worth: 'More than 200 are not added up',
    })
  })
})

test('what a person closed today is what they completed and did not take back', async () => {
  const mia = await place.someone('rep', connection.tenantId)
  const step = { due_at: at('2026-11-24T15:00:00Z'), details: 'Ask' }
  const done = { ...step, how: 'completed', made_at: at('2026-11-20T20:00:00Z'), made_by: mia.userId }
  await opportunity('Closed', {}, step, done)
  await opportunity('Closed and taken back', {}, step, done, { ...done, how: 'undone' })
  await opportunity('Closed yesterday', {}, step, { ...done, made_at: at('2026-11-20T05:00:00Z') })
  const { doneToday } = await inTenant((tx) => readDueSummary(tx, scope, {}, mia.userId, []))
  expect(doneToday).toEqual({ count: 1, isMore: false })
})

test('the last real contact is also what was completed here and not taken back, on every page alike', async () => {
  const step = { due_at: at('2026-11-24T15:00:00Z'), details: 'Ask' }
  const done = { ...step, how: 'completed', made_at: at('2026-11-19T12:00:00Z') }
  await opportunity('Completed here', { owner_id: people.marcus }, step, done)
  await opportunity('Taken back', { owner_id: people.marcus }, step, done, { ...step, how: 'undone' })
  const told = await opportunity('Noted on the deal itself', { owner_id: people.marcus }, step)
  const noted = { opportunity_id: told, body: 'Spoke', noted_at: at('2026-11-18T12:00:00Z') }
  await place.seed.record('notes', connection, noted)
  const { rows } = await due({ owners: [people.marcus], day: '2026-11-24' })
  const touched = Object.fromEntries(rows.map(({ title, touchedAt }) => [title, touchedAt]))
  expect(touched).toEqual({
    'Completed here': done.made_at,
    'Taken back': null,
    'Noted on the deal itself': noted.noted_at,
  })
  const whose = { tenantId: connection.tenantId, touchedIn: [connection.id], now }
  const histories = await inTenant((tx) =>
    readDealHistories(
      tx,
      whose,
      rows.map(({ id }) => id),
    ),
  )
  for (const { id, touchedAt } of rows) expect(histories.get(id)?.touchedAt).toEqual(touchedAt)
})

test("an owner's queue also has the CRM's tasks of theirs that belong to no single deal, and a deal's tasks are its owner's", async () => {
  const mine = await place.seed.record('owners', connection, { name: 'Noor', email: 'noor@example.com' })
  const due_at = at('2026-11-18T15:00:00Z')
  const dealless = await place.seed.record('contacts', connection, { first_name: 'Deon' })
  await task({ subject: 'Return his call', contact_id: dealless, owner_id: mine, due_at })
  const twice = await place.seed.record('contacts', connection, { first_name: 'Ilse' })
  for (const title of ['One of two', 'The other']) await opportunity(title, { contact_id: twice })
  await task({
    subject: 'Ask her which',
    contact_id: twice,
    owner_id: mine,
    due_at: at('2026-11-19T15:00:00Z'),
  })
  const other = await opportunity("Dana's deal")
  await task({ subject: 'Hers, not mine', opportunity_id: other, owner_id: mine, due_at })
  const owners = [mine]
  const { rows } = await due({ owners })
  expect(rows.map(({ details, owner }) => [details, owner])).toEqual([
    ['Return his call', 'Noor'],
    ['Ask her which', 'Noor'],
  ])
  const { buckets } = await inTenant((tx) => readDueSummary(tx, scope, { owners }, kofi.userId, []))
  expect(buckets.overdue.count).toBe(2)
  expect(await inTenant((tx) => readDueNow(tx, scope, owners))).toEqual({ count: 2, isMore: false })
})
