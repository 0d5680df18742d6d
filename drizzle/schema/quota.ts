import { sql } from 'drizzle-orm'
import { bigint, check, date, foreignKey, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { connections } from './connections.ts'

/** What a connection has used of its customer's daily quota, by the CRM's day; write-back and tests included. */
export const quotaDays = pgTable(
  'quota_days',
  {
    tenantId: uuid().notNull(),
    connectionId: uuid().notNull(),
    day: date().notNull(),
    /** Requests, or what the CRM counts in their place. */
    used: bigint({ mode: 'number' }).notNull().default(0),
    /** The limit of the day as the CRM told it last; null where it tells none. */
    toldLimit: bigint({ mode: 'number' }),
    updatedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.connectionId, t.day] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    check('quota_days_used', sql`${t.used} >= 0`),
  ],
)

/** How a CRM limits what a customer's integrations may ask for in a day, all of them together. */
export type Quota = {
  unit: 'requests' | 'tokens'
  /** A day's limit where neither the CRM nor people say one: the smallest that is documented, or ASSUMED. */
  perDay: number
  /** Whose midnight begins a day: the account's, ASSUMED to be in the workspace's zone, or that of UTC. */
  day: 'workspace' | 'utc'
  /** The day's limit as an answer tells it; null where it does not. */
  told: (headers: Record<string, string | string[] | undefined>) => number | null
}
