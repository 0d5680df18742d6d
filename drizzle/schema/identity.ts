import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  unique,
  uuid,
  varchar,
  type AnyPgColumn,
} from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'

/** Who people are, kept by the sign-in library under a role of its own. No tenant's rows are in here. */
export const identitySchema = pgSchema('auth')

export const users = identitySchema.table(
  'users',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    /** Lower case; the one name under which a person is known. */
    email: text().notNull().unique(),
    emailVerified: boolean().notNull().default(false),
    image: text(),
    /** From then on every way in asks for a code. */
    twoFactorEnabled: boolean().notNull().default(false),
    createdAt: instant().notNull().defaultNow(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (t) => [check('users_email_lower_case', sql`${t.email} = lower(${t.email})`)],
)

const ofUser = () =>
  uuid()
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' })

/** Where people are signed in. A session keeps its id while its token is replaced. */
export const sessions = identitySchema.table(
  'sessions',
  {
    id: uuid().primaryKey(),
    userId: ofUser(),
    /** Half of what the cookie holds; the other half is a signature that is nowhere stored. */
    token: text().notNull().unique(),
    expiresAt: instant().notNull(),
    /** When its token was replaced last; nothing while it has its first one. */
    renewedAt: instant(),
    /** What its owner may do has changed: its token is replaced with their next page. */
    renewalDue: boolean().notNull().default(false),
    /** Of a token that was replaced, in its last minute: the session it was the token of. They end together. */
    renewedInto: uuid().references((): AnyPgColumn => sessions.id, { onDelete: 'cascade' }),
    ipAddress: text(),
    userAgent: text(),
    createdAt: instant().notNull().defaultNow(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (t) => [
    index('sessions_user').on(t.userId),
    index('sessions_renewed_into').on(t.renewedInto),
    index('sessions_expiry').on(t.expiresAt),
  ],
)

/** A way to sign in: a password (`credential`), or an account at a provider. */
export const accounts = identitySchema.table(
  'accounts',
  {
    id: uuid().primaryKey(),
    userId: ofUser(),
    providerId: text().notNull(),
    accountId: text().notNull(),
    accessToken: text(),
    refreshToken: text(),
    idToken: text(),
    accessTokenExpiresAt: instant(),
    refreshTokenExpiresAt: instant(),
    scope: text(),
    /** scrypt with a salt of its own. */
    password: text(),
    createdAt: instant().notNull().defaultNow(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (t) => [unique('accounts_at_provider').on(t.providerId, t.accountId), index('accounts_user').on(t.userId)],
)

/** Short-lived proofs: a password reset, the state of a sign-in elsewhere, a second factor that is waited for. */
export const verifications = identitySchema.table(
  'verifications',
  {
    id: uuid().primaryKey(),
    identifier: text().notNull(),
    value: text().notNull(),
    expiresAt: instant().notNull(),
    createdAt: instant().notNull().defaultNow(),
    updatedAt: instant().notNull().defaultNow(),
  },
  (t) => [index('verifications_identifier').on(t.identifier), index('verifications_expiry').on(t.expiresAt)],
)

/** The authenticator of a person. Secret and recovery codes are encrypted by the library. */
export const twoFactors = identitySchema.table(
  'two_factors',
  {
    id: uuid().primaryKey(),
    userId: ofUser(),
    secret: text().notNull(),
    backupCodes: text().notNull(),
    verified: boolean().notNull().default(false),
    failedVerificationCount: integer().notNull().default(0),
    lockedUntil: instant(),
  },
  (t) => [unique('two_factors_user').on(t.userId)],
)

/** Codes that were shown to us once. A code works once, also within its 30 seconds. */
export const spentCodes = identitySchema.table(
  'spent_codes',
  {
    userId: ofUser(),
    codeHash: bytea().notNull(),
    spentAt: instant().notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.codeHash] })],
)

export const identityDeeds = [
  'signed_in',
  'sign_in_failed',
  'signed_out',
  'sessions_ended',
  'password_changed',
  'password_reset_asked',
  'second_factor_on',
  'second_factor_off',
  'second_factor_failed',
  'recovery_codes_made',
  'account_linked',
  'account_unlinked',
  'workspace_refused',
  'user_added',
  'operator_added',
] as const

/** What people did with their own sign-in. Appended, never changed. The audit log of a tenant shows those of its members. */
export const identityEvents = identitySchema.table(
  'events',
  {
    id: uuid()
      .primaryKey()
      .default(sql`app.uuid_v7()`),
    at: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    userId: ofUser(),
    deed: text({ enum: identityDeeds }).notNull(),
    address: text(),
    requestId: text(),
    detail: jsonb()
      .notNull()
      .default(sql`'{}'::jsonb`)
      .$type<Record<string, string>>(),
  },
  (t) => [index('events_of_user').on(t.userId, t.id)],
)

/** Points of the request limits, shared by all web processes. Unlogged: after a crash everybody starts anew. */
export const rateLimits = identitySchema.table('rate_limits', {
  key: varchar({ length: 255 }).primaryKey(),
  points: integer().notNull().default(0),
  /** Milliseconds since 1970. */
  expire: bigint({ mode: 'number' }),
})
