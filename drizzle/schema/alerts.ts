import { sql } from 'drizzle-orm'
import {
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { connections } from './connections.ts'

/**
 * What operators are told of a connection: the CRM takes our key no more; all of it is stale; some streams are stale while others
 * arrive.
 */
export const alertKinds = ['sign_in', 'late', 'late_part'] as const
export type AlertKind = (typeof alertKinds)[number]

/** The ways by which operators are told. */
export const alertWays = ['webhook', 'mail'] as const
export type AlertWay = (typeof alertWays)[number]

/** What operators were to be told about a connection: a row from its beginning, with its end once that has come. Nothing deletes one. */
export const alerts = pgTable(
  'alerts',
  {
    tenantId: uuid().notNull(),
    id: uuid()
      .notNull()
      .default(sql`app.uuid_v7()`),
    connectionId: uuid().notNull(),
    kind: text({ enum: alertKinds }).notNull(),
    beganAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    endedAt: instant(),
    /** The ways by which the beginning was told, and the end. */
    beginningToldBy: text({ enum: alertWays })
      .array()
      .notNull()
      .default(sql`'{}'`),
    endToldBy: text({ enum: alertWays })
      .array()
      .notNull()
      .default(sql`'{}'`),
    /** Since something of it was told last: attempts, and when the next one is due. */
    tries: integer().notNull().default(0),
    nextTryAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }),
    uniqueIndex('alerts_one_open')
      .on(t.tenantId, t.connectionId, t.kind)
      .where(sql`${t.endedAt} is null`),
    index('alerts_ended').on(t.endedAt),
    check('alerts_order', sql`${t.endedAt} is null or ${t.endedAt} >= ${t.beganAt}`),
  ],
)
