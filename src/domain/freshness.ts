import type { ConnectionState } from '../../drizzle/schema/connections.ts'
import type { RunStatus, StreamStatus } from '../../drizzle/schema/sync.ts'

export type StreamNow = {
  stream: string
  /** Everything the CRM held at this instant is here. */
  freshAt: Date | null
  /** How the stream's latest pass stands; null when none was made. */
  status: StreamStatus | null
}

/** What the sync tables say about one connection at one moment. */
export type ConnectionNow = {
  id: string
  name: string
  state: ConnectionState
  stateReason: string | null
  stateSince: Date | null
  nextDueAt: Date
  /** A run over all streams has come to its end at least once. */
  hasFinished: boolean
  openRun: { id: string; status: RunStatus; queuedAt: Date; startedAt: Date | null } | null
  lastRun: { id: string; status: RunStatus; finishedAt: Date | null; errorPublic: string | null } | null
  streams: StreamNow[]
}

/** `now` is the database's clock, the same that stamps `freshAt`. */
export type Rules = { now: Date; staleAfterMinutes: number }

export type Age = { freshAt: Date | null; ageMinutes: number | null; isStale: boolean }

export type LateStream = Age & { connection: string; stream: string }

export const freshnessStates = [
  'never',
  'fresh',
  'late',
  'stale',
  'partial',
  'paused',
  'needs_reconnect',
] as const
export type FreshnessState = (typeof freshnessStates)[number]

export type Freshness = Age & {
  state: FreshnessState
  /** The streams that are stale, or never arrived, while others are current. */
  lateStreams: LateStream[]
  streamCount: number
  /** Age of the oldest stream that is not late. */
  currentAgeMinutes: number | null
  /** Connections whose first run has not come to its end; nothing here speaks for them. */
  unfinished: string[]
}

/** Runs come every hour; a quarter of an hour later one is late, though not yet stale. */
export const lateAfterMinutes = 75

/** More late streams than this are too many to name, and the whole is called old. */
const mostNamed = 3

/** How old one stream is. What never arrived has no age and is stale. Never negative, whatever the clocks say. */
export function judgeAge(freshAt: Date | null, { now, staleAfterMinutes }: Rules): Age {
  if (freshAt === null) return { freshAt, ageMinutes: null, isStale: true }
  const ageMs = Math.max(0, now.getTime() - freshAt.getTime())
  return { freshAt, ageMinutes: Math.floor(ageMs / 60_000), isStale: ageMs > staleAfterMinutes * 60_000 }
}

/** The streams a connection really syncs: a CRM that offers no notes cannot make a page stale. */
export function syncedStreams<S extends StreamNow>(connection: { streams: S[] }): S[] {
  return connection.streams.filter((stream) => stream.status !== 'not_synced')
}

/** The connections that the whole is judged by: a draft is being set up, promises nothing, and keeps nothing from being fresh. */
export function startedOnes<C extends { state: ConnectionState }>(connections: readonly C[]): C[] {
  return connections.filter(({ state }) => state !== 'draft')
}

/** How fresh the whole is: as old as its oldest stream, over all connections that ever finished. */
export function judgeFreshness(all: readonly ConnectionNow[], rules: Rules): Freshness {
  const connections = startedOnes(all)
  const finished = connections.filter((connection) => connection.hasFinished)
  const unfinished = connections.filter((connection) => !connection.hasFinished).map(({ name }) => name)
  const ages = finished.flatMap((connection) =>
    syncedStreams(connection).map((stream) => ({
      connection: connection.name,
      stream: stream.stream,
      ...judgeAge(stream.freshAt, rules),
    })),
  )
  const arrived = ages.filter((age) => age.freshAt !== null)
  if (arrived.length === 0) {
    const nothing = { freshAt: null, ageMinutes: null, isStale: true, currentAgeMinutes: null }
    return { ...nothing, state: 'never', lateStreams: [], streamCount: ages.length, unfinished }
  }
  const oldest = arrived.reduce((a, b) => ((a.ageMinutes ?? 0) >= (b.ageMinutes ?? 0) ? a : b))
  const lateStreams = ages.filter((age) => age.isStale)
  const isPartial =
    lateStreams.length > 0 && lateStreams.length < ages.length && lateStreams.length <= mostNamed
  const current = ages.filter((age) => !age.isStale).map((age) => age.ageMinutes ?? 0)
  return {
    freshAt: oldest.freshAt,
    ageMinutes: oldest.ageMinutes,
    isStale: lateStreams.length > 0,
    state: stateOf(finished, lateStreams.length > 0, isPartial, oldest.ageMinutes ?? 0),
    lateStreams: isPartial ? lateStreams : [],
    streamCount: ages.length,
    currentAgeMinutes: current.length > 0 ? Math.max(...current) : null,
    unfinished,
  }
}

function stateOf(
  connections: readonly ConnectionNow[],
  isStale: boolean,
  isPartial: boolean,
  ageMinutes: number,
): FreshnessState {
  const states = connections.map((connection) => connection.state)
  if (states.includes('needs_reconnect')) return 'needs_reconnect'
  if (states.includes('paused')) return 'paused'
  if (isStale) return isPartial ? 'partial' : 'stale'
  return ageMinutes > lateAfterMinutes ? 'late' : 'fresh'
}

/** What a figure stands on. */
export type Basis = {
  /** The connections whose needed streams are all complete; only their rows may be counted. */
  connectionIds: string[]
  /** The oldest instant among those streams; null when there is no figure. */
  asOf: Date | null
  /** Connections that offer the streams and have not completed them yet. */
  waitingFor: string[]
}

/** Which connections can answer a question that needs these streams, and as of when. */
export function basisOf(connections: readonly ConnectionNow[], streams: readonly string[]): Basis {
  const basis: Basis = { connectionIds: [], asOf: null, waitingFor: [] }
  for (const connection of startedOnes(connections)) {
    const needed = connection.streams.filter(({ stream }) => streams.includes(stream))
    if (needed.some(({ status }) => status === 'not_synced')) continue
    const instants = needed.flatMap(({ freshAt }) => (freshAt === null ? [] : [freshAt]))
    if (instants.length < streams.length) {
      basis.waitingFor.push(connection.name)
      continue
    }
    basis.connectionIds.push(connection.id)
    for (const at of instants) if (basis.asOf === null || at < basis.asOf) basis.asOf = at
  }
  return basis
}
