import type { Tx } from '../../drizzle/db.ts'
import type { DealScope } from '../queries/bridge.ts'
import { readOwners } from '../queries/pipeline.ts'
import { namesOf } from '../server/lead-filters.ts'

/** "Owner: Dana Mercado", as the pages say it; nothing where nobody was asked for. */
export async function ownerWords(tx: Tx, scope: DealScope, owner: string | undefined): Promise<string[]> {
  if (owner === undefined) return []
  return [`Owner: ${namesOf([], await readOwners(tx, scope)).owner(owner)}`]
}
