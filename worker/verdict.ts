import type { ErrorCode, RunStatus } from '../drizzle/schema/sync.ts'
import { PauseError, publicText, StoppedError, streamWord, type SyncError } from './errors.ts'
import type { StreamEnd } from './run.ts'

export type Verdict = {
  status: Exclude<RunStatus, 'queued' | 'running' | 'abandoned'>
  /** The verdict in one sentence, for the client. */
  words: string
  error: { code: ErrorCode; publicText: string; detail: string } | null
}

/**
 * Judges a run by how its streams ended and by what ended it early, if anything did. A run that is not sure says so. A look speaks
 * of the records it looked at, and of nothing else. What a CRM does not announce is found later (`Connector.foundLater`), so no run
 * calls everything current.
 */
export function judge(
  crm: string,
  ended: readonly StreamEnd[],
  endedBy: SyncError | StoppedError | null,
  isLook = false,
): Verdict {
  if (endedBy instanceof StoppedError) {
    return {
      status: 'cancelled',
      words: 'Stopped before the end. What had arrived is kept; the next run goes on from there.',
      error: null,
    }
  }
  if (endedBy instanceof PauseError) return paused(crm, endedBy)
  if (endedBy !== null) return failed(crm, endedBy, null)
  const suspect = ended.find(({ status }) => status === 'suspect')
  if (suspect?.error) {
    const { words, error } = failed(crm, suspect.error, suspect.stream)
    return { status: 'suspect', words, error }
  }
  const broken = ended.filter(({ status }) => status === 'failed')
  const [first] = broken
  if (first?.error) {
    const { words, error } = failed(crm, first.error, first.stream)
    return { status: broken.length === ended.length ? 'failed' : 'partial', words, error }
  }
  const waiting = ended.filter(({ status }) => status === 'paused').map(({ stream }) => streamWord(stream))
  if (waiting.length > 0) return sharedOut(crm, waiting, ended.length)
  const incomplete = ended
    .filter(({ status }) => status === 'partial')
    .map(({ stream }) => streamWord(stream))
  if (incomplete.length > 0 && !isLook) {
    return {
      status: 'partial',
      words: `All that ${crm} announces is current except some ${incomplete.join(' and ')}, which were set aside or wait for the next run.`,
      error: null,
    }
  }
  const changed = ended.reduce((sum, { counts }) => sum + counts.created + counts.updated + counts.retired, 0)
  if (isLook) {
    const looked = ended.reduce((sum, { counts }) => sum + counts.fetched, 0)
    return {
      status: incomplete.length > 0 ? 'partial' : 'success',
      words: `Looked at ${plural(looked, 'record', 'records')} that ${crm} had named; ${count(changed)} had changed.`,
      error: null,
    }
  }
  return {
    status: 'success',
    words:
      changed === 0
        ? `All that ${crm} announces is current; nothing had changed.`
        : `All that ${crm} announces is current; ${plural(changed, 'change', 'changes')} came in.`,
    error: null,
  }
}

const numbers = new Intl.NumberFormat('en-US')
const count = (value: number) => numbers.format(value)
const plural = (value: number, one: string, many: string) => `${count(value)} ${value === 1 ? one : many}`

function failed(crm: string, error: SyncError, stream: string | null): Verdict {
  const words = publicText(error.code, crm, stream ?? undefined)
  return {
    status: 'failed',
    words,
    error: { code: error.code, publicText: words, detail: error.message.slice(0, 2_000) },
  }
}

/** Our share of the CRM's day is used: what matters less waits for the next day. Nothing failed, and nothing is called current that waits. */
function sharedOut(crm: string, waiting: string[], streams: number): Verdict {
  const list = new Intl.ListFormat('en-US').format(waiting)
  const rest = waiting.length < streams ? ` All else that ${crm} announces is current.` : ''
  return {
    status: 'partial',
    words: `Our daily share of what ${crm} allows is used: ${list} wait until its day begins anew.${rest}`,
    error: null,
  }
}

/** A pause that the CRM asked for is no failure: what had arrived is kept, and the next run goes on from there. */
function paused(crm: string, { code, message, pauseMs }: PauseError): Verdict {
  const minutes = Math.max(1, Math.round(pauseMs / 60_000))
  const span = minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`
  const words = `${crm} asks for a pause of about ${span}. What had arrived is kept; the next run goes on from there.`
  return {
    status: 'cancelled',
    words,
    error: { code, publicText: words, detail: message.slice(0, 2_000) },
  }
}
