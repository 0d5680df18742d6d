import type { Quota } from '../../../drizzle/schema/quota.ts'

// "API Request Limits and Allocations" at https://developer.salesforce.com (read 2026-11-20): 15,000 requests in a developer's org,
// 100,000 and more elsewhere, for the whole org over any 24 hours; every answer tells how many are used of how many. ASSUMED: that
// our own count, which begins anew at midnight UTC, is as good as one over 24 hours.

export const quota: Quota = {
  unit: 'requests',
  perDay: 15_000,
  day: 'utc',
  told: ({ 'sforce-limit-info': info }) => {
    const [, most] = /api-usage=\d+\/(\d+)/.exec(typeof info === 'string' ? info : '') ?? []
    return most === undefined ? null : Number(most)
  },
}
