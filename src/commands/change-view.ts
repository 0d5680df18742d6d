import { and, eq, isNull, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../../drizzle/db.ts'
import { savedViews } from '../../drizzle/schema/index.ts'
import { may, type Role } from '../server/access.ts'
import { fieldsOf } from './add-tenant.ts'
import { lockView } from './lock-view.ts'
import { recordDeed, type Actor } from './record-deed.ts'
import { newView, viewTarget } from './save-view.ts'

const change = z.union([
  newView.pick({ name: true }).strict(),
  newView.pick({ query: true }).strict(),
  newView.pick({ isShared: true }).strict(),
])

export type ChangeViewOutcome =
  | { kind: 'changed' }
  | { kind: 'name_taken' }
  | { kind: 'not_allowed' }
  | { kind: 'not_found' }
  | { kind: 'invalid'; fields: Record<string, string> }

/** Gives a view another name or other filters, shares it, or keeps it to its owner: one of these at a time. */
export async function changeView(
  tx: Tx,
  by: Actor,
  role: Role,
  viewId: string,
  given: unknown,
): Promise<ChangeViewOutcome> {
  const parsed = change.safeParse(given)
  if (!parsed.success) return { kind: 'invalid', fields: fieldsOf(parsed.error) }
  const view = await lockView(tx, by, role, viewId)
  if (view === undefined || view.deletedAt !== null) return { kind: 'not_found' }
  const after = { ...view, ...parsed.data }
  if (after.isShared && !view.isShared && !may(role, 'share_views')) return { kind: 'not_allowed' }
  if (after.name !== view.name && (await isTaken(tx, { ...after, id: viewId }))) return { kind: 'name_taken' }
  await tx.update(savedViews).set(parsed.data).where(eq(savedViews.id, viewId))
  if (view.isShared || after.isShared) {
    const deed = after.isShared ? (view.isShared ? 'view_changed' : 'view_shared') : 'view_unshared'
    const of = ({ name, query }: { name: string; query: string }) => ({ name, query })
    await recordDeed(tx, by, { deed, target: viewTarget(view), before: of(view), after: of(after) })
  }
  return { kind: 'changed' }
}

/** Whether its owner has another view of this name on this list. */
export async function isTaken(
  tx: Tx,
  { id, userId, page, name }: Pick<typeof savedViews.$inferSelect, 'id' | 'userId' | 'page' | 'name'>,
): Promise<boolean> {
  const others = and(
    eq(savedViews.userId, userId),
    eq(savedViews.page, page),
    isNull(savedViews.deletedAt),
    sql`lower(${savedViews.name}) = lower(${name}) and ${savedViews.id} <> ${id}`,
  )
  return (await tx.$count(savedViews, others)) > 0
}
