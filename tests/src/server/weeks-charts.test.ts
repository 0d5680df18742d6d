import { expect, test } from 'vitest'
import { openByWeek } from '../../../src/server/weeks-charts.ts'

const weeks = [
  { from: '2026-11-09', openMinor: 100_00n, weightedMinor: null, leads: 1 },
  { from: '2026-11-16', openMinor: 250_00n, weightedMinor: 0n, leads: 0 },
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

test('what is open is also told by its likelihood, from where that is known', () => {
  const [before, now] = [
    { from: '2026-11-09', openMinor: 100_00n, weightedMinor: null, leads: 0 },
    { from: '2026-11-16', openMinor: 250_00n, weightedMinor: 75_00n, leads: 0 },
  ]
  const told = openByWeek([before, now], ['USD'])
  expect(told?.sentence).toBe('$250 (weighted $75) is open now; in the week of Nov 9 it was $100.')
  expect(told?.chart).toMatchObject({ series: [{ values: [10_000, 25_000] }, { values: [null, 7_500] }] })
  expect(told?.columns).toEqual(['Week of', 'Open at its end', 'Weighted by likely %'])
  expect(told?.rows.map(({ cells }) => cells)).toEqual([
    ['Nov 9', '$100', 'not known'],
    ['Nov 16', '$250', '$75'],
  ])
})

test('where no deal has a likelihood, no line lies on the ground', () => {
  const told = openByWeek(weeks, ['USD'])
  expect(told?.chart).toMatchObject({ series: [{ name: 'Open' }] })
  expect(told?.columns).toEqual(['Week of', 'Open at its end'])
})
