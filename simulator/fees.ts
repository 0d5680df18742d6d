import type { Business } from './businesses.ts'
import type { Random } from './random.ts'

/** The franchise fee for so many units in cents; null, as in deals of which nobody wrote it down yet, unless `known`, a chance. */
export function amountOf(random: Random, business: Business, units: number, known: number): number | null {
  const fee = random.pick(business.fees) * (units === 1 ? 1 : units * 0.8)
  const cents = random.chance(0.03) ? 50 : 0
  return random.chance(known) ? Math.round(fee / 100) * 10_000 + cents : null
}

/** Territories or shops one franchisee takes at once. */
export function unitsOf(random: Random): number {
  const share = random.next()
  if (share < 0.75) return 1
  return share < 0.93 ? 2 : 3
}
