/** The moments that the overview compares with, in few words, as they stand in the address. */
export const comparisons = { '7d': '7 d', '30d': '30 d', quarter: 'Quarter' } as const
export type Comparison = keyof typeof comparisons

/** The moment an address names, or a week ago. */
export function comparisonNamed(name: string | null): Comparison {
  return name !== null && Object.hasOwn(comparisons, name) ? (name as Comparison) : '7d'
}
