import { expect, test } from 'vitest'
import { openByWeek } from '../../../src/server/weeks-charts.ts'

const weeks = [
  { from: '2026-11-09', openMinor: 100_00n, leads: 1 },
  { from: '2026-11-16', openMinor: 250_00n, leads: 0 },
]

test('what was open is told in the currency of most deals, and says which deals are not part of it', () => {
  expect(openByWeek(weeks, ['EUR'])?.sentence).toBe('€250 is open now; in the week of Nov 9 it was €100.')
  const told = openByWeek(weeks, ['EUR', 'USD', 'CAD'])
  expect(told?.sentence).toBe(
    '€250 is open now; in the week of Nov 9 it was €100. Deals in USD, CAD are not part of it.',
  )
  expect(told?.chart).toMatchObject({ unit: { of: 'money', currency: 'EUR' } })
})

test('one week is no line', () => {
  expect(openByWeek(weeks.slice(1), ['USD'])).toBeNull()
})
