import type { ErrorCode } from '../drizzle/schema/sync.ts'

/**
 * Something that ends a request, a stream or a run. `message` is for the operator; the client reads `publicText`.
 * The class says what happens next: `RetriableError` is tried again, `StreamError` ends its stream while the others go on,
 * `PauseError` ends the run until later, `FatalError` ends it until somebody acts.
 */
export abstract class SyncError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    // A CRM's own words may hold what Postgres cannot store.
    super(message.replaceAll('\0', '\uFFFD').toWellFormed(), options)
    this.code = code
  }
}

export class RetriableError extends SyncError {
  override readonly name = 'RetriableError'
  /** How long the CRM asked us to wait, if it did. */
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, retryAfterMs?: number, options?: ErrorOptions) {
    super(code, message, options)
    this.retryAfterMs = retryAfterMs
  }
}

export class StreamError extends SyncError {
  override readonly name = 'StreamError'
}

/** The CRM asked for so long a pause, or we owe it one, that the run ends; nothing failed, and the next one goes on after it. */
export class PauseError extends SyncError {
  override readonly name = 'PauseError'
  readonly pauseMs: number

  constructor(message: string, pauseMs: number, options?: ErrorOptions) {
    super('E_RATE_LIMITED', message, options)
    this.pauseMs = pauseMs
  }
}

/** Our share of the CRM's day is used as far as this stream may use it; it goes on when the next day begins. */
export class ShareError extends SyncError {
  override readonly name = 'ShareError'

  constructor(message: string) {
    super('E_QUOTA_SHARE', message)
  }
}

export class FatalError extends SyncError {
  override readonly name = 'FatalError'
}

/** This worker no longer holds the connection; nothing it says about the run counts any more. */
export class FencedError extends Error {
  override readonly name = 'FencedError'
}

/** The run was asked to stop (deploy, Ctrl-C); the page in flight has landed. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError'
}

/** Any failure as one of ours: what we did not foresee is our own fault and says so. */
export function asSyncError(error: unknown): SyncError {
  if (error instanceof SyncError) return error
  const { code, message } = originOf(error)
  const outOfRoom =
    code !== undefined && ['53100', '53200', '53300', '25006', 'EMFILE', 'ENFILE', 'ENOSPC'].includes(code)
  return new FatalError(outOfRoom ? 'E_CAPACITY' : 'E_INTERNAL', `${code ? `${code}: ` : ''}${message}`, {
    cause: error,
  })
}

/** What Postgres or the system said, underneath the words of the libraries on the way. */
function originOf(error: unknown): { code?: string; message: string } {
  if (!(error instanceof Error)) return { message: String(error) }
  const { code, message, cause } = error as Error & { code?: string }
  return code === undefined && cause instanceof Error ? originOf(cause) : { code, message }
}

const streamWords: Record<string, string> = {
  lead_sources: 'lead sources',
  stage_changes: 'stage changes',
}

/** A stream's name as people say it. */
export const streamWord = (stream: string): string => streamWords[stream] ?? stream

/**
 * What the client is told: what happened, what stays safe, what to do. Never a host name, a token or a stack.
 * `crm` is the connector's label, `stream` our word for the records concerned.
 */
export function publicText(code: ErrorCode, crm: string, stream?: string): string {
  const records = stream === undefined ? 'its records' : streamWord(stream)
  const texts: Record<ErrorCode, string> = {
    E_AUTH_REVOKED: `${crm} no longer accepts our access. The data stays as it is; reconnect ${crm} to resume.`,
    E_RATE_LIMITED: `${crm} asked us to slow down. The data stays as it is; the next run tries again.`,
    E_QUOTA_SHARE: `Our daily share of what ${crm} allows is used. ${records.charAt(0).toUpperCase()}${records.slice(1)} stay as they are and go on when the day begins anew.`,
    E_CRM_DOWN: `${crm} answers with errors or not at all. The data stays as it is; we keep trying.`,
    E_CRM_BAD_REPLY: `${crm} sent an answer about ${records} that we could not read. Nothing was changed by it.`,
    E_PAGING_LOOP: `The list of ${records} in ${crm} did not end. The data stays as it is.`,
    E_SHORT_READ: `The list of ${records} from ${crm} was incomplete. What came is stored, nothing was removed.`,
    E_PERMISSION: `The ${crm} account may not read ${records}. Allow it in ${crm}; other data is current.`,
    E_MASS_ABSENCE: `${crm} suddenly lists far fewer ${records}. Nothing was removed until this is confirmed.`,
    E_QUARANTINE: `Some ${records} from ${crm} could not be read and were set aside. They can be seen on the sync page.`,
    E_SETTINGS: `The settings of this connection do not fit ${crm}. Correct them to resume.`,
    E_CAPACITY: 'Our storage is short of room. Nothing was lost; we have been told.',
    E_INTERNAL: 'Something failed on our side. Nothing was lost; the next run tries again.',
  }
  return texts[code]
}
