import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rowAt } from '../../simulator/facts.ts'
import { startSimulator, type Truth } from '../../simulator/main.ts'
import { larkspur, rosewood, startQuiet } from './visit.ts'

const HOUR = 3_600_000
const busy = { ...rosewood, people: 150, changesPerDay: 3000 }

async function truthAfter(steps: number[]): Promise<Truth> {
  const simulator = await startSimulator({ accounts: [busy] })
  const account = simulator.account(busy.webKey)
  for (const ms of steps) {
    simulator.advance(ms)
    // Looking early must not change anything either: notes and appointments are made on first sight.
    if (ms % 2 === 0) account.truth()
    else account.totals()
  }
  const truth = account.truth()
  await simulator.close()
  return truth
}

describe('the world', () => {
  test('ends the same however the time is cut into steps', async () => {
    const whole = await truthAfter([24 * HOUR])
    const cuts = fc.array(fc.integer({ min: 0, max: 24 * HOUR }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(cuts, async (instants) => {
        const stops = [...instants.toSorted((a, b) => a - b), 24 * HOUR]
        expect(await truthAfter(stops.map((stop, i) => stop - (stops[i - 1] ?? 0)))).toEqual(whole)
      }),
      { numRuns: 15 },
    )
  })

  test('differs from seed to seed, and no id of one is an id of the other', async () => {
    const simulator = await startQuiet()
    const [one, other] = [
      simulator.account(rosewood.webKey).truth(),
      simulator.account(larkspur.webKey).truth(),
    ]
    const idsOf = (truth: Truth) =>
      [...truth.people, ...truth.deals, ...truth.notes, ...truth.activities].map(({ id }) => id)
    const ids = [...idsOf(one), ...idsOf(other)]
    expect(new Set(ids).size).toBe(ids.length)
    await simulator.close()
  })

  test('lives: in a day of changes everything that can happen happens', async () => {
    const before = await truthAfter([0])
    const after = await truthAfter([24 * HOUR])
    const ids = (truth: Truth) => new Set(truth.people.map(({ id }) => id))
    expect([...ids(after)].filter((id) => !ids(before).has(id)).length, 'new leads').toBeGreaterThan(50)
    expect([...ids(before)].filter((id) => !ids(after).has(id)).length, 'removed or merged').toBeGreaterThan(
      20,
    )
    expect(after.notes.length).toBeGreaterThan(before.notes.length)
    expect(after.activities.length).toBeGreaterThan(before.activities.length)
    expect(after.deals.filter(({ stageName }) => stageName === 'FA Signed').length).toBeGreaterThan(
      before.deals.filter(({ stageName }) => stageName === 'FA Signed').length,
    )
  })

  test('has changes that share their second', async () => {
    const { people } = await truthAfter([24 * HOUR])
    const bySecond = Map.groupBy(people, ({ modifiedAt }) => modifiedAt)
    expect(Math.max(...[...bySecond.values()].map((rows) => rows.length))).toBeGreaterThan(5)
  })

  test('shows a late row only at its hour, with the older instant of its creation', async () => {
    const simulator = await startQuiet()
    const account = simulator.account(rosewood.webKey)
    const created = account.truth().people.length
    const now = Math.floor(new Date('2026-11-20T15:00:00Z').getTime() / 1000)
    const id = account.addPerson({ firstName: 'Late', visibleAt: now + 240 })
    simulator.advance(239_000)
    expect(account.totals().people).toBe(created)
    simulator.advance(1000)
    const late = account.truth().people.find((person) => person.id === id)
    expect(late?.createdAt).toBe('2026-11-20T15:00:00.000Z')
    await simulator.close()
  })

  test('gives the loser’s deals, notes and activities to the winner of a merge', async () => {
    const simulator = await startQuiet()
    const account = simulator.account(rosewood.webKey)
    const [winner, loser] = [rowAt(account.truth().people, 0).id, rowAt(account.truth().people, 1).id]
    account.addDeal(loser)
    account.addActivity(loser)
    account.addNote(loser, 'Prefers mornings.')
    const before = account.truth()
    account.mergePeople(winner, loser)
    const after = account.truth()
    expect(after.people.some(({ id }) => id === loser)).toBe(false)
    for (const list of ['deals', 'notes', 'activities'] as const) {
      const mine = before[list].filter(({ personId }) => personId === winner || personId === loser)
      expect(after[list].filter(({ personId }) => personId === winner)).toHaveLength(mine.length)
    }
    await simulator.close()
  })

  test('refuses edits of what never existed', async () => {
    const simulator = await startQuiet()
    const account = simulator.account(rosewood.webKey)
    expect(() => account.editPerson('1', { firstName: 'Nobody' })).toThrow('no person with id 1')
    expect(() => account.removeDeal('nonsense')).toThrow('no deal with id nonsense')
    await simulator.close()
  })

  test('refuses to be larger than its ids reach', async () => {
    await expect(startQuiet({ people: 1_000_001 })).rejects.toThrow(RangeError)
    await expect(startQuiet({ seed: -1 })).rejects.toThrow(RangeError)
  })
})
