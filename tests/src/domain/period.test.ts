import { expect, test } from 'vitest'
import { periodNamed, quarterEnd, quarterStart, sinceNamed } from '../../../src/domain/period.ts'

const zone = 'America/Chicago'
/** 9:00 AM in Chicago, two weeks after its clocks went back. */
const asOf = new Date('2026-11-15T15:00:00Z')

test.each([
  [null, '2026-11-08T15:00:00.000Z', '7 days ago'],
  ['7d', '2026-11-08T15:00:00.000Z', '7 days ago'],
  // The same hour of the day, across the change of the clocks.
  ['30d', '2026-10-16T14:00:00.000Z', '30 days ago'],
  ['quarter', '2026-10-01T05:00:00.000Z', 'at the start of the quarter, Oct 1, 2026'],
  ['2026-03-01', '2026-03-01T06:00:00.000Z', 'on Mar 1, 2026'],
])('%j compares with %s', (text, at, words) => {
  const since = sinceNamed(text, asOf, zone)
  expect([since.at.toISOString(), since.words]).toEqual([at, words])
})

test.each(['2026-11-15', '2030-01-01', '2026-02-30', '0001-01-01', 'x', ''])(
  '%j is no past day, so a week is',
  (text) => {
    expect(sinceNamed(text, asOf, zone).key).toBe('7d')
  },
)

test('a quarter begins with its first month and ends before the next', () => {
  expect(['2026-01-31', '2026-03-31', '2026-04-01', '2026-12-31'].map(quarterStart)).toEqual([
    '2026-01-01',
    '2026-01-01',
    '2026-04-01',
    '2026-10-01',
  ])
  expect(quarterEnd('2026-11-15')).toBe('2027-01-01')
})

test('a period stands beside one of the same length, all time beside none', () => {
  const of = (text: string | null) => {
    const { key, from, before } = periodNamed(text, asOf, zone)
    return [key, from?.toISOString().slice(0, 10), before?.toISOString().slice(0, 10)]
  }
  expect(of(null)).toEqual(['30d', '2026-10-16', '2026-09-16'])
  expect(of('7d')).toEqual(['7d', '2026-11-08', '2026-11-01'])
  expect(of('all')).toEqual(['all', undefined, undefined])
  expect(of('quarter')).toEqual(['quarter', '2026-10-01', '2026-08-16'])
})
