import { z } from 'zod'
import { StreamError } from '../../errors.ts'
import { readAs } from '../read-as.ts'

// A list: {"results":[…],"paging":{"next":{"after":"…","link":"…"}}}; without `paging` it has ended. A search has `total` besides.
// (https://developers.hubspot.com/docs, "Using object APIs" and the search guide, read 2026-11-20)

const paging = z.strictObject({
  next: z.strictObject({ after: z.string().min(1), link: z.string().optional() }),
  prev: z.unknown().optional(),
})
const list = z.strictObject({
  results: z.array(z.unknown()),
  total: z.number().int().nonnegative().optional(),
  paging: paging.optional(),
})

/** What HubSpot lists on one page. `after` is its own word for where to go on; null only at its own end. */
export type Listed = { results: Record<string, unknown>[]; after: string | null; total: number | null }

/**
 * Reads a page of a list or a search. A key that is not documented might be the new name of `paging`, and its absence the end of
 * the list: so it is no list. Throws `StreamError` (`E_CRM_BAD_REPLY`).
 */
export function readList(body: unknown): Listed {
  const { results, paging: next, total } = readAs(list, body, 'a HubSpot list')
  return {
    results: results as Record<string, unknown>[],
    after: next?.next.after ?? null,
    total: total ?? null,
  }
}

/** Refuses the rows of a list that no account has empty: that it names nothing is no answer. Throws `StreamError` (`E_CRM_BAD_REPLY`). */
export function someOf(rows: readonly unknown[], list: string): void {
  if (rows.length === 0)
    throw new StreamError('E_CRM_BAD_REPLY', `HubSpot names no ${list}, and every account has some`)
}
