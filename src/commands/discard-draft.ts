import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { recordDeed, type Actor } from './record-deed.ts'

/**
 * Forgets a connection that was never started, with its keys, its tests and a consent that is under way; its answer then finds
 * nothing. False for one that is there to stay: it was started, and what was read once is never deleted.
 */
export async function discardDraft(
  tx: Tx,
  by: Actor,
  { id, name }: { id: string; name: string },
): Promise<boolean> {
  const { rows } = await tx.execute<{ discarded: string | null }>(
    sql`select app.discard_draft(${id}::uuid) as discarded`,
  )
  const isDiscarded = rows[0]?.discarded === id
  if (isDiscarded) await recordDeed(tx, by, { deed: 'draft_discarded', target: `connection ${name}` })
  return isDiscarded
}
