import { sql } from 'drizzle-orm'
import { boolean, check, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** A firm that looks after the workspaces of many clients. */
export const agencies = pgTable('agencies', {
  id: uuid().primaryKey(),
  name: text().notNull().unique(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

/** How a client may have its numbers written; each is an example of itself. */
export const numberFormats = ['1,234.56', '1.234,56', '1 234,56', '1’234.56'] as const
export type NumberFormat = (typeof numberFormats)[number]

/** A client whose CRM we copy. Its own id is the tenant id that every other row carries. */
export const tenants = pgTable(
  'tenants',
  {
    id: uuid().primaryKey(),
    /** The installation's first agency unless another is named. */
    agencyId: uuid()
      .notNull()
      .default(sql`app.first_agency()`)
      .references(() => agencies.id),
    /** The word in every address of this tenant: `/w/{slug}/…`. */
    slug: text().notNull().unique(),
    name: text().notNull(),
    /** IANA zone that decides what "today" and "overdue" mean. */
    timeZone: text().notNull().default('America/New_York'),
    /** ISO 4217 code for records whose CRM names none. */
    currency: text().notNull().default('USD'),
    numberFormat: text({ enum: numberFormats }).notNull().default('1,234.56'),
    /** Nobody opens this workspace without a second factor. */
    requiresSecondFactor: boolean().notNull().default(false),
    /** Completed actions are also written to the CRM. */
    writesBack: boolean().notNull().default(false),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [
    check('tenants_slug_form', sql`${t.slug} ~ '^[a-z0-9][a-z0-9-]{0,62}$'`),
    check(
      'tenants_number_format',
      sql`${t.numberFormat} in (${sql.raw(numberFormats.map((one) => `'${one}'`).join(', '))})`,
    ),
    check('tenants_currency_form', sql`${t.currency} ~ '^[A-Z]{3}$'`),
  ],
)
