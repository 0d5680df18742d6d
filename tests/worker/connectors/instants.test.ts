import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../../worker/connectors/instants.ts'

const newYork = 'America/New_York'

describe('every form of a date that was documented or seen', () => {
  test.each([
    ['2026-02-03 14:05:11', '2026-02-03T19:05:11.000Z'],
    ['2026-02-03 14:05', '2026-02-03T19:05:00.000Z'],
    ['2026-02-03T14:05:11', '2026-02-03T19:05:11.000Z'],
    ['2026-07-03', '2026-07-03T04:00:00.000Z'],
    ['02/03/2026', '2026-02-03T05:00:00.000Z'],
    ['2/3/2026 2:05 PM', '2026-02-03T19:05:00.000Z'],
    ['2/3/2026 12:05 AM', '2026-02-03T05:05:00.000Z'],
    ['2/3/2026 12:05 pm', '2026-02-03T17:05:00.000Z'],
    ['2/3/2026, 14:05:11', '2026-02-03T19:05:11.000Z'],
    ['2026-02-03T14:05:11Z', '2026-02-03T14:05:11.000Z'],
    ['2026-02-03T14:05:11.250Z', '2026-02-03T14:05:11.250Z'],
    ['2026-02-03T14:05:11+05:30', '2026-02-03T08:35:11.000Z'],
    ['2026-02-03T14:05:11-0500', '2026-02-03T19:05:11.000Z'],
    [' 2026-02-03 14:05:11 ', '2026-02-03T19:05:11.000Z'],
  ])('%j', (text, iso) => expect(instant(text, newYork)).toBe(iso))
})

describe('no date', () => {
  test.each(['', '  ', '0000-00-00', '0000-00-00 00:00:00'])('%j is empty', (text) =>
    expect(instant(text, newYork)).toBeNull(),
  )
})

describe('what is no date is refused', () => {
  test.each([
    '2026-02-30',
    '2026-02-30 10:00:00',
    '2026-02-30T10:00:00Z',
    '2026-13-01',
    '2026-02-03 25:00:00',
    '13/02/2026',
    '2/30/2026',
    '2/3/2026 13:05 PM',
    '2/3/2026 0:05 AM',
    '1738591511000',
    '03.02.2026',
    'yesterday',
    'null',
    '0001-01-01 00:00:00',
    '1899-12-30',
    '2200-01-02',
    '9999-12-31 23:59:59',
    '275760-09-13',
    '2026-02-03T14:05:11+99:00',
  ])('%j', (text) => expect(instant(text, newYork)).toBeUndefined())

  test('text of any kind never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(['string', 'object', 'undefined']).toContain(typeof instant(text, newYork))
      }),
    )
  })
})

describe('when the clocks change', () => {
  test('an hour that is there twice is its first time', () =>
    expect(instant('2026-11-01 01:30:00', newYork)).toBe('2026-11-01T05:30:00.000Z'))
  test('an hour that is left out is read as before the change', () =>
    expect(instant('2026-03-08 02:30:00', newYork)).toBe('2026-03-08T06:30:00.000Z'))
  test('a zone that changes in the middle of an hour is right to the minute', () => {
    expect(instant('2026-04-05 03:50:00', 'Pacific/Chatham')).toBe('2026-04-04T15:05:00.000Z')
    expect(instant('2026-10-04 02:15:00', 'Australia/Lord_Howe')).toBe('2026-10-03T15:15:00.000Z')
  })

  test('any local time in any zone is what the calendar of the runtime says', () => {
    const zones = [
      newYork,
      'America/Phoenix',
      'America/St_Johns',
      'Europe/Berlin',
      'Asia/Kolkata',
      'Australia/Lord_Howe',
      'Pacific/Chatham',
      'Pacific/Apia',
      'Africa/Casablanca',
      'UTC',
    ]
    const seconds = fc.integer({ min: Date.UTC(1971, 0) / 1_000, max: Date.UTC(2199, 0) / 1_000 })
    fc.assert(
      fc.property(seconds, fc.constantFrom(...zones), (second, zone) => {
        expectAsCalendar(second, zone)
      }),
      { numRuns: 500 },
    )
  })

  test.each([newYork, 'Australia/Lord_Howe', 'Pacific/Chatham'])(
    'every quarter of an hour of the days of change in %s',
    (zone) => {
      for (const start of [
        Date.UTC(2026, 2, 8),
        Date.UTC(2026, 3, 5),
        Date.UTC(2026, 9, 4),
        Date.UTC(2026, 10, 1),
      ])
        for (let quarter = -96; quarter < 96; quarter += 1)
          expectAsCalendar(start / 1_000 + quarter * 900 + 60, zone)
    },
  )
})

/** `second` is taken as local time: what the clock on the wall shows, put down as if it were UTC. */
function expectAsCalendar(second: number, zone: string): void {
  const local = new Date(second * 1_000).toISOString().slice(0, 19)
  const expected = Temporal.PlainDateTime.from(local).toZonedDateTime(zone, { disambiguation: 'earlier' })
  expect(instant(local.replace('T', ' '), zone), `${local} in ${zone}`).toBe(
    new Date(expected.epochMilliseconds).toISOString(),
  )
}
