import fc from 'fast-check'
import { expect, test } from 'vitest'
import { daysLater, dayOf } from '../../../src/domain/days.ts'
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

const of = (name: string | null, from?: string, to?: string) => {
  const {
    key,
    from: start,
    to: end,
    before,
  } = periodNamed({ name, from: from ?? null, to: to ?? null }, asOf, zone)
  return [key, start?.toISOString(), end?.toISOString(), before?.toISOString()]
}

test('a period stands beside one of the same length, all time beside none', () => {
  const days = (name: string | null) => of(name).map((text) => text?.slice(0, 10))
  expect(days(null)).toEqual(['30d', '2026-10-16', undefined, '2026-09-16'])
  expect(days('7d')).toEqual(['7d', '2026-11-08', undefined, '2026-11-01'])
  expect(days('all')).toEqual(['all', undefined, undefined, undefined])
  expect(days('quarter')).toEqual(['quarter', '2026-10-01', undefined, '2026-08-16'])
  // The fifteenth of November 2026 is a Sunday.
  expect(of('week')).toEqual(['week', '2026-11-09T06:00:00.000Z', undefined, '2026-11-02T21:00:00.000Z'])
})

test('two days are both in the period, from midnight to midnight where the workspace is, beside as many days before', () => {
  // The clocks go back on the first of November: the period has an hour more than the one before it.
  expect(of('days', '2026-10-31', '2026-11-02')).toEqual([
    'days',
    '2026-10-31T05:00:00.000Z',
    '2026-11-03T06:00:00.000Z',
    '2026-10-28T05:00:00.000Z',
  ])
  expect(of('days', '2026-11-02', '2026-10-31')).toEqual(of('days', '2026-10-31', '2026-11-02'))
  const { words, over } = periodNamed({ name: 'days', from: '2026-11-02', to: '2026-11-02' }, asOf, zone)
  expect([words, over]).toEqual(['on Nov 2, 2026', 'on the day before'])
})

test('a period of days that has not ended goes up to the time of the data, beside as long a time', () => {
  const open = ['days', '2026-11-14T06:00:00.000Z', undefined, '2026-11-12T21:00:00.000Z']
  expect(of('days', '2026-11-14')).toEqual(open)
  expect(of('days', '2026-11-14', '2026-11-15')).toEqual(open)
  expect(of('days', '2026-11-14', '2030-01-01')).toEqual(open)
})

test.each([
  [undefined, '2026-11-01'],
  ['2026-02-30', '2026-11-01'],
  ['2026-11-01', 'x'],
  ['2026-11-16', '2026-11-20'],
])('from %s to %s is no period, so thirty days are', (from, to) => {
  expect(of('days', from, to)).toEqual(of('30d'))
})

test('of any two days the period has all the days between, and the one before it as many', () => {
  const anyDay = fc.integer({ min: 0, max: 900 }).map((days) => daysLater('2024-05-01', days))
  const zones = fc.constantFrom(
    'America/Chicago',
    'Pacific/Apia',
    'Australia/Lord_Howe',
    'UTC',
    'America/Santiago',
  )
  fc.assert(
    fc.property(anyDay, anyDay, zones, (one, other, zoneOf) => {
      const { from, to, before } = periodNamed({ name: 'days', from: one, to: other }, asOf, zoneOf)
      if (!from || !to || !before) throw new Error('both ends are clear')
      const days = (start: Date, end: Date) =>
        Temporal.PlainDate.from(dayOf(start, zoneOf)).until(dayOf(end, zoneOf)).days
      const [first, last] = [one, other].toSorted()
      expect([dayOf(from, zoneOf), dayOf(new Date(to.getTime() - 1), zoneOf)]).toEqual([first, last])
      expect(days(before, from)).toBe(days(from, to))
    }),
  )
})
