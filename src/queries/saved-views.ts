import { and, asc, eq, isNull, or, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { savedViews, users, type ViewPage } from '../../drizzle/schema/index.ts'

export type SavedView = {
  id: string
  name: string
  /** As it was saved: `owner=…&sort=-fee`. */
  query: string
  isShared: boolean
  /** Saved by whoever asks. */
  isOwn: boolean
  /** Who saved it. */
  owner: string
}

/** The views of a list that this person may open: their own, then those that others share, each in the order of saving. */
export async function readSavedViews(tx: Tx, personId: string, page: ViewPage): Promise<SavedView[]> {
  const isOwn = sql<boolean>`${savedViews.userId} = ${personId}`
  return tx
    .select({
      id: savedViews.id,
      name: savedViews.name,
      query: savedViews.query,
      isShared: savedViews.isShared,
      isOwn,
      owner: sql<string>`coalesce(${users.name}, 'somebody')`,
    })
    .from(savedViews)
    .leftJoin(users, eq(users.id, savedViews.userId))
    .where(
      and(
        eq(savedViews.page, page),
        isNull(savedViews.deletedAt),
        or(eq(savedViews.userId, personId), eq(savedViews.isShared, true)),
      ),
    )
    .orderBy(sql`${isOwn} desc`, asc(savedViews.id))
}
