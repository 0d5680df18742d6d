import { sql } from 'drizzle-orm'
import { bigint, customType, jsonb, text, timestamp, uuid } from 'drizzle-orm/pg-core'

/** Raw bytes. */
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })

/** An instant, UTC, microseconds. */
export const instant = () => timestamp({ withTimezone: true })

/** Money in the currency's minor unit (cents); the currency stands beside it. */
export const minorUnits = () => bigint({ mode: 'bigint' })

/**
 * The columns that every copied CRM record carries.
 * `id` is UUID v5 of (connection, stream, source id), so relations need no look-up and a replay gives the same ids.
 */
export const recordColumns = () => ({
  tenantId: uuid().notNull(),
  id: uuid().notNull(),
  connectionId: uuid().notNull(),
  /** Their id, as text. */
  sourceId: text().notNull(),
  sourceCreatedAt: instant(),
  sourceUpdatedAt: instant(),
  /** Digest of the record as the CRM sent it, of the settings, and of the rules that read it. */
  contentHash: bytea().notNull(),
  /** The stored response this row was read from. */
  snapshotId: uuid().notNull(),
  /** When we learned this state. */
  changedAt: instant().notNull(),
  /** Tombstone: rows are never deleted. */
  deletedAt: instant(),
  deletedBecause: text({ enum: ['flag', 'feed', 'absence', 'merge'] }),
  /** Fields the CRM sent that have no column of their own, and the words behind a mapped field. */
  custom: jsonb()
    .notNull()
    .default(sql`'{}'::jsonb`)
    .$type<Record<string, unknown>>(),
  /** What had to be mended so that Postgres could store it, such as `body: NUL replaced`. */
  repairs: text(),
})
