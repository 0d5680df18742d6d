import { sql } from 'drizzle-orm'
import {
  bigint,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'

/**
 * A response page exactly as the CRM sent it, zstd-compressed. Kept whenever it told us anything new.
 * Partitioned by month on the id, which is a UUID v7 and so begins with its time.
 */
export const rawSnapshots = pgTable(
  'raw_snapshots',
  {
    tenantId: uuid().notNull(),
    id: uuid().notNull(),
    connectionId: uuid().notNull(),
    runId: uuid().notNull(),
    stream: text().notNull(),
    /** The page's number within its run and stream, from 1. */
    seq: integer().notNull(),
    fence: bigint({ mode: 'number' }).notNull(),
    /** Method, path and query; never a secret. */
    request: jsonb().notNull().$type<{ method: string; path: string; query?: Record<string, string> }>(),
    /** The cursor that asked for it, so that a replay reads it with the same eyes. */
    cursor: text().notNull(),
    status: integer().notNull(),
    receivedAt: instant().notNull(),
    /** Of the raw bytes before compression. */
    sha256: bytea().notNull(),
    byteLength: integer().notNull(),
    records: integer().notNull(),
    body: bytea().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    index('raw_snapshots_by_stream').on(t.tenantId, t.connectionId, t.stream, t.id),
  ],
)

/** A record that could not be read: why, where, and the snapshot that holds it. Retried by replay, never dropped. */
export const quarantine = pgTable(
  'quarantine',
  {
    tenantId: uuid().notNull(),
    id: uuid().notNull(),
    connectionId: uuid().notNull(),
    runId: uuid().notNull(),
    stream: text().notNull(),
    snapshotId: uuid().notNull(),
    /** The record whose list held it, where children are read by their parents. */
    parentId: uuid(),
    /** Position of the record in its page, from 0. */
    itemIndex: integer().notNull(),
    sourceId: text(),
    contentHash: bytea().notNull(),
    reason: text().notNull(),
    /** Path of the field at fault within the record. */
    path: text().notNull(),
    createdAt: instant().notNull(),
    resolvedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('quarantine_once')
      .on(t.tenantId, t.connectionId, t.stream, t.contentHash)
      .where(sql`resolved_at is null`),
  ],
)
