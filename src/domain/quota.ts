/** What a connection has used of its share of a CRM's day. Numbers are in the CRM's own unit. */
export type QuotaNow = {
  used: number
  /** The customer's limit for a day, and our part of it. */
  limit: number
  share: number
  /** The CRM's day. */
  beganAt: Date
  endsAt: Date
  now: Date
}

/** How the day will go on: `lasts` when the share is enough at the present pace; `used_up` from `at` on, which may be past. */
export type Forecast = { kind: 'too_early' } | { kind: 'lasts' } | { kind: 'used_up'; at: Date }

/** A pace is none before so much of a day has passed: the first run of a day says nothing of the rest. */
const earliestMs = 30 * 60_000

export const budgetOf = ({ limit, share }: Pick<QuotaNow, 'limit' | 'share'>): number =>
  Math.floor(limit * share)

/** When our share of the day is used up, if the day goes on as it began. */
export function forecastOf(quota: QuotaNow): Forecast {
  const { used, beganAt, endsAt, now } = quota
  const left = budgetOf(quota) - used
  if (left <= 0) return { kind: 'used_up', at: now }
  const passedMs = now.getTime() - beganAt.getTime()
  if (passedMs < earliestMs) return { kind: 'too_early' }
  if (used === 0) return { kind: 'lasts' }
  const at = new Date(now.getTime() + (left * passedMs) / used)
  return at >= endsAt ? { kind: 'lasts' } : { kind: 'used_up', at }
}
