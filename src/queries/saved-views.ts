import { sql } from 'drizzle-orm'
import { askOften } from '../../drizzle/ask-often.ts'
import type { Tx } from '../../drizzle/db.ts'
import type { ViewPage } from '../../drizzle/schema/views.ts'

export type SavedView = {
  id: string
  page: ViewPage
  name: string
  /** As it was saved: `owner=…&sort=-fee`. */
  query: string
  isShared: boolean
  /** Saved by whoever asks. */
  isOwn: boolean
  /** Who saved it. */
  owner: string
}

/** The views of a list, or of all lists, that this person may open: their own, then those that others share, each in the order of saving. */
export async function readSavedViews(tx: Tx, personId: string, page?: ViewPage): Promise<SavedView[]> {
  const rows = await askOften<Stored>(
    tx,
    sql`
    select v.id, v.page, v.name, v.query, v.is_shared, v.user_id = ${personId}::uuid as is_own, coalesce(u.name, 'somebody') as owner
    from saved_views v left join auth.users u on u.id = v.user_id
    where ${page === undefined ? sql`true` : sql`v.page = ${page}`} and v.deleted_at is null and (v.user_id = ${personId}::uuid or v.is_shared)
    order by is_own desc, v.id`,
  )
  return rows.map(({ is_shared: isShared, is_own: isOwn, ...view }) => ({ ...view, isShared, isOwn }))
}

type Stored = Pick<SavedView, 'id' | 'page' | 'name' | 'query' | 'owner'> & {
  is_shared: boolean
  is_own: boolean
}
