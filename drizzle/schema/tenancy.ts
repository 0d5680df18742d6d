import { sql } from 'drizzle-orm'
import { check, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** A client whose CRM we copy. Its own id is the tenant id that every other row carries. */
export const tenants = pgTable(
  'tenants',
  {
    id: uuid().primaryKey(),
    /** The word in every address of this tenant: `/w/{slug}/…`. */
    slug: text().notNull().unique(),
    name: text().notNull(),
    /** IANA zone that decides what "today" and "overdue" mean. */
    timeZone: text().notNull().default('America/New_York'),
    /** ISO 4217 code for records whose CRM names none. */
    currency: text().notNull().default('USD'),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    check('tenants_slug_form', sql`${t.slug} ~ '^[a-z0-9][a-z0-9-]{0,62}$'`),
    check('tenants_currency_form', sql`${t.currency} ~ '^[A-Z]{3}$'`),
  ],
)
