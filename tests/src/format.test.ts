import { describe, expect, test } from 'vitest'
import { bytes, clockTime, duration, exactTime, money, plainDate, plural } from '../../src/format.ts'
import { relativeTime } from '../../src/domain/relative-time.ts'

const now = new Date('2026-11-20T15:02:14Z')

describe('money', () => {
  test.each([
    [11_115_000n, 'USD', '$111,150'],
    [-7_410_050n, 'USD', '-$74,101'],
    [9_007_199_254_740_993_00n, 'USD', '$9,007,199,254,740,993'],
    [4_200n, 'JPY', '¥4,200'],
    [1_234_567n, 'KWD', 'KWD 1,235'],
    [5n, 'EUR', '€0'],
  ])('%d of %s is %s', (amount, currency, words) =>
    expect(money(amount, currency).replaceAll('\u00a0', ' ')).toBe(words),
  )
})

describe('time', () => {
  test('stands in the workspace’s zone', () => {
    expect(exactTime(now, 'America/Chicago')).toBe('Nov 20, 2026, 9:02:14 AM CST')
    expect(clockTime(now, 'America/Chicago', now)).toBe('9:02 AM')
  })

  test('carries the day when that is not today there', () => {
    const lateEvening = new Date('2026-11-20T05:30:00Z')
    expect(clockTime(lateEvening, 'America/Chicago', now)).toBe('Nov 19, 11:30 PM')
    expect(clockTime(lateEvening, 'UTC', now)).toBe('5:30 AM')
  })

  test('a date without a time is the same day for everybody, with its year where that is another one', () => {
    expect([plainDate('2026-11-14', now), plainDate('2027-01-01', now)]).toEqual([
      'Sat, Nov 14',
      'Fri, Jan 1, 2027',
    ])
  })

  test.each([
    [-30, 'just now'],
    [-14 * 60, '14 min ago'],
    [-3 * 3_600, '3 h ago'],
    [-72 * 3_600, '3 days ago'],
    [46 * 60, 'in 46 min'],
  ])('%d seconds from now is "%s"', (seconds, words) =>
    expect(relativeTime(new Date(now.getTime() + seconds * 1_000), now)).toBe(words),
  )

  test('durations and sizes carry their unit', () => {
    expect([400, 41_000, 60_000, 185_000, 7_440_000].map(duration)).toEqual([
      '0.4 s',
      '41 s',
      '1 min',
      '3 min 5 s',
      '2 h 4 min',
    ])
    expect([0, 999, 34_112, 5_000_000].map(bytes)).toEqual(['0 B', '999 B', '34.1 kB', '5.0 MB'])
  })
})

test('one is singular', () => {
  expect(plural(1, 'run', 'runs')).toBe('1 run')
  expect(plural(1_284, 'run', 'runs')).toBe('1,284 runs')
})
