import { sql } from 'drizzle-orm'
import { check, foreignKey, index, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'
import { connections } from './connections.ts'

/**
 * Where the CRM of a connection may send webhooks. The address ends in an unguessable part that follows from the salt and from the
 * web's own secret; only its digest is stored.
 */
export const webhookAddresses = pgTable(
  'webhook_addresses',
  {
    tenantId: uuid().notNull(),
    connectionId: uuid().notNull(),
    salt: bytea().notNull(),
    /** SHA-256 of the unguessable part, which is 256 bits: nothing to guess, so nothing to slow down. */
    tokenHash: bytea().notNull(),
    /** The CRM's own id of the account; what comes from another one is not for us. */
    account: text().notNull(),
    /** What the CRM signs with, where it does, sealed for the web: it proves who sent a nudge, and opens nothing. */
    signingKeyId: text(),
    signingSealed: bytea(),
    madeAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    /** When something genuine came last, to the minute. */
    lastReceivedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.connectionId] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    index('webhook_addresses_token').on(t.tokenHash),
    check('webhook_addresses_signing', sql`(${t.signingKeyId} is null) = (${t.signingSealed} is null)`),
  ],
)

/**
 * A nudge: a CRM said that something happened to a record. It holds no data and is no truth; a worker looks at the record. Kept
 * for three days, so that what a CRM sends again is known.
 */
export const nudges = pgTable(
  'nudges',
  {
    tenantId: uuid().notNull(),
    id: uuid()
      .notNull()
      .default(sql`app.uuid_v7()`),
    connectionId: uuid().notNull(),
    /** Digest of what makes the event this one and no other; the same event sent again has the same. */
    eventKey: text().notNull(),
    stream: text().notNull(),
    /** Their id of the record. */
    sourceId: text().notNull(),
    receivedAt: instant()
      .notNull()
      .default(sql`clock_timestamp()`),
    /** When a run had looked; null while it waits. */
    settledAt: instant(),
    /** The run that looked. */
    runId: uuid(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }),
    unique('nudges_once').on(t.tenantId, t.connectionId, t.eventKey),
    index('nudges_waiting')
      .on(t.tenantId, t.connectionId, t.receivedAt)
      .where(sql`${t.settledAt} is null`),
    index('nudges_age').on(t.receivedAt),
    check('nudges_settled', sql`(${t.settledAt} is null) = (${t.runId} is null)`),
  ],
)

/** One delivery of a webhook, before it is believed. Names of headers are lower case; `url` is the whole address as it was called. */
export type Delivery = {
  method: string
  url: string
  headers: { get: (name: string) => string | null }
  /** To the byte. */
  body: Buffer
  receivedAtMs: number
}

/** Which record a CRM says something happened to, and the digest that tells this event from every other. */
export type NamedRecord = { stream: string; sourceId: string; eventKey: string }

/** How a CRM sends webhooks: who sent one, and which records it names. Pure, like everything that a connector says. */
export type Webhook = {
  /** Where it is documented. */
  docs: string
  body: 'json' | 'xml'
  /** What proves the sender besides the address: their signature, a name and password that they were given, or nothing. */
  proof: 'signature' | 'password' | 'address'
  /** What to ask people for. `signingSecret` where the CRM signs. */
  words: { account: string; signingSecret?: string }
  /** Whether this can be an account of theirs. */
  isAccount: (account: string) => boolean
  /** Whether the CRM itself sent this, just now. `secret` is the signing secret, or the password. */
  isGenuine: (delivery: Delivery, secret: string) => boolean
  /**
   * The records that are named, of the account alone; none when nothing that we read is. `another_account` when all of it is about
   * others, `unknown` when it is not what the CRM documents.
   */
  read: (body: unknown, account: string) => NamedRecord[] | 'another_account' | 'unknown'
  /** What the CRM waits for, where a bare 204 is not enough. */
  receipt?: { type: string; text: string }
}

/** An element of XML: its local name, its attributes by local name, the text within, and the elements within. */
export type XmlElement = {
  name: string
  attributes: Record<string, string>
  text: string
  children: XmlElement[]
}

/** A user name for CRMs that send one beside the password; the password alone is the secret. */
export const webhookUser = 'tidemark'
