import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'

/** What a request with an Idempotency-Key was answered, so that sending it again does nothing again and hears the same. */
export const answeredRequests = pgTable(
  'answered_requests',
  {
    tenantId: uuid().notNull(),
    /** A key is good for whoever sent it, and for the address they sent it to. */
    userId: uuid().notNull(),
    route: text().notNull(),
    key: text().notNull(),
    /** SHA-256 of the address and the body that came with it. */
    requestHash: bytea().notNull(),
    status: integer().notNull(),
    /** The body, to the byte. */
    answer: text().notNull(),
    expiresAt: instant().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.userId, t.route, t.key] }),
    index('answered_requests_expiry').on(t.expiresAt),
  ],
)
