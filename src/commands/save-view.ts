import { and, eq, isNull, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../../drizzle/db.ts'
import { savedViews, viewPages } from '../../drizzle/schema/index.ts'
import { may, type Role } from '../server/access.ts'
import { fieldsOf } from './add-tenant.ts'
import { recordDeed, type Actor } from './record-deed.ts'

/** More than this of one list nobody finds their way through. */
export const mostViews = 50

export const viewName = z
  .string()
  .trim()
  .min(1, 'Give the view a name.')
  .max(60, 'At most 60 characters.')
  .regex(/^\P{Cc}*$/u, 'No control characters.')

/** What is asked of somebody who saves a view. The query is one that the list understands. */
export const newView = z.strictObject({
  page: z.enum(viewPages),
  name: viewName,
  query: z.string().max(4_000, 'These filters are too long to keep.'),
  isShared: z.boolean(),
})

export type SaveViewOutcome =
  | { kind: 'saved'; id: string }
  /** They have a view of this name on this list. */
  | { kind: 'name_taken' }
  | { kind: 'too_many' }
  | { kind: 'not_allowed' }
  /** By the name of the field, what is wrong with it. */
  | { kind: 'invalid'; fields: Record<string, string> }

/** Keeps what a list shows under a name, for the person who asks or for the whole workspace. */
export async function saveView(tx: Tx, by: Actor, role: Role, given: unknown): Promise<SaveViewOutcome> {
  const parsed = newView.safeParse(given)
  if (!parsed.success) return { kind: 'invalid', fields: fieldsOf(parsed.error) }
  const { page, name, query, isShared } = parsed.data
  if (isShared && !may(role, 'share_views')) return { kind: 'not_allowed' }
  const userId = personOf(by)
  const ofPage = and(eq(savedViews.userId, userId), eq(savedViews.page, page), isNull(savedViews.deletedAt))
  if ((await tx.$count(savedViews, ofPage)) >= mostViews) return { kind: 'too_many' }
  const [view] = await tx
    .insert(savedViews)
    .values({ tenantId: sql`app.tenant_id()`, userId, page, name, query, isShared })
    .onConflictDoNothing()
    .returning({ id: savedViews.id })
  if (!view) return { kind: 'name_taken' }
  if (isShared)
    await recordDeed(tx, by, { deed: 'view_shared', target: viewTarget({ page, name }), after: { query } })
  return { kind: 'saved', id: view.id }
}

/** A view is a person's, and no program's. */
export function personOf({ userId, name }: Actor): string {
  if (userId === null) throw new TypeError(`a view is a person's, and ${name} is none`)
  return userId
}

/** As the audit log names it. */
export const viewTarget = ({ page, name }: { page: string; name: string }) => `view ${name} of ${page}`
