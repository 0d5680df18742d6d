import type { Quota } from '../../../drizzle/schema/quota.ts'

/** No limit is documented. ASSUMED: two requests a second, all day; people may say otherwise for their connection. */
export const quota: Quota = { unit: 'requests', perDay: 2 * 86_400, day: 'workspace', told: () => null }
