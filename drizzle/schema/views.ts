import { sql } from 'drizzle-orm'
import { boolean, index, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { users } from './identity.ts'
import { tenants } from './tenancy.ts'

/** The lists that a view can be saved of. */
export const viewPages = ['due', 'leads', 'pipeline', 'hot-list', 'notes', 'schedule'] as const
export type ViewPage = (typeof viewPages)[number]

/** A list as somebody wants to find it again: its filters, order and layout under a name. Of one person, or for the whole workspace. */
export const savedViews = pgTable(
  'saved_views',
  {
    tenantId: uuid()
      .notNull()
      .references(() => tenants.id),
    id: uuid()
      .notNull()
      .default(sql`app.uuid_v7()`),
    /** Who saved it. */
    userId: uuid()
      .notNull()
      .references(() => users.id),
    page: text({ enum: viewPages }).notNull(),
    name: text().notNull(),
    /** What stands behind the question mark of the list's address, in the list's own words. */
    query: text().notNull(),
    isShared: boolean().notNull().default(false),
    createdAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    /** Taken away by somebody, who may want it back. */
    deletedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('saved_views_name')
      .on(t.tenantId, t.userId, t.page, sql`lower(${t.name})`)
      .where(sql`${t.deletedAt} is null`),
    index('saved_views_of_page').on(t.tenantId, t.page),
  ],
)
