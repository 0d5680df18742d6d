import type { Database } from '../drizzle/db.ts'
import type { StreamStatus } from '../drizzle/schema/sync.ts'
import type { AnyConnector, Pass, Stream, StreamName } from './connectors/connector.ts'
import type { RunContext } from './context.ts'
import type { SyncError } from './errors.ts'
import type { Tell } from './events.ts'
import type { Fetcher } from './fetcher.ts'
import type { IdSet } from './id-set.ts'

/** One run of one connection, as every step of the pipeline sees it. */
export type Run = {
  tenantId: string
  connectionId: string
  id: string
  /** The number of our lease; a page that carries an older one is refused. */
  fence: number
  connector: AnyConnector
  settings: never
  context: RunContext
  /** `nudge`: it looks at records that webhooks named, and at nothing else. */
  trigger: string
  /** The earliest look within the last minutes before this run: what it learned is not overwritten by an older state. */
  lookedSince: string | null
  /** Streams asked for; null means all. */
  only: readonly string[] | null
  full: boolean
  acceptAbsence: boolean
  database: Database
  fetcher: Fetcher
  /** Aborted when the worker stops or the lease is lost. */
  stopping: AbortSignal
  tell: Tell
  /** How each stream ended, in order. */
  ended: StreamEnd[]
}

export type Counts = {
  pages: number
  fetched: number
  created: number
  updated: number
  unchanged: number
  stale: number
  quarantined: number
  retired: number
}

export const noCounts = (): Counts => ({
  pages: 0,
  fetched: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  stale: 0,
  quarantined: 0,
  retired: 0,
})

export type StreamEnd = {
  stream: StreamName
  status: StreamStatus
  counts: Counts
  error: SyncError | null
}

/** One reading of one stream, from its first page to the server's own end signal. */
export type StreamPass = Pass & {
  stream: Stream<never>
  /** Records learned since then are not overwritten by older states of themselves. */
  guardedFrom: string
  /** It looks at single records, leaves the cursor alone and says nothing about how fresh the stream is. */
  isLook: boolean
  /** Where the pass begins or resumes; null for streams read per parent, which keep a place of their own. */
  cursor: string | null
  /** Another run began this pass, so its ids were not all seen by one. */
  isResumed: boolean
  /** The stream holds nothing yet: rows are written without asking for them first. */
  isFirstLoad: boolean
  seen: IdSet
  counts: Counts
  /** The CRM's own count on the last page that gave one. */
  total: number | null
  /** That count fell from one page to the next: records left the list while it was read. */
  hasShrunk: boolean
  /** The pass listed everything there is, in a stream that reads changes. */
  isWhole: boolean
  /** The CRM kept a part of the list from us. */
  isPartial: boolean
  /** Such a part of which records are stored: the id of one of them. */
  hidden: string | null
  /** Ids of records that the list did not name and the CRM refused to show: whether they are gone nobody knows. */
  refused: Set<string>
  /** Until when, by its own clock, the CRM is sure to have told everything; null where it does not say. */
  coveredUntil: string | null
  /** Fields that the last pass asked for, where the CRM says which ones we may see. */
  fieldsBefore: readonly string[]
  /** Those that this one asks for. */
  fields: Set<string>
  /** Digests of unresolved records of this stream that were set aside before. */
  setAside: Set<string>
  /** Those of them, and the new ones, that this pass came across. */
  metAside: Set<string>
  /** Rows without a usable id; each may be any of those we hold. */
  unnamed: number
  /** Rows that share their id with another row of their page: two users of one name, where the name is the id. */
  namesakes: number
  unknownFields: Set<string>
  /** Fields that the connection's mapping reads, and the names it gives them: none of these is unknown. */
  mappedFields: readonly string[]
  /** Children that the sweep found, older than the last pass, on parents that had not changed since. */
  strays: number
  /** Stored children that the complete list of their parent did not name. */
  absentChildren: { id: string; source_id: string }[]
  /** Parents whose lists were read to their ends, and those of them that named a child without a usable id. */
  parentsRead: IdSet
  parentsWithUnnamed: IdSet
  /** How many children of the parents read in this pass were stored. */
  expectedChildren: number
  /** Pages in a row that brought no record that was not seen before. */
  idlePages: number
  /** Where a crash after the last landed page would resume; stored in the database at the latest two seconds later. */
  place: string | null
  /** When the place was stored last, by the process's clock. */
  storedAtMs: number
  /** Digest of the rules that give the items of this stream their meaning. */
  rules: string
  cursorFrom: string | null
}
