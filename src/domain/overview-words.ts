/** The stretches that the overview can be read over, as they stand in the address. */
export const stretches = { '7d': 7, '30d': 30, '90d': 90 } as const
export type Stretch = keyof typeof stretches

/** The stretch an address names, or a week. */
export function stretchNamed(name: string | null): Stretch {
  return name !== null && Object.hasOwn(stretches, name) ? (name as Stretch) : '7d'
}

type Total = { currency: string; amountMinor: bigint }

/** The amount in this currency, or nothing of it. */
export function amountIn(totals: readonly Total[], currency: string): bigint {
  return totals.find((total) => total.currency === currency)?.amountMinor ?? 0n
}

/** What is worth saying first: the workspace's own currency where anything is in it, then the others. */
export function ownFirst(totals: readonly Total[], currency: string): Total[] {
  return totals.toSorted((a, b) => Number(b.currency === currency) - Number(a.currency === currency))
}

/** "Pipeline is up $450,000 in 7 days." in the words the formatter gives; nothing where it cannot be compared. */
export function pipelineSentence(
  change: bigint | null,
  days: number,
  money: (amountMinor: bigint) => string,
): string | null {
  if (change === null) return null
  if (change === 0n) return `Pipeline is where it was ${days} days ago.`
  return `Pipeline is ${change > 0n ? 'up' : 'down'} ${money(change < 0n ? -change : change)} in ${days} days.`
}
