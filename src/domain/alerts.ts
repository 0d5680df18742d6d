import type { AlertKind } from '../../drizzle/schema/alerts.ts'
import { judgeAge, lateAfterMinutes, syncedStreams, type ConnectionNow, type Rules } from './freshness.ts'
import { ageInWords } from './staleness-words.ts'
import { streamWord } from './streams.ts'

/** `isSure`: it is to be told; otherwise it only keeps alive what was told before. `since`: the last moment when all was well. */
export type Trouble = { kind: AlertKind; isSure: boolean; since: Date | null }

/** What is the matter with a connection at this moment. What a person did, a pause or a draft, is nothing to be told of. */
export function troublesOf(connection: ConnectionNow, rules: Rules): Trouble[] {
  const { state, stateSince } = connection
  if (state === 'draft' || state === 'paused') return []
  const lateness = latenessOf(connection, rules)
  if (state !== 'needs_reconnect') return lateness
  // Whose key is refused is late by and by, too: one message is enough.
  return [
    { kind: 'sign_in', isSure: true, since: stateSince },
    ...lateness.map((trouble) => ({ ...trouble, isSure: false })),
  ]
}

function latenessOf(connection: ConnectionNow, rules: Rules): Trouble[] {
  const { hasFinished, openRun, stateSince } = connection
  const arrived = syncedStreams(connection).flatMap(({ freshAt }) => freshAt ?? [])
  const newest = latest(arrived)
  if (!hasFinished) {
    // A first copy takes as long as it takes; none that nobody works at.
    const since = latest([...arrived, ...(stateSince ? [stateSince] : [])])
    const isLate = openRun === null && since !== null && judgeAge(since, rules).isStale
    return isLate ? [{ kind: 'late', isSure: true, since }] : []
  }
  if (newest === null) return []
  if (judgeAge(newest, rules).isStale) return [{ kind: 'late', isSure: true, since: newest }]
  const oldest = arrived.reduce((a, b) => (a < b ? a : b))
  if (!judgeAge(oldest, rules).isStale) return []
  // Until another run has brought the others, it may be that all of them are about to be stale.
  const isSure = (judgeAge(newest, rules).ageMinutes ?? 0) <= lateAfterMinutes
  return [{ kind: 'late_part', isSure, since: oldest }]
}

const latest = (instants: readonly Date[]): Date | null =>
  instants.reduce<Date | null>((a, b) => (a !== null && a > b ? a : b), null)

/** The kinds of alert to begin and to end, given those that are open. */
export function turnsOf(
  troubles: readonly Trouble[],
  open: readonly AlertKind[],
): { begins: AlertKind[]; ends: AlertKind[] } {
  const sure = troubles.filter(({ isSure }) => isSure).map(({ kind }) => kind)
  return {
    begins: sure.filter((kind) => !open.includes(kind)),
    ends: open.filter((kind) => !troubles.some((trouble) => trouble.kind === kind)),
  }
}

/** What an alert says, without a word of what the CRM holds. `crm` is the CRM's name, `workspace` the workspace's. */
export function alertSentence(
  { kind, hasEnded, workspace, crm }: { kind: AlertKind; hasEnded: boolean; workspace: string; crm: string },
  connection: ConnectionNow,
  rules: Rules,
): string {
  const of = `${workspace}, ${connection.name}`
  if (hasEnded) return `${of}: ${endOf(kind, connection, crm)}`
  if (kind === 'sign_in')
    return `${of}: ${crm} no longer accepts our access. Nothing is synced until somebody connects it again.`
  const { errorPublic } = connection.lastRun ?? {}
  return `${of}: ${whatIsLate(kind, connection, rules)}.${errorPublic ? ` ${errorPublic}` : ''}`
}

function endOf(kind: AlertKind, { state }: ConnectionNow, crm: string): string {
  if (state === 'paused') return 'paused by a person.'
  if (kind === 'sign_in') return `${crm} accepts our access again.`
  return kind === 'late' ? 'the sync is on time again.' : 'every stream is on time again.'
}

function whatIsLate(kind: AlertKind, connection: ConnectionNow, rules: Rules): string {
  const since = latenessOf(connection, rules)[0]?.since ?? null
  const age = `for ${ageInWords(judgeAge(since, rules).ageMinutes ?? 0)}`
  if (kind === 'late') return `Nothing has arrived ${age}`
  const late = syncedStreams(connection).filter(({ freshAt }) => freshAt && judgeAge(freshAt, rules).isStale)
  return `${late.map(({ stream }) => streamWord(stream)).join(', ')}: not complete ${age}`
}
