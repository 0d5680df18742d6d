import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IdSet } from '../../worker/id-set.ts'
import { recordIds } from '../../worker/record-id.ts'

/** Sixteen ids that can only be told apart by their first or their last used digit: all neighbours of one another. */
const neighbours = fc
  .tuple(fc.constantFrom('0', '1', '2', '3'), fc.constantFrom('1', '5', '9', 'd'))
  .map(([first, last]) => `0000000${first}-0000-5000-8000-0000000${last}0000`)

describe('the set of ids', () => {
  test('answers as a set of texts does, whatever is added and asked in whatever order', () => {
    const deeds = fc.array(fc.tuple(fc.boolean(), fc.oneof(neighbours, fc.uuid())), { maxLength: 200 })
    fc.assert(
      fc.property(deeds, (all) => {
        const [ours, truth] = [new IdSet(), new Set<string>()]
        for (const [isAdded, id] of all) {
          expect(ours.has(id)).toBe(truth.has(id))
          if (!isAdded) continue
          expect(ours.add(id)).toBe(!truth.has(id))
          truth.add(id)
          expect(ours.size).toBe(truth.size)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('keeps two hundred thousand ids through every growth, and knows no stranger', () => {
    const idOf = recordIds(randomUUID())
    const ids = Array.from({ length: 200_000 }, (_, at) => idOf('leads', String(at)))
    const set = new IdSet()
    expect(ids.every((id) => set.add(id))).toBe(true)
    expect(set.size).toBe(200_000)
    expect(ids.every((id) => set.has(id))).toBe(true)
    expect(ids.some((id) => set.add(id))).toBe(false)
    expect(set.size).toBe(200_000)
    const strangers = Array.from({ length: 200_000 }, (_, at) => idOf('contacts', String(at)))
    expect(strangers.some((id) => set.has(id))).toBe(false)
  })

  test('is right at each size around the moments at which it grows', () => {
    const idOf = recordIds(randomUUID())
    const ids = Array.from({ length: 2_100 }, (_, at) => idOf('leads', String(at)))
    const set = new IdSet()
    for (const [at, id] of ids.entries()) {
      set.add(id)
      if (![511, 512, 513, 1_023, 1_024, 1_025, 2_047, 2_048, 2_049].includes(at)) continue
      expect(ids.map((other) => set.has(other))).toEqual(ids.map((_, other) => other <= at))
    }
  })

  test('an empty one holds nothing, not even the id of zeros', () => {
    const set = new IdSet()
    expect([set.size, set.has('00000000-0000-0000-0000-000000000000')]).toEqual([0, false])
    expect(set.add('00000000-0000-0000-0000-000000000000')).toBe(true)
    expect([set.size, set.has('00000000-0000-0000-0000-000000000000')]).toEqual([1, true])
  })
})
