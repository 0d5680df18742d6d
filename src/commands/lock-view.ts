import { and, eq, or } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { savedViews } from '../../drizzle/schema/index.ts'
import { may, type Role } from '../server/access.ts'
import type { Actor } from './record-deed.ts'
import { personOf } from './save-view.ts'

/** A view that whoever asks may change, taken away or not: their own, or a shared one where they may change the workspace. */
export async function lockView(
  tx: Tx,
  by: Actor,
  role: Role,
  viewId: string,
): Promise<typeof savedViews.$inferSelect | undefined> {
  const userId = personOf(by)
  const mine = eq(savedViews.userId, userId)
  const [view] = await tx
    .select()
    .from(savedViews)
    .where(
      and(
        eq(savedViews.id, viewId),
        may(role, 'change_workspace') ? or(mine, eq(savedViews.isShared, true)) : mine,
      ),
    )
    .for('update')
  return view
}
