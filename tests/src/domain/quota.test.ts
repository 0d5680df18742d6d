import { describe, expect, test } from 'vitest'
import { budgetOf, forecastOf, type QuotaNow } from '../../../src/domain/quota.ts'

const at = (hour: number) => new Date(Date.UTC(2026, 10, 21, hour))
const day = (hour: number, used: number): QuotaNow => ({
  used,
  limit: 10_000,
  share: 0.2,
  beganAt: at(0),
  endsAt: at(24),
  now: at(hour),
})

describe('our share of a day', () => {
  test('is a part of the limit', () => expect(budgetOf(day(0, 0))).toBe(2_000))

  test.each<[string, QuotaNow, ReturnType<typeof forecastOf>]>([
    ['lasts when the day goes on as it began', day(12, 999), { kind: 'lasts' }],
    ['is used up at the end at twice that pace', day(6, 1_000), { kind: 'used_up', at: at(12) }],
    ['is used up now', day(3, 2_000), { kind: 'used_up', at: at(3) }],
    ['is used up where a test or a write went beyond it', day(3, 2_100), { kind: 'used_up', at: at(3) }],
    ['lasts when nothing was asked', day(3, 0), { kind: 'lasts' }],
    [
      'has no pace at the beginning',
      { ...day(0, 500), now: new Date(at(0).getTime() + 60_000) },
      { kind: 'too_early' },
    ],
  ])('%s', (_, now, forecast) => expect(forecastOf(now)).toEqual(forecast))
})
