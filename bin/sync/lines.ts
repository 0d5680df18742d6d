import type { RunEvent } from '../../worker/events.ts'
import { countsInWords, oneLine, placeOf, seconds, type Report } from './report.ts'

/** One line per fact, for logs and pipes. */
export function lineReport(write: (line: string) => void): Report {
  return {
    heard: (connection, _runId, fact) => {
      const words = lineOf(fact)
      if (words !== null) write(`${placeOf(connection)}: ${words}`)
    },
    ended: (connection, _runId, { status, words }) => write(`${placeOf(connection)}: ${status}: ${words}`),
    finished: () => undefined,
  }
}

/** A fact in words; null for those that only a bar or a log shows. */
function lineOf(fact: RunEvent): string | null {
  switch (fact.event) {
    case 'run.started':
      return 'started'
    case 'stream.restarted':
      return `${fact.stream}: read again from the beginning, because ${fact.reason}`
    case 'stream.finished': {
      const trouble = fact.reason === undefined ? '' : `: ${oneLine(fact.reason)}`
      return `${fact.stream}: ${fact.status}, ${countsInWords(fact.counts)}, ${seconds(fact.ms)}${trouble}`
    }
    case 'run.finished':
      return `${countsInWords(fact.counts)}, ${fact.requests} requests, ${fact.retries} retries, ${seconds(fact.ms)}`
    default:
      return null
  }
}
