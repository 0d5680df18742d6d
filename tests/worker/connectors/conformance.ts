import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AccountOptions, FaultName, FaultRule, SimulatedAccount } from '../../../simulator/main.ts'
import type { StreamName } from '../../../worker/connectors/connector.ts'
import { givenUpAt } from '../../month/share.ts'
import { arrange, type Arrangement, type Client, type Stored, type StreamRow } from '../arrange.ts'
import { copyOf, replay } from '../replayed.ts'
import { expectSound } from '../soundness.ts'
import { expectTruth } from '../truth.ts'
import { openDesk, type Deal, type Desk } from '../writing.ts'
import { keepsMappedFields, type MarketField } from './mapped.ts'

/** What a person does to one record of a stream in the CRM; each answers the source id that we know it by. */
export type StreamDeeds = {
  /** The operation under which the simulator lists it, for faults; several when changes are found by another. */
  operations: string[]
  /** Changes one record. */
  edit?: (account: SimulatedAccount) => string
  /** Takes one record away. */
  remove?: (account: SimulatedAccount) => string
  /** A field that the CRM documents, and our column that must not become empty when it vanishes. */
  vanishing?: { field: string; column: string }
}

/** What a CRM says when it has had enough, and what we make of it. */
export type Limit = Pick<FaultRule, 'fault' | 'params'> & { becomes: 'waited' | 'paused' | 'refused' }

/** A CRM as the conformance suite needs to know it: how it is disturbed, not how it is read. */
export type Subject = {
  crm: NonNullable<AccountOptions['crm']>
  account?: Partial<AccountOptions>
  settings?: Stored
  streams: Partial<Record<StreamName, StreamDeeds>>
  market: MarketField
  /** What a person or a deal is called on the wire, where that is not its number. */
  wireId?: (table: 'contacts' | 'opportunities', id: string) => string
  /** How access ends and is given again, where that is not by another token. */
  access?: { end: (account: SimulatedAccount) => void; restore: (client: Client) => Promise<void> }
  /** Hours after which a record that was taken away must be a tombstone, and after which everything must be right again. */
  hoursToDelete: number
  hoursToHeal: number
  limits: Limit[]
  /** Faults of a page after which a run must still read everything, and those that it must refuse to believe. */
  bearable: FaultName[]
  unbelievable: FaultName[]
  /** The operations by which a new step and an outcome are written, as faults name them. */
  writes: { step: string; outcome: string }
  /** How the CRM turns one stream away for want of a permission, and which stream that is tried with. */
  forbidden: { stream: StreamName; refuse: (all: Arrangement, account: SimulatedAccount) => void }
}

const hour = 3_600_000
const minute = 60_000

/** The promises that every connector keeps, against its simulator; a world of its own for each, standing still but for the deeds. */
export function keepsThePromises(subject: Subject): void {
  const open: Arrangement[] = []
  afterAll(async () => {
    for (const all of open) await all.close()
  })

  async function begin(more: Partial<AccountOptions> = {}): Promise<{ all: Arrangement; client: Client }> {
    const all = await arrange([accountOf(subject, more)])
    open.push(all)
    const client = await all.connect(undefined, subject.settings)
    const { run } = await client.sync()
    expect([run.status, run.error_detail]).toEqual(['success', null])
    return { all, client }
  }

  const wireId = (table: 'contacts' | 'opportunities', id = '') => subject.wireId?.(table, id) ?? id
  const streams = Object.entries(subject.streams) as [StreamName, StreamDeeds][]
  const streamsWith = (deed: keyof StreamDeeds) => streams.filter(([, deeds]) => deeds[deed] !== undefined)

  describe('one world', () => {
    let all: Arrangement
    let client: Client
    beforeAll(async () => {
      ;({ all, client } = await begin())
    })
    const live = async (stream: StreamName) =>
      (await client.records(stream)).filter(({ deleted_at: deletedAt }) => deletedAt === null)
    const find = async (stream: StreamName, id: string) =>
      (await client.records(stream)).find((row) => row.source_id === id)

    test('a first sync ends, and holds what the account holds, field by field', () => expectTruth(client))

    test.each(streams)('%s: every record has an id, once', async (stream) => {
      const ids = (await client.records(stream)).map((row) => row.source_id)
      expect(ids.length).toBeGreaterThan(0)
      expect(ids.every((id) => typeof id === 'string' && id !== '')).toBe(true)
      expect(new Set(ids).size).toBe(ids.length)
    })

    test('a second sync changes nothing, and keeps no page of it', async () => {
      const before = [await client.everything(), await client.records('raw_snapshots')]
      const { run } = await client.sync()
      expect(run).toMatchObject({ status: 'success', created: 0, updated: 0, retired: 0, quarantined: 0 })
      expect([await client.everything(), await client.records('raw_snapshots')]).toEqual(before)
    })

    test.each(streamsWith('edit'))('%s: an edit arrives, and only once', async (stream, { edit }) => {
      all.simulator.advance(minute)
      const before = await client.records(stream)
      const id = edit?.(client.account) ?? ''
      const { run, streams: ended } = await client.sync()
      expect(run.status).toBe('success')
      expect(ended[stream]?.updated).toBeGreaterThan(0)
      expect((await find(stream, id))?.content_hash).not.toEqual(
        before.find((row) => row.source_id === id)?.content_hash,
      )
      expect((await client.sync()).run).toMatchObject({ created: 0, updated: 0, retired: 0 })
    })

    test.each(streamsWith('remove'))(
      '%s: what is taken away becomes a tombstone',
      async (stream, { remove }) => {
        const before = await live(stream)
        const id = remove?.(client.account) ?? ''
        expect(before.map((row) => row.source_id)).toContain(id)
        all.simulator.advance(subject.hoursToDelete * hour)
        await client.sync({ acceptAbsence: true })
        const row = await find(stream, id)
        expect(row?.deleted_at).not.toBeNull()
        expect(['flag', 'feed', 'absence']).toContain(row?.deleted_because)
      },
    )

    test('two people who are merged are one, and what was about either is about that one', async () => {
      const [one, two] = client.account
        .truth()
        .people.filter(({ id }) => client.account.truth().deals.some(({ personId }) => personId === id))
      const deals = client.account
        .truth()
        .deals.filter(({ personId }) => [one?.id, two?.id].includes(personId))
      client.account.mergePeople(one?.id ?? '', two?.id ?? '')
      all.simulator.advance(minute)
      const { run } = await client.sync({ acceptAbsence: true })
      expect(run.status).toBe('success')
      const survivor = client.account.truth().deals.find(({ id }) => id === deals[0]?.id)?.personId
      const merged = [one?.id, two?.id].filter((id) => id !== survivor)
      const contacts = await live('contacts')
      expect(contacts.filter((row) => merged.some((id) => row.source_id === wireId('contacts', id)))).toEqual(
        [],
      )
      const contact = contacts.find((row) => row.source_id === wireId('contacts', survivor))
      const opportunities = await live('opportunities')
      expect(deals.length).toBeGreaterThan(1)
      for (const { id } of deals)
        expect(opportunities.find((row) => row.source_id === wireId('opportunities', id))?.contact_id).toBe(
          contact?.id,
        )
    })

    test('whatever was missed meanwhile is right again in time', async () => {
      all.simulator.advance(subject.hoursToHeal * hour)
      const { run } = await client.sync({ acceptAbsence: true })
      expect(run.status).toBe('success')
      await expectTruth(client)
    })

    test('a replay without one call gives the very same copy', async () => {
      const requests = all.simulator.ledger.count()
      const before = await copyOf(client)
      const report = await replay(all, client, 'verify')
      expect(report.records).toBeGreaterThan(0)
      expect(report.differences).toEqual([])
      expect(await copyOf(client)).toEqual(before)
      expect(all.simulator.ledger.count()).toBe(requests)
    })

    test('the database keeps its invariants', () => expectSound(all.url))
  })

  describe('limits and refusals', () => {
    let all: Arrangement
    let client: Client
    beforeAll(async () => {
      ;({ all, client } = await begin())
    })
    const someStream = streams.at(-1) as [StreamName, StreamDeeds]

    test.each(subject.limits)('$fault is $becomes', async ({ fault, params, becomes }) => {
      const [, { operations }] = someStream
      for (const operation of operations)
        all.simulator.faults.add({
          fault,
          operation,
          nth: 1,
          times: becomes === 'waited' ? 1 : 100,
          ...(params && { params }),
        })
      const before = await client.everything()
      const { run } = await client.sync()
      all.simulator.faults.clear()
      expect(await client.everything()).toEqual(before)
      if (becomes === 'waited') expect([run.status, run.retries > 0]).toEqual(['success', true])
      if (becomes === 'paused') {
        expect([run.status, run.error_code]).toEqual(['cancelled', 'E_RATE_LIMITED'])
        expect(run.verdict).toContain('pause')
        const { next_due_at: due, consecutive_failures: failures, state } = await client.connection()
        expect([failures, state]).toEqual([0, 'active'])
        expect(Date.parse(String(due))).toBeGreaterThan(Date.now() + 20 * minute)
      }
      if (becomes === 'refused') expect([run.status, run.error_code]).toEqual(['failed', 'E_RATE_LIMITED'])
      await all.db.query('update connections set next_due_at = now()')
      expect((await client.sync()).run.status).toBe('success')
    })

    test('a token that is not accepted any more ends the run, says so, and costs no further call', async () => {
      const before = await client.everything()
      if (subject.access === undefined) client.account.setAccessToken('another')
      else subject.access.end(client.account)
      all.simulator.ledger.clear()
      const { run } = await client.sync()
      expect([run.status, run.error_code]).toEqual(['failed', 'E_AUTH_REVOKED'])
      expect(run.error_public).toMatch(/reconnect/i)
      expect((await client.connection()).state).toBe('needs_reconnect')
      expect(all.simulator.ledger.count()).toBeLessThanOrEqual(2)
      expect(await client.everything()).toEqual(before)
      if (subject.access === undefined) client.account.setAccessToken(accountOf(subject).accessToken)
      else await subject.access.restore(client)
      expect((await client.sync()).run.status).toBe('success')
      expect((await client.connection()).state).toBe('active')
    })

    test('a stream that the account may not read fails alone', async () => {
      const { stream, refuse } = subject.forbidden
      refuse(all, client.account)
      const { run, streams: ended } = await client.sync()
      all.simulator.faults.clear()
      expect(run.status).toBe('partial')
      const broken = (rows: Record<string, StreamRow>) =>
        Object.entries(rows).flatMap(([name, { status }]) => (status === 'failed' ? [name] : []))
      expect(broken(ended)).toEqual([stream])
      expect(ended[stream]?.error_code).toBe('E_PERMISSION')
    })
  })

  describe('the share of the day', () => {
    let all: Arrangement
    let client: Client
    beforeAll(async () => {
      ;({ all, client } = await begin())
    })
    const edited = streamsWith('edit').map(([stream]) => stream)
    const limit = 1_000_000
    /** So much of it is used, whatever day it is by now; null: a day begins of which nothing is used. */
    const use = (percent: number | null) =>
      percent === null
        ? all.db.query('delete from quota_days where connection_id = $1', [client.connectionId])
        : all.db.query(
            `insert into quota_days (tenant_id, connection_id, day, used)
             select tenant_id, id, current_date + n, $2 from connections, generate_series(-1, 1) n where id = $1
             on conflict (tenant_id, connection_id, day) do update set used = excluded.used`,
            [client.connectionId, (limit * percent) / 100],
          )
    const statesOf = (streams: Record<string, StreamRow>, status: string) =>
      Object.keys(streams).filter((stream) => streams[stream]?.status === status)

    test('as it is used up, what matters least is given up first and opportunities last, nothing looks fresh that waits, and all goes on the next day', async () => {
      await all.db.query('update connections set quota_share = 1, quota_limit = $2 where id = $1', [
        client.connectionId,
        limit,
      ])
      for (const percent of [69, 72, 77, 82, 87, 92, 97, 100]) {
        await use(percent)
        all.simulator.advance(minute)
        for (const [, { edit }] of streamsWith('edit')) edit?.(client.account)
        const [asked, fresh] = [all.simulator.ledger.count(), await client.freshness()]
        const { run, streams: ended } = await client.sync()
        const waiting = statesOf(ended, 'paused')
        const read = Object.keys(ended).filter((stream) => ended[stream]?.status !== 'not_synced')
        expect(waiting.sort()).toEqual(read.filter((stream) => (givenUpAt[stream] ?? 0) <= percent).sort())
        expect(run.status).toBe(waiting.length === 0 ? 'success' : 'partial')
        if (waiting.length > 0) expect(run.verdict).toContain('daily share')
        const after = await client.freshness()
        for (const stream of read) {
          const isWaiting = waiting.includes(stream)
          if (isWaiting)
            expect(ended[stream]).toMatchObject({ error_code: 'E_QUOTA_SHARE', fetched: 0, retired: 0 })
          expect(after[stream] === fresh[stream], stream).toBe(isWaiting)
        }
        if (percent === 97)
          expect(read.filter((stream) => !waiting.includes(stream))).toEqual(['opportunities'])
        if (percent === 100) expect(all.simulator.ledger.count()).toBe(asked)
      }
      await use(null)
      const { run, streams: ended } = await client.sync()
      expect(run.status).toBe('success')
      for (const stream of edited) expect(ended[stream]?.updated, stream).toBeGreaterThan(0)
      await expectTruth(client)
    })
  })

  describe('what is written', () => {
    let all: Arrangement
    let client: Client
    let desk: Desk
    const deals: Deal[] = []
    beforeAll(async () => {
      ;({ all, client } = await begin({ people: 60 }))
      desk = await openDesk(all, client, (id) => wireId('opportunities', id))
      deals.push(...desk.deals)
    })
    afterAll(() => desk.close())
    const nextDeal = (): Deal => {
      const deal = deals.shift()
      if (deal === undefined) throw new Error('the account has too few open deals')
      return deal
    }
    const fail = (fault: FaultName, operation: string, params?: Record<string, unknown>) =>
      all.simulator.faults.add({ fault, operation, nth: 1, times: 1, ...(params && { params }) })
    const stageOf = ({ crmId }: Deal) => client.account.truth().deals.find(({ id }) => id === crmId)?.stageId
    const sync = async () => {
      all.simulator.advance(minute)
      expect((await client.sync()).run.status).toBe('success')
    }

    test('a next step is in the CRM once, and confirmed when the next sync has seen it', async () => {
      const deal = nextDeal()
      await desk.plan(deal, 'Send the redline')
      await desk.send()
      const [write] = await desk.writes(deal)
      expect(write).toMatchObject({ state: 'sent', attempts: 1 })
      expect(desk.tasksOf(write?.idempotency_key ?? '').map(({ title }) => title)).toEqual([
        'Send the redline',
      ])
      await sync()
      expect(await desk.writes(deal)).toMatchObject([{ state: 'confirmed', refused_because: null }])
      const activity = (await client.records('activities')).find(({ id }) => id === write?.activity_id)
      expect(activity).toMatchObject({ subject: 'Send the redline', is_done: false })
    })

    test('a step that is put off is the same task on another day; one that is completed is done, and the next is another', async () => {
      const deal = nextDeal()
      await desk.plan(deal, 'Call about the lease')
      await desk.send()
      await desk.move(deal, 9)
      await desk.send()
      await desk.plan(deal, 'Meet at the site', 12)
      await desk.send()
      const [first, second, third] = await desk.writes(deal)
      expect([first?.state, second?.state, third?.state]).toEqual(['sent', 'sent', 'sent'])
      expect(second?.task_id).toBe(first?.task_id)
      expect(desk.tasksOf(second?.idempotency_key ?? '')).toMatchObject([{ status: 'completed' }])
      expect(desk.tasksOf(third?.idempotency_key ?? '')).toMatchObject([
        { status: 'scheduled', title: 'Meet at the site' },
      ])
    })

    test.each(['won', 'lost', 'disqualified'] as const)(
      '%s is said there, and seen by the next sync',
      async (outcome) => {
        const deal = nextDeal()
        await desk.end(deal, outcome)
        await desk.send()
        expect(await desk.writes(deal)).toMatchObject([{ state: 'sent', refused_because: null }])
        await sync()
        expect(await desk.writes(deal)).toMatchObject([{ state: 'confirmed' }])
        const row = (await client.records('opportunities')).find(({ id }) => id === deal.id)
        expect(row?.status).toBe(outcome === 'won' ? 'won' : 'lost')
      },
    )

    test('what the CRM refuses is refused in its words, and made good by trying again with the same key', async () => {
      const deal = nextDeal()
      await desk.plan(deal, 'Call on Sunday')
      fail('write-refused', subject.writes.step, { message: 'Nobody works on Sundays' })
      await desk.send()
      const [write] = await desk.writes(deal)
      expect([write?.state, write?.refused_because]).toEqual([
        'refused',
        expect.stringContaining('Nobody works on Sundays'),
      ])
      expect(desk.tasksOf(write?.idempotency_key ?? '')).toEqual([])
    })

    test.each([
      'hung-up',
      'server-error-afterwards',
      'never-answers',
      'never-arrives',
      'server-error',
    ] as const)('a step whose answer was lost (%s) is there once in the end', async (fault) => {
      const deal = nextDeal()
      await desk.plan(deal, 'Send the FDD')
      fail(fault, subject.writes.step)
      const times = { requestSeconds: 0.3, unknownSeconds: 600 }
      await desk.send({ times })
      const [write] = await desk.writes(deal)
      expect(write).toMatchObject({
        state: 'sending',
        waits_because: expect.stringContaining('errors or not at all') as string,
      })
      const isThere = !['never-arrives', 'server-error'].includes(fault)
      expect(desk.tasksOf(write?.idempotency_key ?? '')).toHaveLength(isThere ? 1 : 0)
      await desk.send()
      expect(await desk.writes(deal)).toMatchObject([{ state: 'sent', attempts: 2 }])
      expect(desk.tasksOf(write?.idempotency_key ?? '')).toHaveLength(1)
      await sync()
      expect(await desk.writes(deal)).toMatchObject([{ state: 'confirmed' }])
    })

    test('a step whose answer was lost is not called refused because the deal was closed there since', async () => {
      const deal = nextDeal()
      await desk.plan(deal, 'Send the FDD')
      fail('hung-up', subject.writes.step)
      await desk.send({ times: { unknownSeconds: 600 } })
      const { stages } = client.account.truth()
      const lost = stages.find(({ isActive }) => !isActive)
      client.account.editDeal(deal.crmId, { stageId: Number(lost?.id) })
      await desk.send()
      const [write] = await desk.writes(deal)
      expect(write).toMatchObject({ state: 'sent', refused_because: null })
      expect(desk.tasksOf(write?.idempotency_key ?? '')).toHaveLength(1)
    })

    test('an outcome whose answer was lost is said once', async () => {
      const deal = nextDeal()
      await desk.end(deal, 'lost')
      fail('hung-up', subject.writes.outcome)
      const before = all.simulator.ledger.count(subject.writes.outcome)
      await desk.send({ times: { unknownSeconds: 600 } })
      expect(await desk.writes(deal)).toMatchObject([{ state: 'sending' }])
      await desk.send()
      expect(await desk.writes(deal)).toMatchObject([{ state: 'sent' }])
      expect(all.simulator.ledger.count(subject.writes.outcome) - before).toBe(1)
    })

    test('what somebody changed in the CRM meanwhile is not written over', async () => {
      const deal = nextDeal()
      await sync()
      all.simulator.advance(minute)
      const { stages } = client.account.truth()
      const [other] = stages.filter(({ id, likelihood }) => likelihood === 15 && id !== stageOf(deal))
      client.account.editDeal(deal.crmId, { stageId: Number(other?.id) })
      await desk.end(deal, 'lost')
      await desk.send()
      expect(await desk.writes(deal)).toMatchObject([
        { state: 'refused', refused_because: expect.stringContaining('not written over') as string },
      ])
      expect(stageOf(deal)).toBe(other?.id)
    })

    test('two changes of one record go one after the other, and our own first one is no reason to hold the second back', async () => {
      const deal = nextDeal()
      await desk.plan(deal, 'Call')
      await desk.end(deal, 'won')
      await desk.send()
      expect((await desk.writes(deal)).map(({ state }) => state)).toEqual(['sent', 'sent'])
    })

    test('the database keeps its invariants', () => expectSound(all.url))
  })

  describe('drift', () => {
    test.each(streamsWith('vanishing'))(
      '%s: a field that vanishes is set aside, and what we had of it stays',
      async (stream, { operations, vanishing }) => {
        const { all, client } = await begin()
        const filled = async () =>
          (await client.records(stream)).filter((row) => row[vanishing?.column ?? ''] !== null).length
        const before = await filled()
        expect(before).toBeGreaterThan(0)
        for (const operation of operations)
          all.simulator.faults.add({ fault: 'field-missing', operation, params: { field: vanishing?.field } })
        const { run, streams: ended } = await client.sync({ full: true })
        expect([run.status, ended[stream]?.error_code]).toEqual(['partial', 'E_QUARANTINE'])
        expect(await filled()).toBe(before)
        all.simulator.faults.clear()
        expect((await client.sync({ full: true })).run).toMatchObject({ status: 'success', quarantined: 0 })
        await expectTruth(client)
      },
    )

    keepsMappedFields(subject, begin)

    test('a field that nobody knows is kept and named', async () => {
      const { all, client } = await begin()
      const [stream, { operations }] = streams.find(([name]) => name === 'opportunities') ?? streams[0]!
      for (const operation of operations) all.simulator.faults.add({ fault: 'unknown-field', operation })
      const { run, streams: ended } = await client.sync({ full: true })
      expect(run.status).toBe('success')
      expect(ended[stream]?.unknown_fields).toContain('favourite_colour')
      expect((await client.records(stream))[0]?.custom).toMatchObject({ favourite_colour: 'teal' })
    })
  })

  describe('pages', () => {
    const opportunities = subject.streams.opportunities?.operations ?? []

    test.each(subject.bearable)('%s does not shorten a list', async (fault) => {
      const all = await arrange([accountOf(subject)])
      open.push(all)
      const client = await all.connect(undefined, subject.settings)
      for (const operation of opportunities)
        all.simulator.faults.add({ fault, operation, nth: 1, times: 2, params: { rows: 3 } })
      const { run } = await client.sync()
      expect([run.status, run.error_detail, all.simulator.faults.fired(fault) > 0]).toEqual([
        'success',
        null,
        true,
      ])
      await expectTruth(client)
    })

    test('what changed after a first load broke off is there when the next run says that all is current', async () => {
      const all = await arrange([accountOf(subject)])
      open.push(all)
      const client = await all.connect(undefined, subject.settings)
      for (const operation of opportunities)
        all.simulator.faults.add({ fault: 'server-error', operation, nth: 2, times: 99 })
      const broken = (await client.sync()).streams.opportunities
      expect([broken?.status, (broken?.fetched ?? 0) > 0]).toEqual(['failed', true])
      all.simulator.faults.clear()
      all.simulator.advance(minute)
      subject.streams.opportunities?.edit?.(client.account)
      const { run } = await client.sync()
      expect([run.status, run.verdict]).toEqual(['success', expect.stringContaining('current')])
      await expectTruth(client)
    })

    test.each(subject.unbelievable)('%s is not taken for the end of a list', async (fault) => {
      const { all, client } = await begin()
      const before = await client.everything()
      for (const operation of opportunities) all.simulator.faults.add({ fault, operation })
      const { run, streams: ended } = await client.sync({ full: true })
      expect(ended.opportunities?.status).toMatch(/^(failed|suspect)$/)
      expect(run.status).not.toBe('success')
      expect(await client.everything()).toEqual(before)
    })
  })
}

/** The account that the suite reads: small, with pages enough, and standing still. */
export const accountOf = ({ crm, account }: Subject, more: Partial<AccountOptions> = {}): AccountOptions => ({
  crm,
  webKey: `conformance-${crm}`,
  accessToken: `CANARY-TOKEN-${crm}`,
  seed: 7,
  people: 24,
  changesPerDay: 0,
  notesPerPerson: 1,
  // Behind every clock that will ever run this.
  startAt: new Date('2026-06-01T15:00:00Z'),
  franchiseFields: true,
  ...account,
  ...more,
})
