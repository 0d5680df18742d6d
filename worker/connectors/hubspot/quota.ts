import type { Quota } from '../../../drizzle/schema/quota.ts'
import { countIn } from '../numbers.ts'

// Usage guidelines: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines (read 2026-11-20). Private apps of
// an account share 250,000 requests a day in the smallest editions, 625,000 and 1,000,000 in larger ones; their answers tell which.
// The day begins at midnight in the account's zone.

export const quota: Quota = {
  unit: 'requests',
  perDay: 250_000,
  day: 'workspace',
  told: (headers) => countIn(headers['x-hubspot-ratelimit-daily']),
}
