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
    /** Which account of the CRM its records are of, in the CRM's own words; null while that is not known. */
    accountId: text(),
    /** It was let in by consent to the installation's app, which stands in for an app of its own. */
    byConsent: boolean().notNull().default(false),
    /** What its access is good for, in the CRM's words for scopes; null where the CRM never said. */
    grantedScopes: text().array(),
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
    /** Our share of what the customer may ask of the CRM in a day. */
    quotaShare: doublePrecision().notNull().default(0.2),
    /** The customer's daily limit where people know better than the CRM says or its connector assumes. */
    quotaLimit: bigint({ mode: 'number' }),
    createdAt: instant().notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    check(
      'connections_quota',
      sql`${t.quotaShare} > 0 and ${t.quotaShare} <= 1 and (${t.quotaLimit} is null or ${t.quotaLimit} > 0)`,
    ),
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
    }).onDelete('cascade'),
  ],
)

/** How far an attempt has come: a code is spent before it is exchanged, so that nothing exchanges it twice. */
export const consentOutcomes = ['asked', 'granted', 'spent', 'connected', 'refused'] as const
export type ConsentOutcome = (typeof consentOutcomes)[number]

/** How a person lets an app of ours in (RFC 6749 §4.1); `tokens` keeps up what they allowed. */
export type Consent = {
  /** What the button calls the CRM. */
  crm: string
  /** The variables of the environment that configure the installation's app begin with this. */
  variables: string
  /** Where the CRM asks the person. */
  url: string
  /** What is asked for, in the CRM's words for it. */
  parameters: Record<string, string>
  /** Instead of these, what is asked for where next steps and outcomes are to be written; the same where this has nothing to say. */
  toWrite?: Record<string, string>
  /** The scopes that writing takes, in the CRM's words for them. */
  writeScopes: readonly string[]
  /** Whether it documents proof keys (RFC 7636, S256). */
  takesProofKey: boolean
  /** The secret fields that the installation's app has a value for. */
  app: { clientId: string; clientSecret: string }
  /** For CRMs whose tokens do not say which account let us in: where it stands instead, and how that is read. */
  whose?: { path: string; read: (body: unknown) => string | null }
}

/** The last attempt to connect by consent. The next one of the connection takes its place. */
export const connectionConsents = pgTable(
  'connection_consents',
  {
    tenantId: uuid().notNull(),
    connectionId: uuid().notNull(),
    /** Of the attempt. */
    id: uuid().notNull(),
    /** Who began it, in which session: nobody else may bring the answer. */
    userId: uuid().notNull(),
    sessionId: uuid().notNull(),
    /** As the audit log says them. */
    askedBy: text().notNull(),
    /** SHA-256 of what `state` holds besides ids. */
    stateHash: bytea().notNull(),
    /** Where the CRM was told to send the answer; it is said again when the code is exchanged. */
    redirectUri: text().notNull(),
    begunAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    expiresAt: instant().notNull(),
    outcome: text({ enum: consentOutcomes }).notNull().default('asked'),
    /** What was said when it was refused. */
    words: text(),
    /** Sealed for the worker, who exchanges them; gone once that is over. No verifier where the CRM takes none (RFC 7636). */
    verifierKeyId: text(),
    sealedVerifier: bytea(),
    codeKeyId: text(),
    sealedCode: bytea(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.connectionId] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    check(
      'connection_consents_outcome',
      sql`${t.outcome} in ('asked', 'granted', 'spent', 'connected', 'refused')`,
    ),
  ],
)

/** The installation's own apps at the CRMs, as the workers publish them: with them people connect by consent. */
export const consentApps = pgTable('consent_apps', {
  connector: text().primaryKey(),
  clientId: text().notNull(),
  /** Where consent is asked for, when not at the CRM's own address. */
  address: text(),
})

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
    }).onDelete('cascade'),
  ],
)
