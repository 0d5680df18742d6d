import type { RunEvent } from '../../worker/events.ts'
import type { Counts } from '../../worker/run.ts'
import type { ListedConnection } from '../../src/queries/connection-list.ts'
import type { ExitCode } from '../exit.ts'

/** How the work on one connection ended; `status` is a verdict, or why there was no run. */
export type Ending = { status: string; words: string; exitCode: ExitCode }

/** Where a command's facts go: a progress bar, a line each, or JSON. */
export type Report = {
  heard: (connection: ListedConnection, runId: string, fact: RunEvent) => void
  ended: (connection: ListedConnection, runId: string | null, ending: Ending) => void
  /** All connections are done. */
  finished: (endings: readonly Ending[], exitCode: ExitCode) => void
}

export const placeOf = ({ tenantName, name }: ListedConnection): string => `${tenantName} / ${name}`

type Some = Pick<Counts, 'fetched'> & Partial<Counts>

/** "1,204 read, 3 new, 12 changed": what there is none of is left out. */
export function countsInWords(counts: Some): string {
  const words: [keyof Some, string][] = [
    ['created', 'new'],
    ['updated', 'changed'],
    ['retired', 'gone'],
    ['quarantined', 'set aside'],
    ['stale', 'older than ours'],
  ]
  const some = words.filter(([key]) => (counts[key] ?? 0) > 0)
  const parts = some.map(([key, word]) => `${(counts[key] ?? 0).toLocaleString('en-US')} ${word}`)
  const read = `${(counts.fetched ?? 0).toLocaleString('en-US')} read`
  return [read, ...(parts.length > 0 ? parts : ['nothing new'])].join(', ')
}

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`

/** A reason as one line of bearable length; the whole of it is on the run's page. */
export function oneLine(words: string): string {
  const line = words.replace(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)} …` : line
}
