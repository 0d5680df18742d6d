import type { Quota } from '../../../drizzle/schema/quota.ts'
import { countIn } from '../numbers.ts'

// Rate limiting: https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting, and `x-token-cost` of each operation in the
// published description of the API (read 2026-11-20). A company has 30,000 tokens a day for each seat in the smallest plan. The day
// begins at midnight of the server, ASSUMED to be that of UTC.

export const quota: Quota = {
  unit: 'tokens',
  perDay: 30_000,
  day: 'utc',
  told: (headers) => countIn(headers['x-daily-ratelimit-token-limit']),
}

const costs: Record<string, number> = {
  '/api/v2/deals': 10,
  '/api/v2/deals/archived': 20,
  '/api/v2/pipelines': 5,
  '/api/v2/stages': 5,
}

/** What one record costs. */
export const tokensOfOne = (path: string): number => (path.startsWith('/api/v2/') ? 1 : 2)

/** What a request for a list costs: 10 tokens in version 2, 20 in version 1, unless it is said otherwise. */
export const tokensOf = (path: string): number => costs[path] ?? (path.startsWith('/api/v2/') ? 10 : 20)
