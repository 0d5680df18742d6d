import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayOf } from '../../../src/domain/days.ts'
import {
  atNine,
  bucketOf,
  buckets,
  daysLate,
  edgesOf,
  localInstant,
  quickChoices,
  spanOf,
} from '../../../src/domain/due.ts'

const chicago = 'America/Chicago'
const at = (text: string) => new Date(text)
/** Fri, Nov 20, 2026, 3 PM in Chicago. */
const friday = at('2026-11-20T21:00:00Z')

describe('the bucket of a step', () => {
  test.each([
    ['2026-11-20T05:59:59Z', 'overdue'],
    ['2026-11-20T06:00:00Z', 'today'],
    ['2026-11-20T20:00:00Z', 'today'],
    ['2026-11-21T05:59:59Z', 'today'],
    ['2026-11-21T06:00:00Z', 'week'],
    ['2026-11-23T05:59:59Z', 'week'],
    ['2026-11-23T06:00:00Z', 'later'],
  ])('due at %s is %s, by the days where the workspace is', (dueAt, bucket) => {
    expect(bucketOf(at(dueAt), edgesOf(friday, chicago))).toBe(bucket)
  })

  test('is never "this week" on a Sunday: the week ends with it', () => {
    const edges = edgesOf(at('2026-11-22T18:00:00Z'), chicago)
    expect(edges.tomorrow).toEqual(edges.nextWeek)
  })

  test('is one of four without a gap, in whatever zone and across changes of the clocks', () => {
    const zones = fc.constantFrom(
      chicago,
      'Europe/Berlin',
      'Pacific/Auckland',
      'Asia/Kathmandu',
      'UTC',
      'America/St_Johns',
    )
    const instants = fc.date({ min: at('2020-01-01'), max: at('2035-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(zones, instants, instants, (zone, now, dueAt) => {
        const edges = edgesOf(now, zone)
        const holds = buckets.filter((bucket) => {
          const [from, before] = spanOf(bucket, edges)
          return (from === null || dueAt >= from) && (before === null || dueAt < before)
        })
        expect(holds).toEqual([bucketOf(dueAt, edges)])
        expect(daysLate(dueAt, now, zone) > 0).toBe(bucketOf(dueAt, edges) === 'overdue')
      }),
    )
  })
})

describe('how late a step is', () => {
  test('is counted in days of the calendar, not in hours', () => {
    expect(daysLate(at('2026-11-20T05:30:00Z'), at('2026-11-20T06:30:00Z'), chicago)).toBe(1)
    expect(daysLate(at('2026-11-20T06:30:00Z'), at('2026-11-21T05:30:00Z'), chicago)).toBe(0)
    expect(daysLate(at('2026-11-14T15:00:00Z'), friday, chicago)).toBe(6)
  })

  test('counts the day on which the clocks change as one', () => {
    expect(daysLate(at('2026-10-31T17:00:00Z'), at('2026-11-02T17:00:00Z'), chicago)).toBe(2)
  })
})

describe('the quick choices', () => {
  const choices = (now: Date, zone = chicago) =>
    quickChoices(now, zone).map(({ name, day }) => `${name} ${day}`)

  test('are tomorrow, in 3 days and next Monday', () => {
    expect(choices(at('2026-11-17T18:00:00Z'))).toEqual([
      'Tomorrow 2026-11-18',
      'In 3 days 2026-11-20',
      'Next Monday 2026-11-23',
    ])
  })

  test('pass over the weekend, and name a day once', () => {
    expect(choices(friday)).toEqual(['Next Monday 2026-11-23', 'In 3 days 2026-11-25'])
    expect(choices(at('2026-11-21T18:00:00Z'))).toEqual(['Next Monday 2026-11-23', 'In 3 days 2026-11-25'])
    expect(choices(at('2026-11-18T18:00:00Z'))).toEqual(['Tomorrow 2026-11-19', 'Next Monday 2026-11-23'])
  })

  test('go by the day where the workspace is, and mean nine in the morning there', () => {
    const late = at('2026-11-17T11:30:00Z')
    expect(choices(late, 'Pacific/Auckland')[0]).toBe('Tomorrow 2026-11-19')
    expect(quickChoices(late, 'Pacific/Auckland')[0]?.at).toEqual(at('2026-11-18T20:00:00Z'))
    // Clocks go back on November 1 in Chicago: nine is nine.
    expect(atNine('2026-10-30', chicago)).toEqual(at('2026-10-30T14:00:00Z'))
    expect(atNine('2026-11-02', chicago)).toEqual(at('2026-11-02T15:00:00Z'))
  })

  test('are ahead and on working days, whatever day it is', () => {
    fc.assert(
      fc.property(fc.date({ min: at('2020-01-01'), max: at('2035-01-01'), noInvalidDate: true }), (now) => {
        for (const choice of quickChoices(now, chicago)) {
          expect(choice.at > now).toBe(true)
          expect(Temporal.PlainDate.from(dayOf(choice.at, chicago)).dayOfWeek).toBeLessThan(6)
        }
      }),
    )
  })
})

describe('a date and time as a form sends it', () => {
  test('is meant where the workspace is', () => {
    expect(localInstant('2026-11-23T14:30', chicago)).toEqual(at('2026-11-23T20:30:00Z'))
  })

  test('that the clocks skip is as much later as they skip', () => {
    expect(localInstant('2026-03-08T02:30', chicago)).toEqual(at('2026-03-08T08:30:00Z'))
  })

  test.each(['', 'tomorrow', '2026-02-30T10:00', '2026-11-23', '2026-11-23T25:00'])('%j is none', (text) => {
    expect(localInstant(text, chicago)).toBeUndefined()
  })
})
