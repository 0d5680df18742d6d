import type { RunStatus, RunTrigger, StreamStatus } from '../../drizzle/schema/sync.ts'

/** How a status looks: the shape says the same as the colour. */
export type Tone = 'good' | 'doubt' | 'bad' | 'busy' | 'quiet'

export type Word = { word: string; tone: Tone }

/** The words for a run's status. */
export const runWords: Record<RunStatus, Word> = {
  queued: { word: 'Waiting', tone: 'busy' },
  running: { word: 'Running', tone: 'busy' },
  success: { word: 'Complete', tone: 'good' },
  partial: { word: 'Partly failed', tone: 'doubt' },
  suspect: { word: 'In doubt', tone: 'doubt' },
  failed: { word: 'Failed', tone: 'bad' },
  abandoned: { word: 'Abandoned', tone: 'bad' },
  cancelled: { word: 'Cancelled', tone: 'quiet' },
}

/** The words for one stream of a run. */
export const streamWords: Record<StreamStatus, Word> = {
  running: runWords.running,
  success: runWords.success,
  partial: { word: 'Partly read', tone: 'doubt' },
  suspect: runWords.suspect,
  failed: runWords.failed,
  paused: { word: 'Paused', tone: 'doubt' },
  not_synced: { word: 'Not offered', tone: 'quiet' },
}

/** What the verdict means for the reader, said when the run itself left no sentence. */
export const runSentences: Record<RunStatus, string> = {
  queued: 'The run waits for a worker.',
  running: 'The run is under way.',
  success: 'Every stream was read to its end.',
  partial: 'Some streams failed or some records were set aside. What did arrive is shown.',
  suspect:
    'The CRM answered, but not as usual. The last good data stays visible and does not count as fresh.',
  failed: 'The run failed. The last good data stays visible.',
  abandoned: 'The worker stopped before the run ended. The last good data stays visible.',
  cancelled: 'The run was cancelled. What had arrived is kept.',
}

const triggerWords: Record<RunTrigger, string> = {
  schedule: 'Scheduled',
  person: 'Asked for on the page',
  command: 'Asked for on the command line',
  nudge: 'A look at records that the CRM named',
}

/** A run with the words for how it stands and why it was made. */
export type WordedRun<R> = R & { standing: Word; reason: string }

export function wordedRun<R extends { status: RunStatus; trigger: RunTrigger }>(run: R): WordedRun<R> {
  return { ...run, standing: runWords[run.status], reason: triggerWords[run.trigger] }
}

/** What a run did with one stream, with the word for how that ended. */
export type WordedPass<P> = P & { standing: Word }

export function wordedPass<P extends { status: StreamStatus }>(pass: P): WordedPass<P> {
  return { ...pass, standing: streamWords[pass.status] }
}

export function isOpen(status: RunStatus): boolean {
  return status === 'queued' || status === 'running'
}

/** Worst first, so that one word can stand for several connections. */
const severity: readonly RunStatus[] = [
  'failed',
  'abandoned',
  'suspect',
  'partial',
  'cancelled',
  'running',
  'queued',
  'success',
]

/** The worst of several statuses; `null` when there is none. */
export function worst(statuses: readonly RunStatus[]): RunStatus | null {
  return severity.find((status) => statuses.includes(status)) ?? null
}
