import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Tx } from '../../../drizzle/db.ts'
import { completeAction } from '../../../src/commands/complete-action.ts'
import { moveAction } from '../../../src/commands/move-action.ts'
import { retryWrite } from '../../../src/commands/retry-write.ts'
import { undoAction } from '../../../src/commands/undo-action.ts'
import { readDue } from '../../../src/queries/due.ts'
import { readNotWritten } from '../../../src/queries/not-written.ts'
import { readStep } from '../../../src/queries/step.ts'
import { readStepDone } from '../../../src/queries/step-done.ts'
import { useSuggestion } from '../../../src/commands/use-suggestion.ts'
import type { Connection } from '../seed.ts'
import { startPlace, type Place, type Someone } from '../place.ts'

let place: Place
let connection: Connection
let kofi: Someone
let dana: Someone
let id: string
let contact: string

beforeAll(async () => {
  place = await startPlace()
})

afterAll(() => place.close())

beforeEach(async () => {
  const { seed } = place
  connection = await seed.connection(await seed.tenant(`t${Math.random().toString(36).slice(2)}`))
  kofi = await place.someone('rep', connection.tenantId)
  dana = await place.someone('rep', connection.tenantId)
  contact = await seed.record('contacts', connection, { first_name: 'Priya', last_name: 'Raghunathan' })
  id = await seed.record('opportunities', connection, {
    status: 'open',
    title: 'Austin',
    contact_id: contact,
  })
})

const inTenant = <T>(work: (tx: Tx) => Promise<T>) => place.database.asTenant(connection.tenantId, work)
const days = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString()
const step = (details: string, inDays = 1) => ({
  new_next_action_at: days(inDays),
  new_next_action_details: details,
})
const complete = (given: unknown, by = kofi) => inTenant((tx) => completeAction(tx, by, id, given))
const move = (given: unknown, by = kofi) => inTenant((tx) => moveAction(tx, by, id, given))
const undo = (version: number, by = kofi) => inTenant((tx) => undoAction(tx, by, id, version))

async function rows() {
  const { rows } = await place.client.query<Record<string, unknown>>(
    'select number, how, details, outcome, reason, moves from next_actions where opportunity_id = $1 order by number',
    [id],
  )
  return rows
}
const scope = () => ({
  now: new Date(),
  timeZone: 'UTC',
  currency: 'USD',
  taskConnectionIds: [connection.id],
})
const writes = async () => {
  const { rows } = await place.client.query<Record<string, unknown>>(
    'select number, state, payload, refused_because from crm_writes where opportunity_id = $1 order by number',
    [id],
  )
  return rows
}

describe('completing an action', () => {
  test('sets the next one, whose words are tidied, and is written down', async () => {
    expect(await complete(step(' \u202ECall\tabout   the \u2066lease '))).toMatchObject({
      kind: 'changed',
      how: 'planned',
    })
    expect(await complete({ ...step('Send the FDD', 3), version: 1 })).toMatchObject({
      kind: 'changed',
      how: 'completed',
      state: { version: 2, details: 'Send the FDD', title: 'Austin' },
    })
    expect((await rows()).map(({ number, how, details }) => [number, how, details])).toEqual([
      [1, 'planned', 'Call about the lease'],
      [2, 'completed', 'Send the FDD'],
    ])
    expect(
      (await place.audit(connection.tenantId)).map(({ actor, deed, target }) => [actor, deed, target]),
    ).toEqual([
      [kofi.name, 'action_planned', 'opportunity Austin'],
      [kofi.name, 'action_completed', 'opportunity Austin'],
    ])
  })

  test('ends with an outcome, of which all but a win need a reason', async () => {
    await complete(step('Call'))
    expect(await complete({ outcome: 'lost' })).toEqual({ kind: 'invalid', fields: { reason: 'Say why' } })
    expect(await complete({ outcome: 'lost', reason: 'Chose another brand' })).toMatchObject({
      kind: 'changed',
      state: { outcome: 'lost', dueAt: null },
    })
    expect((await rows()).at(-1)).toMatchObject({ outcome: 'lost', reason: 'Chose another brand' })
  })

  test.each([
    [{}, ['new_next_action_details', 'new_next_action_at']],
    [{ new_next_action_details: 'Call them' }, ['new_next_action_at']],
    [{ new_next_action_at: days(1) }, ['new_next_action_details']],
    [step('ab'), ['new_next_action_details']],
    [step('x'.repeat(281)), ['new_next_action_details']],
    [step('Call them', -1), ['new_next_action_at']],
    [step('Call them', 5_000), ['new_next_action_at']],
    [{ ...step('Call them'), outcome: 'won' }, ['outcome']],
    [{ outcome: 'lost', reason: 'x'.repeat(281) }, ['reason']],
  ])('is refused by the rules for %j', async (given, fields) => {
    const outcome = await complete(given)
    expect(outcome).toMatchObject({ kind: 'invalid' })
    expect('fields' in outcome && Object.keys(outcome.fields)).toEqual(fields)
    expect(await rows()).toEqual([])
  })

  test.each([
    null,
    [],
    'x',
    { new_next_action_at: 'tomorrow', new_next_action_details: 'Call them' },
    { new_next_action_at: '2026-11-23T09:00:00', new_next_action_details: 'Call them' },
    { ...step('Call them'), outcome: 'maybe' },
    { ...step('Call them'), version: '1' },
    { ...step('Call them'), tenant_id: '1' },
    { ...step('Call them'), new_next_action_details: 7 },
    { ...step('Call them'), kind: 'x'.repeat(41) },
  ])('is malformed as %j', async (given) => {
    expect(await complete(given)).toMatchObject({ kind: 'malformed' })
  })

  test('says in the words of people that far too much was written', async () => {
    expect(await complete(step('x'.repeat(9_000)))).toEqual({
      kind: 'malformed',
      fields: { new_next_action_details: 'At most 280 characters' },
    })
  })

  test('finds no opportunity of another tenant', async () => {
    const other = await place.seed.connection(
      await place.seed.tenant(`o${Math.random().toString(36).slice(2)}`),
    )
    const foreign = await place.seed.record('opportunities', other, { status: 'open' })
    expect(await inTenant((tx) => completeAction(tx, kofi, foreign, step('Call')))).toEqual({
      kind: 'not_found',
    })
  })

  test('is not possible once the CRM has closed the opportunity', async () => {
    await place.client.query(`update opportunities set status = 'won' where id = $1`, [id])
    expect(await complete(step('Call'))).toEqual({ kind: 'closed' })
  })

  test('with the version of somebody who was slower tells them what the faster one made of it', async () => {
    await complete(step('Call'))
    await complete({ ...step('Send the redline', 4), version: 1 }, dana)
    expect(await complete({ ...step('Call again'), version: 1 })).toMatchObject({
      kind: 'conflict',
      present: { version: 2, details: 'Send the redline', madeBy: dana.name },
    })
  })

  test('ten times at the same moment is done once, with and without a version', async () => {
    await complete(step('Call'))
    for (const version of [1, undefined]) {
      const before = (await rows()).length
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, nth) =>
          complete({ ...step(`Step of ${nth}`, 2), ...(version && { version }) }),
        ),
      )
      const kinds = all.map(({ kind }) => kind)
      if (version) {
        expect(kinds.filter((kind) => kind === 'changed')).toHaveLength(1)
        expect(kinds.filter((kind) => kind === 'conflict')).toHaveLength(9)
      }
      // Without a version whoever began after the faster one had ended completes that one's step: never is one lost.
      expect((await rows()).length - before).toBe(kinds.filter((kind) => kind === 'changed').length)
    }
  })
})

describe('moving an action', () => {
  test('keeps its words, counts how often it was put off, and forgets that once it is completed', async () => {
    await complete(step('Call'))
    for (const [nth, inDays] of [2, 3, 4].entries())
      expect(await move({ next_action_at: days(inDays), version: nth + 1 })).toMatchObject({
        kind: 'changed',
      })
    expect((await rows()).map(({ how, details, moves }) => [how, details, moves])).toEqual([
      ['planned', 'Call', 0],
      ['moved', 'Call', 1],
      ['moved', 'Call', 2],
      ['moved', 'Call', 3],
    ])
    await complete(step('Write'))
    expect((await rows()).at(-1)).toMatchObject({ how: 'completed', moves: 0 })
  })

  test('forward in time is no putting off', async () => {
    await complete(step('Call', 5))
    await move({ next_action_at: days(1), reason: 'They asked for it' })
    expect((await rows()).at(-1)).toMatchObject({ moves: 0, reason: 'They asked for it' })
  })

  test('needs something to move, a time ahead, and a reason that can be read', async () => {
    expect(await move({ next_action_at: days(1) })).toEqual({ kind: 'unplanned' })
    await complete(step('Call'))
    expect(await move({ next_action_at: days(-1) })).toMatchObject({ kind: 'invalid' })
    const long = { next_action_at: days(1), reason: 'x'.repeat(281) }
    expect(await move(long)).toEqual({ kind: 'invalid', fields: { reason: 'At most 280 characters' } })
  })
})

describe('taking over what the CRM has planned', () => {
  const activity = (row: Record<string, unknown> = {}) =>
    place.seed.record('activities', connection, {
      kind: 'call',
      subject: 'Call from the CRM',
      is_done: false,
      contact_id: contact,
      due_at: new Date(Date.now() - 86_400_000),
      ...row,
    })
  const use = (activityId: string) => inTenant((tx) => useSuggestion(tx, kofi, id, { activity: activityId }))
  /** The CRM's tasks that are on the list, and then those that it shows beside our steps. */
  const tasks = async () => {
    const { rows: due } = await inTenant((tx) => readDue(tx, scope(), {}, { most: 9, from: null }))
    const suggested = due.flatMap(({ suggestion }) => suggestion?.activityId ?? [])
    return due.flatMap(({ of, id: task }) => (of === 'task' ? task : [])).concat(suggested)
  }

  test('makes it the next action, overdue as it is', async () => {
    await complete(step('Call'))
    expect(await use(await activity())).toMatchObject({
      kind: 'changed',
      how: 'suggested',
      state: { details: 'Call from the CRM' },
    })
  })

  test('keeps it off the list, and from being planned anew, while it is planned here, moved, and done; until the CRM changes it', async () => {
    const task = await activity({ changed_at: new Date(Date.now() - 86_400_000) })
    expect(await tasks()).toEqual([task])
    await use(task)
    expect(await tasks()).toEqual([])
    await move({ next_action_at: days(2) })
    expect(await tasks()).toEqual([])
    await complete(step('Write'))
    expect(await tasks()).toEqual([])
    await place.client.query('update activities set changed_at = clock_timestamp() where id = $1', [task])
    expect(await tasks()).toEqual([task, task])
  })

  test('keeps it off the list also once its contact has a second open deal', async () => {
    const task = await activity({ changed_at: new Date(Date.now() - 86_400_000) })
    await use(task)
    const deal = { status: 'open', title: 'Dallas', contact_id: contact }
    await place.seed.record('opportunities', connection, deal)
    expect(await tasks()).toEqual([])
    await move({ next_action_at: days(2) })
    expect(await tasks()).toEqual([])
    await complete(step('Write'))
    expect(await tasks()).toEqual([])
    await place.client.query('update activities set changed_at = clock_timestamp() where id = $1', [task])
    expect(await tasks()).toContain(task)
  })

  test('shows it beside our step again once the CRM says something else of it, however ours was moved', async () => {
    const task = await activity()
    await use(task)
    await move({ next_action_at: days(2) })
    const change = (set: string) => place.client.query(`update activities set ${set} where id = $1`, [task])
    const beside = async () => {
      const card = await inTenant((tx) => readStep(tx, scope(), id))
      const { rows: due } = await inTenant((tx) => readDue(tx, scope(), {}, { most: 9, from: null }))
      expect(due.map(({ suggestion }) => suggestion)).toEqual([card?.suggestion])
      return card?.suggestion
    }
    await change('changed_at = clock_timestamp()')
    expect(await beside()).toBeNull()
    await change(`due_at = due_at + interval '5 days'`)
    const moved = await beside()
    expect(moved).toMatchObject({ activityId: task, details: 'Call from the CRM', isNewer: true })
    expect(moved?.dueAt.getTime()).toBeGreaterThan(Date.now())
    await use(task)
    expect(await beside()).toBeNull()
    await change(`subject = 'Call her sister'`)
    expect(await beside()).toMatchObject({ activityId: task, details: 'Call her sister' })
    await change(`subject = 'Call from the CRM'`)
    expect(await beside()).toBeNull()
    // As it was taken over at first, and not at last.
    await change(`due_at = due_at - interval '5 days'`)
    expect(await beside()).toMatchObject({ activityId: task })
  })

  test('shows what the CRM has planned after it', async () => {
    await use(await activity())
    const next = await activity({ subject: 'Send the FDD', due_at: days(3) })
    const card = await inTenant((tx) => readStep(tx, scope(), id))
    expect(card?.suggestion).toMatchObject({ activityId: next, details: 'Send the FDD' })
    expect(await tasks()).toEqual([next])
  })

  test('is not possible for what is done, gone, or about somebody else', async () => {
    const others = [
      { is_done: true },
      { deleted_at: new Date(), deleted_because: 'flag' },
      { contact_id: null },
      { opportunity_id: contact },
    ]
    for (const row of others) expect(await use(await activity(row))).toEqual({ kind: 'gone' })
    expect(await rows()).toEqual([])
  })
})

describe('taking an action back', () => {
  test('plans again what was planned before, as often as it had been moved', async () => {
    await complete(step('Call'))
    await move({ next_action_at: days(2) })
    await complete(step('Write'))
    expect(await undo(3)).toMatchObject({ kind: 'changed', state: { version: 4, details: 'Call' } })
    expect((await rows()).at(-1)).toMatchObject({ how: 'undone', details: 'Call', moves: 1 })
  })

  test('of a first action leaves none', async () => {
    await complete(step('Call'))
    await undo(1)
    expect((await rows()).at(-1)).toMatchObject({ how: 'undone', outcome: 'none' })
    const { rows: found } = await place.client.query(
      'select next_action_at, own_outcome from opportunities where id = $1',
      [id],
    )
    expect(found).toEqual([{ next_action_at: null, own_outcome: null }])
  })

  test('of an outcome asks for a next action again', async () => {
    await complete(step('Call'))
    await complete({ outcome: 'disqualified', reason: 'No funds' })
    expect(await undo(2)).toMatchObject({ state: { outcome: null, details: 'Call' } })
  })

  test('is too late after ten seconds, for somebody else, and twice', async () => {
    await complete(step('Call'))
    expect(await undo(1, dana)).toEqual({ kind: 'too_late' })
    await place.client.query(
      `update next_actions set made_at = made_at - interval '13 seconds' where opportunity_id = $1`,
      [id],
    )
    expect(await undo(1)).toEqual({ kind: 'too_late' })
    await complete(step('Write'))
    expect(await undo(2)).toMatchObject({ kind: 'changed' })
    expect(await undo(3)).toEqual({ kind: 'too_late' })
  })

  test('is a conflict once something came after it', async () => {
    await complete(step('Call'))
    await complete(step('Write'), dana)
    expect(await undo(1)).toMatchObject({ kind: 'conflict', present: { version: 2 } })
  })
})

describe('writing to the CRM', () => {
  test('is off, until the workspace has it on', async () => {
    await complete(step('Call'))
    expect(await writes()).toEqual([])
    await place.client.query('update tenants set writes_back = true where id = $1', [connection.tenantId])
    const given = step('Write', 2)
    await complete(given)
    await complete({ outcome: 'won' })
    expect(await writes()).toEqual([
      {
        number: 2,
        state: 'pending',
        payload: { next_action_at: given.new_next_action_at, next_action_details: 'Write' },
        refused_because: null,
      },
      { number: 3, state: 'pending', payload: { outcome: 'won', reason: null }, refused_because: null },
    ])
  })

  test('is queued by the transaction that decided it, or not at all', async () => {
    await place.client.query('update tenants set writes_back = true where id = $1', [connection.tenantId])
    const failed = inTenant(async (tx) => {
      await completeAction(tx, kofi, id, step('Call'))
      throw new Error('the program stopped')
    })
    await expect(failed).rejects.toThrow('the program stopped')
    expect([await writes(), await rows()]).toEqual([[], []])
  })

  test('does not happen for what was taken back, and keeps from being taken back what is on its way', async () => {
    await place.client.query('update tenants set writes_back = true where id = $1', [connection.tenantId])
    await complete(step('Call'))
    await undo(1)
    expect(await writes()).toMatchObject([{ number: 1, state: 'refused', refused_because: 'undone' }])
    await complete(step('Call'))
    await place.client.query(
      `update crm_writes set state = 'sending' where opportunity_id = $1 and number = 3`,
      [id],
    )
    expect(await undo(3)).toEqual({ kind: 'too_late' })
  })

  test('what the CRM refused is still said, and tried again, once a later change was taken back', async () => {
    await place.client.query('update tenants set writes_back = true where id = $1', [connection.tenantId])
    await complete(step('Call'))
    await move({ next_action_at: days(2) })
    await undo(2)
    await place.client.query(
      `update crm_writes set state = 'refused', refused_because = 'Not on Sundays', settled_at = clock_timestamp()
       where opportunity_id = $1 and number = 1`,
      [id],
    )
    const write = { state: 'refused', because: 'Not on Sundays' }
    const { rows: due } = await inTenant((tx) => readDue(tx, scope(), {}, { most: 9, from: null }))
    expect(due.map((row) => row.write)).toEqual([write])
    expect(await inTenant((tx) => readStep(tx, scope(), id))).toMatchObject({ write })
    expect(await inTenant((tx) => readStepDone(tx, kofi.userId, id, 3))).toMatchObject({
      how: 'undone',
      write,
    })
    expect(await inTenant(readNotWritten)).toMatchObject([
      { opportunityId: id, version: 3, details: 'Call', because: 'Not on Sundays' },
    ])
    expect(await inTenant((tx) => retryWrite(tx, kofi, id, 3))).toEqual({ kind: 'waits' })
    expect(await writes()).toMatchObject([
      { number: 1, state: 'pending' },
      { number: 2, state: 'refused', refused_because: 'undone' },
    ])
    await complete(step('Write'))
    expect(await inTenant((tx) => retryWrite(tx, kofi, id, 4))).toEqual({ kind: 'not_found' })
  })
})
