import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  foreignKey,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'
import { connections } from './connections.ts'
import { users } from './identity.ts'
import { agencies, tenants } from './tenancy.ts'

/** What a person may be in a workspace; strongest first. */
export const memberRoles = ['admin', 'manager', 'rep', 'analyst', 'viewer'] as const
export type MemberRole = (typeof memberRoles)[number]

const isMemberRole = (name: string, column: unknown) =>
  check(name, sql`${column} in ('admin', 'manager', 'rep', 'analyst', 'viewer')`)

const ofTenant = () =>
  uuid()
    .notNull()
    .references(() => tenants.id)

/** Who belongs to a tenant, in one role. A membership ends; it is never deleted. */
export const memberships = pgTable(
  'memberships',
  {
    tenantId: ofTenant(),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    role: text({ enum: memberRoles }).notNull(),
    addedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    addedBy: uuid(),
    endedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.userId] }),
    index('memberships_user').on(t.userId),
    isMemberRole('memberships_role', t.role),
  ],
)

/** The staff of an agency who watch the sync of all its tenants. They read no deal without a membership. */
export const agencyOperators = pgTable(
  'agency_operators',
  {
    agencyId: uuid()
      .notNull()
      .references(() => agencies.id),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    addedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    endedAt: instant(),
  },
  (t) => [primaryKey({ columns: [t.agencyId, t.userId] }), index('agency_operators_user').on(t.userId)],
)

/** A link that makes whoever holds it and owns the address a member, once. */
export const invitations = pgTable(
  'invitations',
  {
    tenantId: ofTenant(),
    id: uuid().notNull(),
    /** Lower case. */
    email: text().notNull(),
    role: text({ enum: memberRoles }).notNull(),
    /** SHA-256 of what the link holds. */
    tokenHash: bytea().notNull(),
    invitedBy: uuid(),
    /** As the page of the invitation shows it. */
    inviter: text().notNull(),
    createdAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    expiresAt: instant().notNull(),
    acceptedAt: instant(),
    revokedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    uniqueIndex('invitations_open')
      .on(t.tenantId, t.email)
      .where(sql`${t.acceptedAt} is null and ${t.revokedAt} is null`),
    index('invitations_token').on(t.tokenHash),
    isMemberRole('invitations_role', t.role),
  ],
)

/** What an API key may be used for. */
export const keyScopes = ['read', 'write', 'export'] as const
export type KeyScope = (typeof keyScopes)[number]

/** A key for programs: it acts for the person who made it, in one tenant, within its scopes. */
export const apiKeys = pgTable(
  'api_keys',
  {
    tenantId: ofTenant(),
    id: uuid().notNull(),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    name: text().notNull(),
    /** The first characters, for people to recognise it by. */
    prefix: text().notNull(),
    /** SHA-256 of the whole key, which is 256 random bits: nothing to guess, so nothing to slow down. */
    hash: bytea().notNull(),
    scopes: text({ enum: keyScopes }).array().notNull(),
    createdAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    expiresAt: instant().notNull(),
    /** To the minute. */
    lastUsedAt: instant(),
    revokedAt: instant(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] }), index('api_keys_hash').on(t.hash)],
)

/** How somebody reached us when a deed was done. */
export const auditRoads = ['session', 'api_key', 'token', 'command', 'worker'] as const

/** Who did what to a tenant's settings and data: appended, never changed, without secrets. */
export const auditLog = pgTable(
  'audit_log',
  {
    tenantId: ofTenant(),
    id: uuid()
      .notNull()
      .default(sql`app.uuid_v7()`),
    at: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    actorId: uuid(),
    /** The person's address as it was then, or the program's name. */
    actor: text().notNull(),
    road: text({ enum: auditRoads }).notNull(),
    address: text(),
    requestId: text(),
    /** One word of `auditDeeds` in src/server/audit.ts. */
    deed: text().notNull(),
    /** What it was done to, in words. */
    target: text().notNull(),
    before: jsonb().$type<Record<string, unknown>>(),
    after: jsonb().$type<Record<string, unknown>>(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.id] })],
)

/** One step of a connection test, in the CRM's own words where it answered. */
export type TestStep = { name: string; state: 'ok' | 'failed' | 'skipped'; words: string }

/** A person asks whether a connection works; a worker, who alone may open the credentials, finds out. */
export const connectionTests = pgTable(
  'connection_tests',
  {
    tenantId: uuid().notNull(),
    id: uuid().notNull(),
    connectionId: uuid().notNull(),
    askedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    startedAt: instant(),
    finishedAt: instant(),
    ok: boolean(),
    steps: jsonb()
      .notNull()
      .default(sql`'[]'::jsonb`)
      .$type<TestStep[]>(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    index('connection_tests_open')
      .on(t.askedAt)
      .where(sql`${t.finishedAt} is null`),
    index('connection_tests_of').on(t.tenantId, t.connectionId, t.askedAt),
  ],
)
