import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
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

/** Where a run stands. The last six are verdicts; `abandoned` is said by the reaper, never by the worker that died. */
export const runStatuses = [
  'queued',
  'running',
  'success',
  'partial',
  'suspect',
  'failed',
  'abandoned',
  'cancelled',
] as const
export type RunStatus = (typeof runStatuses)[number]

/** `nudge`: the CRM's webhooks named records, and the run looks at these alone. */
export const runTriggers = ['schedule', 'person', 'command', 'nudge'] as const
export type RunTrigger = (typeof runTriggers)[number]

/**
 * How one stream of a run ended. `not_synced` is said aloud where a CRM offers no such records; `paused` where our share of the CRM's
 * day is used, so that what matters more goes on.
 */
export const streamStatuses = [
  'running',
  'success',
  'partial',
  'suspect',
  'failed',
  'paused',
  'not_synced',
] as const
export type StreamStatus = (typeof streamStatuses)[number]

/** What can go wrong with a run; every code has words for the client and for the operator in `worker/errors.ts`. */
export const errorCodes = [
  'E_AUTH_REVOKED',
  'E_RATE_LIMITED',
  'E_QUOTA_SHARE',
  'E_CRM_DOWN',
  'E_CRM_BAD_REPLY',
  'E_PAGING_LOOP',
  'E_SHORT_READ',
  'E_PERMISSION',
  'E_MASS_ABSENCE',
  'E_QUARANTINE',
  'E_SETTINGS',
  'E_CAPACITY',
  'E_INTERNAL',
] as const
export type ErrorCode = (typeof errorCodes)[number]

const counters = () => ({
  pages: integer().notNull().default(0),
  fetched: bigint({ mode: 'number' }).notNull().default(0),
  created: bigint({ mode: 'number' }).notNull().default(0),
  updated: bigint({ mode: 'number' }).notNull().default(0),
  unchanged: bigint({ mode: 'number' }).notNull().default(0),
  /** Older than what we hold, so not written. */
  stale: bigint({ mode: 'number' }).notNull().default(0),
  quarantined: bigint({ mode: 'number' }).notNull().default(0),
  retired: bigint({ mode: 'number' }).notNull().default(0),
})

const failure = () => ({
  errorCode: text({ enum: errorCodes }),
  /** For the client: no host name, no token, no stack. */
  errorPublic: text(),
  /** For the operator. */
  errorDetail: text(),
})

const known = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(', '))

/** One run of one connection; kept for ever. */
export const syncRuns = pgTable(
  'sync_runs',
  {
    tenantId: uuid().notNull(),
    id: uuid().notNull(),
    connectionId: uuid().notNull(),
    trigger: text({ enum: runTriggers }).notNull(),
    /** The scheduled hour that this run answers; null for runs that somebody asked for. */
    slotAt: instant(),
    /** Hours before `slotAt` that nobody served (host asleep, worker down). */
    missedSlots: integer().notNull().default(0),
    /** Streams asked for; null means all. */
    streams: text().array(),
    /** Ignore cursors: read everything from the beginning. */
    full: boolean().notNull().default(false),
    /** An operator has looked: records absent from the CRM's list may be retired however many they are. */
    acceptAbsence: boolean().notNull().default(false),
    status: text({ enum: runStatuses }).notNull().default('queued'),
    /** The verdict in one sentence, for people. */
    verdict: text(),
    fence: bigint({ mode: 'number' }),
    worker: text(),
    queuedAt: instant().notNull().defaultNow(),
    startedAt: instant(),
    heartbeatAt: instant(),
    finishedAt: instant(),
    ...counters(),
    requests: integer().notNull().default(0),
    retries: integer().notNull().default(0),
    bytes: bigint({ mode: 'number' }).notNull().default(0),
    ...failure(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }),
    uniqueIndex('sync_runs_one_per_slot')
      .on(t.tenantId, t.connectionId, t.slotAt)
      .where(sql`slot_at is not null`),
    uniqueIndex('sync_runs_one_running')
      .on(t.tenantId, t.connectionId)
      .where(sql`status = 'running'`),
    uniqueIndex('sync_runs_one_nudge')
      .on(t.tenantId, t.connectionId)
      .where(sql`status = 'queued' and trigger = 'nudge'`),
    index('sync_runs_nudged')
      .on(t.tenantId, t.connectionId, t.queuedAt.desc())
      .where(sql`trigger = 'nudge'`),
    index('sync_runs_open')
      .on(t.status, t.queuedAt)
      .where(sql`status in ('queued', 'running')`),
    index('sync_runs_recent').on(t.tenantId, t.connectionId, t.queuedAt.desc()),
    check('sync_runs_status', sql`${t.status} in (${known(runStatuses)})`),
    check('sync_runs_trigger', sql`${t.trigger} in (${known(runTriggers)})`),
    check('sync_runs_error_code', sql`${t.errorCode} in (${known(errorCodes)})`),
    check(
      'sync_runs_end',
      sql`(${t.status} in ('queued', 'running')) = (${t.finishedAt} is null)
        and (${t.status} not in ('failed', 'abandoned') or ${t.errorCode} is not null)`,
    ),
  ],
)

/** What one run did with one stream. */
export const syncRunStreams = pgTable(
  'sync_run_streams',
  {
    tenantId: uuid().notNull(),
    runId: uuid().notNull(),
    stream: text().notNull(),
    connectionId: uuid().notNull(),
    status: text({ enum: streamStatuses }).notNull(),
    ...counters(),
    cursorFrom: text(),
    cursorTo: text(),
    /** The CRM's own count at the end of the pass, where it gives one. */
    crmCount: bigint({ mode: 'number' }),
    /** How many records we then held that are not tombstones. */
    ourCount: bigint({ mode: 'number' }),
    /** Only records that nudges named were looked at: no pass, and nothing about how fresh the stream is. */
    isLook: boolean().notNull().default(false),
    /** True when the pass read everything from the beginning and its ids equal the CRM's count. */
    isComplete: boolean().notNull().default(false),
    /** Fields the CRM sent that our reading does not know; kept in `custom`, shown to the operator. */
    unknownFields: text().array(),
    startedAt: instant().notNull(),
    finishedAt: instant(),
    ...failure(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.runId, t.stream] }),
    foreignKey({ columns: [t.tenantId, t.runId], foreignColumns: [syncRuns.tenantId, syncRuns.id] }),
    index('sync_run_streams_recent')
      .on(t.tenantId, t.connectionId, t.stream, t.startedAt.desc())
      .where(sql`not is_look`),
    check('sync_run_streams_status', sql`${t.status} in (${known(streamStatuses)})`),
    check('sync_run_streams_error_code', sql`${t.errorCode} in (${known(errorCodes)})`),
  ],
)

/** Where each stream of a connection continues, and how far it is known to be complete. */
export const streamCursors = pgTable(
  'stream_cursors',
  {
    tenantId: uuid().notNull(),
    connectionId: uuid().notNull(),
    stream: text().notNull(),
    /** Opaque to everyone but the connector; null between passes. */
    cursor: text(),
    /** When the pass under way began: the next watermark, also after a crash and resume. */
    scanStart: instant(),
    /** True when the pass under way was resumed by another run, so its ids were not all seen by one. */
    isResumed: boolean().notNull().default(false),
    /** Everything the CRM held at this instant is here; what the pages call "as of". */
    freshAt: instant(),
    /** Start of the last pass that read the whole list from the beginning. */
    lastFullAt: instant(),
    /** Where the next incremental pass begins, before its look-back. */
    watermark: instant(),
    /** Until when, by its own clock, the CRM was sure to have told everything, where it says so: the next pass begins no later. */
    coveredUntil: instant(),
    /** How far the CRM's clock was ahead of ours at the watermark; negative when it was behind. */
    crmAheadMs: bigint({ mode: 'number' }).notNull().default(0),
    /** Absent ids of a pass that hit the brake, waiting for a second pass to agree. */
    absentDigest: text(),
    absentCount: bigint({ mode: 'number' }),
    /** Fields that the last pass asked for, where the CRM says which ones we may see. */
    seenFields: text().array(),
    /** The fence of the run that wrote this row last. */
    fence: bigint({ mode: 'number' }).notNull(),
    updatedAt: instant().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.connectionId, t.stream] }),
    foreignKey({
      columns: [t.tenantId, t.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }),
  ],
)

/** Worker processes that are alive; not a tenant's. */
export const workers = pgTable('workers', {
  id: text().primaryKey(),
  startedAt: instant().notNull(),
  beatAt: instant().notNull(),
  /** The worker's clock minus the database's, at the last beat. */
  clockSkewMs: integer().notNull().default(0),
})
