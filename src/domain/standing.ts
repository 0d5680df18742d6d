import { judgeAge, type ConnectionNow, type Rules } from './freshness.ts'
import { ageInWords } from './staleness-words.ts'
import { streamWord } from './streams.ts'
import { runWords, streamWords, type Word } from './verdict.ts'

/** How a connection stands: the run under way, else what keeps it from running, else its last run. */
export function connectionStanding({ state, openRun, lastRun }: ConnectionNow): Word {
  if (openRun) return runWords[openRun.status]
  if (state === 'needs_reconnect') return { word: 'Sign-in failed', tone: 'bad' }
  if (state === 'paused') return { word: 'Paused', tone: 'quiet' }
  if (state === 'draft') return { word: 'Draft', tone: 'quiet' }
  return lastRun ? runWords[lastRun.status] : { word: 'Not synced yet', tone: 'quiet' }
}

export type StreamStanding = {
  stream: string
  name: string
  standing: Word
  freshAt: Date | null
  /** "14 min"; null when the stream never arrived. */
  age: string | null
  /** Our share of the CRM's day is used: it goes on with the next one. */
  waitsForDay: boolean
}

/** How each stream of a connection stands between runs: its last pass where that went wrong, else its age. */
export function streamStandings(connection: ConnectionNow, rules: Rules): StreamStanding[] {
  return connection.streams.map(({ stream, status, freshAt }) => {
    const { ageMinutes, isStale } = judgeAge(freshAt, rules)
    const wentWrong = status !== null && status !== 'success'
    return {
      stream,
      name: streamWord(stream),
      standing: wentWrong ? streamWords[status] : byAge(ageMinutes, isStale),
      freshAt,
      age: ageMinutes === null ? null : ageInWords(ageMinutes),
      waitsForDay: status === 'paused',
    }
  })
}

function byAge(ageMinutes: number | null, isStale: boolean): Word {
  if (ageMinutes === null) return { word: 'Not synced yet', tone: 'quiet' }
  return isStale ? { word: 'Late', tone: 'doubt' } : { word: 'On time', tone: 'good' }
}
