import { sql } from 'drizzle-orm'
import { check, date, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant, minorUnits } from './columns.ts'
import { tenants } from './tenancy.ts'

/** What a workspace means to win each month, in one currency: from a month on, until a later one says otherwise. */
export const wonTargets = pgTable(
  'won_targets',
  {
    tenantId: uuid()
      .notNull()
      .references(() => tenants.id),
    /** ISO 4217 */
    currency: text().notNull(),
    /** The first day of the month it begins with. */
    fromMonth: date().notNull(),
    /** Null: none any more. */
    amountMinor: minorUnits(),
    setAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.currency, t.fromMonth] }),
    check('won_targets_currency', sql`${t.currency} ~ '^[A-Z]{3}$'`),
    check('won_targets_month', sql`extract(day from ${t.fromMonth}) = 1`),
    check('won_targets_amount', sql`${t.amountMinor} > 0`),
  ],
)
