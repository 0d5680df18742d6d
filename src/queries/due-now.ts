import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { edgesOf } from '../domain/due.ts'
import { askOften } from '../../drizzle/ask-often.ts'
import { countStretches, type Counted } from './due-counts.ts'
import type { DueScope } from './due-parts.ts'

/** The owners in the CRM who have this e-mail address: whose queue a person's own is. */
export async function readOwnOwners(tx: Tx, email: string): Promise<string[]> {
  const rows = await askOften<{ id: string }>(
    tx,
    sql`select id from owners where deleted_at is null and lower(email) = lower(${email})`,
  )
  return rows.map(({ id }) => id)
}

/** Beyond it nobody counts: there is enough to do. */
export const mostNamed = 99

/** How much is late or due today in somebody's queue; without owners, in everybody's. */
export async function readDueNow(
  tx: Tx,
  scope: DueScope,
  owners: readonly string[] | undefined,
): Promise<Counted> {
  const { tomorrow } = edgesOf(scope.now, scope.timeZone)
  const [found] = await countStretches(tx, scope, { owners }, [[null, tomorrow]], mostNamed)
  return found === undefined ? { count: 0, isMore: false } : found
}
