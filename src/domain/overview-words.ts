import { isDay } from './period.ts'

/** The moments that the overview compares with, in few words, as they stand in the address. */
export const comparisons = { '7d': '7 d', '30d': '30 d', quarter: 'Quarter' } as const

/** The moment an address names, one of those or a day before today such as `2026-11-01`; a week ago where it names none. */
export function comparisonNamed(name: string | null, today: string): string {
  if (name === null) return '7d'
  return Object.hasOwn(comparisons, name) || (isDay(name) && name < today) ? name : '7d'
}
