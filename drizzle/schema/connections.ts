import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'
import { tenants } from './tenancy.ts'

/** `draft`: being set up; nothing is read until somebody starts it. */
export const connectionStates = ['draft', 'active', 'paused', 'needs_reconnect'] as const
export type ConnectionState = (typeof connectionStates)[number]

/** A connector plus one tenant's account in that CRM, with the clock and the lease of its sync. */
export const connections = pgTable(
  'connections',
  {
    tenantId: uuid()
      .notNull()
      .references(() => tenants.id),
    id: uuid().notNull(),
    connector: text().notNull(),
    name: text().notNull(),
    /** Where the API answers; null means the connector's own address. */
    baseUrl: text(),
    /** The connector's settings, checked by its own schema. */
    settings: jsonb()
      .notNull()
      .default(sql`'{}'::jsonb`)
      .$type<Record<string, unknown>>(),
    state: text({ enum: connectionStates }).notNull().default('active'),
    stateReason: text(),
    stateSince: instant(),
    /** The truth about when the next scheduled run is due; the ringing of cron is only a hint. */
    nextDueAt: instant().notNull().defaultNow(),
    /** Set when somebody asks for a run while one is open. */
    rerunWanted: boolean().notNull().default(false),
    consecutiveFailures: integer().notNull().default(0),
    /** Who may write for this connection, until when. */
    leaseOwner: text(),
    leaseUntil: instant(),
    /** Rises with every lease; a page that carries an older one is refused. */
    fence: bigint({ mode: 'number' }).notNull().default(0),
    createdAt: instant().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    unique('connections_name').on(t.tenantId, t.name),
    index('connections_due').on(t.nextDueAt),
    check('connections_state', sql`${t.state} in ('draft', 'active', 'paused', 'needs_reconnect')`),
  ],
)

/** One secret field of a connection, sealed for the worker. The web can write it and never read it back. */
export const connectionSecrets = pgTable(
  'connection_secrets',
  {
    tenantId: uuid().notNull(),
    connectionId: uuid().notNull(),
    field: text().notNull(),
    /** Which key opens it. */
    keyId: text().notNull(),
    sealed: bytea().notNull(),
    /** The last characters, for people to recognise it by. */
    hint: text().notNull(),
    /** When a CRM's access token ends; null for secrets that do not end by themselves. */
    expiresAt: instant(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.connectionId, t.field] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }),
  ],
)

/** Public halves of the workers' sealing keys. The web seals with the one published last and can open nothing. */
export const sealingKeys = pgTable('sealing_keys', {
  keyId: text().primaryKey(),
  publicKey: bytea().notNull(),
  publishedAt: instant()
    .notNull()
    .default(sql`clock_timestamp()`),
})

/** The token bucket of one connection, shared by every worker that calls its CRM. */
export const rateBuckets = pgTable(
  'rate_buckets',
  {
    tenantId: uuid().notNull(),
    connectionId: uuid().notNull(),
    /** Tokens left at `refilledAt`; negative while callers hold reservations in the future. */
    tokens: doublePrecision().notNull(),
    refilledAt: instant().notNull(),
    /** The CRM asked for silence until then. */
    quietUntil: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.connectionId] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }),
  ],
)
