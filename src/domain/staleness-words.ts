import { startedOnes, type ConnectionNow, type Freshness, type LateStream } from './freshness.ts'
import { streamWord } from './streams.ts'
import type { Tone } from './verdict.ts'

export type Banner = { tone: 'doubt' | 'bad'; headline: string; reason: string | null }

/** Writes an instant in the reader's time zone. */
type Clock = (at: Date) => string

/** "14 min", "1 h 40 min", "3 hours", "3 days". */
export function ageInWords(minutes: number): string {
  // A minute that has begun counts: nothing is zero minutes old.
  if (minutes < 60) return `${Math.max(1, minutes)} min`
  if (minutes < 120) return minutes === 60 ? '1 h' : `1 h ${minutes % 60} min`
  return hoursInWords(minutes)
}

/** What the top of every page says about freshness; the shape says the same as the colour. `age` is the part of the text that grows. */
export type Chip = { text: string; tone: Tone; age: string | null; ageMinutes: number | null }

export function chipOf(freshness: Freshness, all: readonly ConnectionNow[], clock: Clock): Chip {
  const { state, ageMinutes, currentAgeMinutes, lateStreams, streamCount, isStale } = freshness
  const lasting = (text: string, tone: Tone) => ({ text, tone, age: null, ageMinutes: null })
  if (state === 'never' || ageMinutes === null) return lasting('Not synced yet', 'quiet')
  const connection = startedOnes(all).find((one) => one.state === state)
  if (connection?.state === 'needs_reconnect') return lasting(`Sign-in to ${connection.name} failed`, 'bad')
  if (connection?.state === 'paused') return lasting(`Sync paused${when(', ', connection, clock)}`, 'doubt')
  const minutes = state === 'partial' ? (currentAgeMinutes ?? ageMinutes) : ageMinutes
  const age = `${ageInWords(minutes)} ago`
  if (isStale) {
    const late = state === 'partial' ? `, ${lateStreams.length} of ${streamCount} streams late` : ''
    return { text: `Synced ${age}${late}`, tone: 'doubt', age, ageMinutes: minutes }
  }
  // What is under way is said beside the age, never in its place: it may come to nothing.
  const isSyncing = startedOnes(all).some(({ openRun }) => openRun?.status === 'running')
  return {
    text: `Synced ${age}${isSyncing ? ', syncing now' : ''}`,
    tone: isSyncing ? 'busy' : 'good',
    age,
    ageMinutes: minutes,
  }
}

/**
 * The line that no data page may omit: null exactly when everything is on time and every connection is active.
 * Where nothing ever arrived there is no data to doubt, and the page says "Not synced yet" instead.
 */
export function bannerOf(freshness: Freshness, all: readonly ConnectionNow[], clock: Clock): Banner | null {
  if (freshness.state === 'never') return null
  const connections = startedOnes(all)
  const tone = freshness.state === 'needs_reconnect' ? 'bad' : 'doubt'
  const cause = causeOf(connections, clock)
  if (freshness.isStale)
    return { tone, headline: ageSentence(freshness, connections.length > 1), reason: cause }
  if (freshness.state !== 'paused' && freshness.state !== 'needs_reconnect') return null
  const asOf = freshness.freshAt === null ? null : `Data stays as of ${clock(freshness.freshAt)}.`
  return { tone, headline: cause ?? 'Sync is paused.', reason: asOf }
}

/** The agreed words, which an open page also says when it has grown that old. */
export function staleSentence(minutes: number): string {
  return `Data is ${hoursInWords(minutes)} old - sync may be delayed`
}

function ageSentence(freshness: Freshness, severalConnections: boolean): string {
  const old = freshness.lateStreams.filter((stream) => stream.ageMinutes !== null)
  const absent = freshness.lateStreams.filter((stream) => stream.ageMinutes === null)
  if (freshness.lateStreams.length === 0) {
    return staleSentence(freshness.ageMinutes ?? 0)
  }
  const sentences: string[] = []
  if (old.length > 0) {
    const age = Math.max(...old.map((stream) => stream.ageMinutes ?? 0))
    sentences.push(`${names(old, severalConnections)} are ${hoursInWords(age)} old - sync may be delayed.`)
  }
  if (absent.length > 0)
    sentences.push(`${names(absent, severalConnections)} have not arrived completely yet.`)
  return `${sentences.join(' ')} Everything else is current.`
}

function names(streams: readonly LateStream[], severalConnections: boolean): string {
  const words = streams.map(({ stream, connection }) =>
    severalConnections
      ? `${connection} ${streamWord(stream).toLowerCase()}`
      : streamWord(stream).toLowerCase(),
  )
  const list = new Intl.ListFormat('en-US').format(words)
  return list.charAt(0).toUpperCase() + list.slice(1)
}

/** Whole hours, rounded down; days above 48 hours; minutes only where the limit is set below an hour. */
function hoursInWords(minutes: number): string {
  if (minutes > 48 * 60) return `${Math.floor(minutes / 1_440)} days`
  if (minutes < 60) return minutes === 1 ? '1 minute' : `${minutes} minutes`
  const hours = Math.floor(minutes / 60)
  return hours === 1 ? '1 hour' : `${hours} hours`
}

/** Why the data is not newer, as far as it is known. */
function causeOf(connections: readonly ConnectionNow[], clock: Clock): string | null {
  const refused = connections.find(({ state }) => state === 'needs_reconnect')
  if (refused) return `${refused.name} refused our key${when(' since ', refused, clock)}.`
  const paused = connections.find(({ state }) => state === 'paused')
  if (paused) return pausedSentence(paused, connections.length > 1, clock)
  return connections.find(({ lastRun }) => lastRun?.errorPublic)?.lastRun?.errorPublic ?? null
}

function pausedSentence(paused: ConnectionNow, severalConnections: boolean, clock: Clock): string {
  const whose = severalConnections ? ` of ${paused.name}` : ''
  const since = paused.stateSince === null ? '' : ` It has been since ${clock(paused.stateSince)}.`
  const reason = paused.stateReason === null ? '' : ` ${paused.stateReason}`
  return `Sync${whose} is paused.${since}${reason}`
}

function when(before: string, { stateSince }: ConnectionNow, clock: Clock): string {
  return stateSince === null ? '' : `${before}${clock(stateSince)}`
}
