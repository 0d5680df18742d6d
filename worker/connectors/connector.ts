import type { z } from 'zod'
import type { Consent } from '../../drizzle/schema/connections.ts'
import type * as schema from '../../drizzle/schema/index.ts'
import type { Webhook } from '../../drizzle/schema/nudges.ts'
import type { Quota } from '../../drizzle/schema/quota.ts'
import type { SyncError } from '../errors.ts'
import type { Mapping } from './mapping.ts'
import type { Writing } from './writing.ts'

export type { Asked, Standing } from './writing.ts'

/** Our words for the kinds of records, in the order a run reads them. */
export const streamNames = [
  'owners',
  'pipelines',
  'stages',
  'lead_sources',
  'companies',
  'leads',
  'contacts',
  'opportunities',
  'stage_changes',
  'notes',
  'activities',
] as const
export type StreamName = (typeof streamNames)[number]

type Tables = {
  pipelines: typeof schema.pipelines.$inferInsert
  stages: typeof schema.stages.$inferInsert
  owners: typeof schema.owners.$inferInsert
  lead_sources: typeof schema.leadSources.$inferInsert
  companies: typeof schema.companies.$inferInsert
  contacts: typeof schema.contacts.$inferInsert
  leads: typeof schema.leads.$inferInsert
  opportunities: typeof schema.opportunities.$inferInsert
  stage_changes: typeof schema.stageChanges.$inferInsert
  notes: typeof schema.notes.$inferInsert
  activities: typeof schema.activities.$inferInsert
}
export type TableName = keyof Tables

/** Columns that the engine fills; a connector never names them. */
type EngineColumn =
  | 'tenantId'
  | 'id'
  | 'connectionId'
  | 'sourceId'
  | 'contentHash'
  | 'snapshotId'
  | 'changedAt'
  | 'deletedAt'
  | 'deletedBecause'
  | 'repairs'
  | (typeof schema.ownColumns)[number]

/** What a connector says about one row: every column of its own, none forgotten. Instants are ISO 8601 in UTC, dates `YYYY-MM-DD`. */
export type Row<Table extends TableName> = {
  [Column in Exclude<keyof Tables[Table], EngineColumn>]-?: NonNullable<Tables[Table][Column]> extends Date
    ? string | null
    : Tables[Table][Column]
}

/** A value that could not be read although its record could; the column is left empty and the field is set aside. */
export type FieldFault = { path: string; reason: string }

/** What one item of a CRM's list means: at most one row per table, all under the item's own id. */
export type Normalised = {
  rows: { [Table in TableName]?: Row<Table> }
  /** The CRM marks this record as deleted. */
  deletedBecause?: 'flag' | 'feed'
  /** Their ids that now mean this record, because the CRM merged others into it. */
  standsFor?: readonly string[]
  /** Their id of the record that this one was merged into, where the CRM says so of the one that is gone. */
  mergedInto?: string
  faults: FieldFault[]
}

export type Request = {
  method: 'GET' | 'POST' | 'PATCH'
  path: string
  query?: Record<string, string>
  body?: unknown
  /** How much of the connection's rate it takes; default 1. */
  cost?: number
  /** How much of the day's quota it takes, in the quota's unit; default 1. */
  units?: number
  /** The account may not have this at all: a refusal (403 or 404, or one of these) is then an answer, which `page` reads, and no failure. */
  mayBeRefused?: true | readonly number[]
  /** What is answered when not JSON; the body then is the text as it came. A page of a browser's is no `text`. */
  accepts?: 'csv' | 'text'
  /** A success may have no body. */
  mayBeEmpty?: true
}

/** An answer with status 200 to 299, already inflated, decoded and parsed. Numbers too large for JavaScript arrive as text. */
export type Reply = {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: unknown
  /** It was kept, and is read once more: its headers are not known any longer, and where to go on does not matter. */
  isKept?: true
}

/** An answer with any status, before it is believed. `body` is there when the text was JSON. */
export type RawReply = Omit<Reply, 'body'> & { text: string; body?: unknown }

/** What a renewal of access gave. */
export type RenewedTokens = {
  accessToken: string
  /** The next refresh token; null where the one that was used stays good. */
  refreshToken: string | null
  /** Seconds until the access token ends; null where the CRM does not say. */
  seconds: number | null
  /** Where this account's API is, for CRMs that say so with every token. */
  home?: string
  /** Which account of the CRM was let in, where that is said with every token; it never changes for an account. */
  account?: string
  /** What the tokens are good for, in the CRM's words for it, where that is said with them. */
  scopes?: string[]
}

/** How access that ends by itself is renewed (RFC 6749 §6). */
export type TokenRenewal = {
  /**
   * The secret fields that hold the tokens, and where the CRM said that the account's API is. Each renewal stores them anew;
   * only the refresh token has to be there at first.
   */
  fields: { accessToken: string; refreshToken: string; home?: string }
  /** The domain that a home must be part of, because our tokens go there, and the path of the API on it. */
  home?: { within: string; path: string }
  /** The form to post, given the connection's own `address`. A `url` without a host is taken from that. */
  request: (
    secrets: Record<string, string>,
    address: string,
  ) => {
    url: string
    headers?: Record<string, string>
    form: Record<string, string>
  }
  /** Reads an answer of any status: the tokens, or what is wrong; null when its HTTP status says it all. */
  read: (reply: RawReply) => RenewedTokens | SyncError | null
}

export type Page = {
  items: unknown[]
  /** Where to continue; null only when the server itself says that there is no more. */
  next: string | null
  /** How many records the CRM says there are; null where it gives no count. */
  total: number | null
  /** The CRM is still preparing the answer: ask again with `next` after so long. */
  waitSeconds?: number
  /** Its records may have come before in this pass, from another list: that none of them is new says nothing. */
  repeats?: true
  /** This page ends a list of everything there is, read from its beginning, in a stream that else reads changes. */
  endsWhole?: true
  /** A part of the list was not given to us: what is missing from it is not concluded to be gone. */
  isPartial?: true
  /** Part of a list was not given to us, and how the ids of its records begin: what is stored of them may have changed unseen. */
  hiddenPrefix?: string
  /** Their ids of single records that were asked for and refused to us: they may be there, so none of them is taken for gone. */
  refused?: readonly string[]
  /** Until when, by its clock, the CRM is sure to have told everything: the next pass begins no later. */
  coveredUntil?: string
  /** Fields that the records behind this page are asked for by, and those that we should ask for and may not see: one that was seen before is lost, and not empty. */
  fields?: { seen: string[]; unseen: string[] }
  /** The CRM no longer knows the parent whose children were asked for. Its children may belong to another one by now. */
  isParentGone?: boolean
}

/** What a pass knows when it begins. Instants are ISO 8601 in UTC. */
export type Pass = {
  scanStart: string
  /** The same moment by the CRM's clock, as far as its answers told: what its records are stamped with. */
  crmStart: string
  /** Where the last complete pass began, by the slower of both clocks, less the stream's look-back; null when everything is asked for. */
  since: string | null
  /** Start of the last pass that read the whole list, by the same clock. */
  lastFullAt: string | null
  /** How many of its records we hold, for streams that say how far to count them. */
  stored?: number
  /** The record whose children are read, for streams with `parents`. */
  parent: string | null
}

/** What normalising may know besides the item: it never looks anything up. */
export type Context<Settings> = {
  settings: Settings
  /** The tenant's own currency, for CRMs that name none. */
  currency: string
  /** Our id of a record of this connection. */
  id: (table: TableName, sourceId: string) => string
}

export type Stream<Settings> = {
  name: StreamName
  /** Their word for it, and where it is documented. */
  source: string
  /** False where this account has no such records; the stream is then said to be not synced. Default true. */
  isOffered?: (settings: Settings) => boolean
  /** The tables its items land in; the first is the one that is probed, counted and reconciled. */
  tables: readonly [TableName, ...TableName[]]
  /** `full`: every pass reads the whole list. `changes`: a pass reads what changed since the watermark. */
  reads: 'full' | 'changes'
  /** How deletions are learned: from their absence in a complete list, a flag on the record, a feed, or not at all. */
  deletes: 'absence' | 'flag' | 'feed' | 'never'
  /** Seconds by which a pass of changes begins before the last one began, for records that become visible late. */
  lookbackSeconds: number
  /** Read once per record of another table: those that changed first, then a slow sweep over all. */
  parents?: {
    table: 'contacts' | 'opportunities'
    perRun: (settings: Settings) => number
    sweepHours: (settings: Settings) => number
  }
  /** For lists of a window of time: only records due inside it can be missed from it. Instants are ISO 8601 in UTC. */
  absentBetween?: (pass: Pass, settings: Settings) => { from: string; to: string }
  /** For lists of changes that are read whole while they are short: its records are counted, no further than to one more than this. */
  countsUpTo?: (settings: Settings) => number
  /** The first cursor of a pass. Cursors are opaque to everyone else. */
  begin: (pass: Pass, settings: Settings) => string
  /** Where a pass goes on that broke off here, when it must learn anew what may have changed meanwhile; else just here. */
  resume?: (cursor: string) => string
  /**
   * The first cursor of a look at these records alone, by their ids, at most a hundred; streams without it are read by passes only.
   * Their items must come out as a pass would give them that begins at `now`. What the CRM does not show says nothing.
   */
  look?: (sourceIds: readonly string[], settings: Settings, now: string) => string
  request: (cursor: string, settings: Settings) => Request
  /**
   * What else must be asked before a page means anything, such as the relations of its records, given all answers so far;
   * none when it is complete. `page` then reads all of them: `body` is the list of their bodies, in the order asked.
   */
  follow?: (replies: readonly Reply[], cursor: string, settings: Settings) => Request[]
  /** Reads the envelope. Throws `StreamError` (`E_CRM_BAD_REPLY`, `E_SHORT_READ`) when it is not what the CRM documents. */
  page: (reply: Reply, cursor: string, settings: Settings) => Page
  /** Their id of an item, or null when it has none: the item then cannot be stored and is set aside. */
  identify: (item: Record<string, unknown>, settings: Settings) => string | null
  /**
   * What is asked of a record alone when it is new or has changed; null for one that is whole as it came. `normalise` reads the answer,
   * a text or null where it was refused, as the item's `detail`. It is no part of the digest by which records are compared: another
   * answer must show in what the list says.
   */
  detail?: (item: Record<string, unknown>, settings: Settings) => Request | null
  /** Whether an item only says that its record is gone, as in a list of archived ones; nothing else is asked of it. */
  isGone?: (item: Record<string, unknown>) => boolean
  /** The documented shape; items that do not fit are set aside with the field's path. */
  item: z.ZodType
  /** Rises whenever `normalise` reads differently, so that stored rows are read again. */
  version: number
  normalise: (item: never, context: Context<Settings>) => Normalised
}

/**
 * One CRM: a pure description without any I/O. The engine asks, waits, stores and retries; the connector only knows
 * what to ask and what the answer means.
 */
export type Connector<Settings = never> = {
  name: string
  /** As people call the CRM. */
  label: string
  /** Where its interface is documented. */
  docs: string
  baseUrl: string
  /** The secret fields a connection needs, with the words to ask for them. */
  secrets: Record<string, string>
  settings: z.ZodType<Settings>
  /** For CRMs in which people say where our fields of an opportunity stand. */
  mapping?: Mapping
  /** How often we may call, shared by all workers. */
  rateLimit: (settings: Settings) => { requestsPerSecond: number; burst: number }
  /** What the customer's integrations may ask for in a day, all of them together. */
  quota: Quota
  /** Headers that prove who asks. Never part of a snapshot. */
  authorise: (secrets: Record<string, string>) => Record<string, string>
  /** For CRMs whose access ends by itself; without it the secrets stay as they were entered. */
  tokens?: TokenRenewal
  /** For CRMs that let in an app by the consent of a person. */
  consent?: Consent
  /** What is wrong with an answer, to the `nth` try, that the HTTP status alone does not tell; null when nothing is. */
  fault: (reply: RawReply, stream: StreamName, settings: Settings, nth?: number) => SyncError | null
  /** What a good answer tells that keeps a pass from asking on, such as what all others have used of the CRM's day; null when nothing. */
  enough?: (reply: Reply, settings: Settings) => SyncError | null
  /** How the CRM says that something happened, where it does; a hint to look, never data. */
  webhook?: Webhook
  /** In one sentence what no list of changes shows, and by when it is found all the same: nothing may promise it sooner. */
  foundLater: (settings: Settings) => string
  /** The first request of a connection test; its answer must be a page of the stream named. */
  probe: StreamName
  streams: readonly Stream<Settings>[]
  /** For CRMs that next steps and outcomes can be written to. */
  writing?: Writing<Settings>
}

/** A connector whose settings' type is known only to itself. */
export type AnyConnector = Connector<never>

/** Checks a connector where it is written and gives it the type that the engine handles. */
export function defineConnector<Settings>(connector: Connector<Settings>): AnyConnector {
  return connector as unknown as AnyConnector
}
