import { eq, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { savedViews, type ViewPage } from '../../drizzle/schema/index.ts'
import type { Role } from '../server/access.ts'
import { isTaken } from './change-view.ts'
import { lockView } from './lock-view.ts'
import { recordDeed, type Actor } from './record-deed.ts'
import { viewTarget } from './save-view.ts'

export type DeleteViewOutcome = { kind: 'deleted'; page: ViewPage } | { kind: 'not_found' }

/** Takes a view away. It is kept, so that `restoreView` can bring it back. */
export async function deleteView(tx: Tx, by: Actor, role: Role, viewId: string): Promise<DeleteViewOutcome> {
  const view = await lockView(tx, by, role, viewId)
  if (view === undefined || view.deletedAt !== null) return { kind: 'not_found' }
  await tx
    .update(savedViews)
    .set({ deletedAt: sql`clock_timestamp()` })
    .where(eq(savedViews.id, viewId))
  const { name, query, page, isShared } = view
  if (isShared)
    await recordDeed(tx, by, { deed: 'view_deleted', target: viewTarget(view), before: { name, query } })
  return { kind: 'deleted', page }
}

export type RestoreViewOutcome =
  | { kind: 'restored'; page: ViewPage; query: string }
  /** Its owner has saved another one under this name meanwhile. */
  | { kind: 'name_taken'; page: ViewPage }
  | { kind: 'not_found' }

/** Brings a view back that was taken away. One that is there is not found. */
export async function restoreView(
  tx: Tx,
  by: Actor,
  role: Role,
  viewId: string,
): Promise<RestoreViewOutcome> {
  const view = await lockView(tx, by, role, viewId)
  if (view === undefined || view.deletedAt === null) return { kind: 'not_found' }
  const { name, query, page, isShared } = view
  if (await isTaken(tx, view)) return { kind: 'name_taken', page }
  await tx.update(savedViews).set({ deletedAt: null }).where(eq(savedViews.id, viewId))
  if (isShared)
    await recordDeed(tx, by, { deed: 'view_restored', target: viewTarget(view), after: { name, query } })
  return { kind: 'restored', page, query }
}
