import { FatalError, PauseError, RetriableError, StreamError, type SyncError } from '../../errors.ts'
import type { RawReply, Reply } from '../connector.ts'
import type { SalesforceSettings as Settings } from './settings.ts'

// "Status Codes and Error Responses" and "API Request Limits and Allocations" at https://developer.salesforce.com (read 2026-11-20).
// A refusal for the day's requests has the same status and code as one for too many at once; only its words tell them apart.

const hourMs = 3_600_000

/** What is wrong with an answer of Salesforce's; null when its HTTP status says it all, or nothing is. */
export function fault(reply: RawReply, stream: string): SyncError | null {
  const { status, body } = reply
  if (status < 300) return null
  const { errorCode: code = '', message: said = 'no words' } = firstError(body)
  const words = `Salesforce answered ${status} for ${stream}: ${code} (${said.slice(0, 300)})`
  if (code === 'REQUEST_LIMIT_EXCEEDED') return overLimit(said)
  if (status === 401 || status === 420) return new FatalError('E_AUTH_REVOKED', words)
  if (code === 'API_DISABLED_FOR_ORG' || code === 'API_CURRENTLY_DISABLED')
    return new FatalError('E_PERMISSION', words)
  if (status === 403 || status === 404) return new StreamError('E_PERMISSION', words)
  // The user lost sight of something since the fields were described: the next pass describes them anew.
  if (code === 'INVALID_FIELD' || code === 'INVALID_TYPE') return new StreamError('E_SHORT_READ', words)
  if (code === 'QUERY_TIMEOUT') return new RetriableError('E_CRM_DOWN', words)
  if (status === 410) return new FatalError('E_SETTINGS', words)
  if (status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429)
    return new StreamError('E_CRM_BAD_REPLY', words)
  return null
}

/** Too many at once is over in seconds; the day's requests come back hour by hour. */
function overLimit(said: string): SyncError {
  if (/concurrent/i.test(said)) return new RetriableError('E_RATE_LIMITED', said)
  return new PauseError(`Salesforce has no requests left today: ${said}`, hourMs)
}

/** Every answer tells how much of the day's allowance the org has used; what is left belongs to others too. */
export function enough({ headers }: Reply, { stopAtShare }: Settings): SyncError | null {
  const info = headers['sforce-limit-info']
  const [, used, most] = /api-usage=(\d+)\/(\d+)/.exec(typeof info === 'string' ? info : '') ?? []
  if (used === undefined || Number(used) < Number(most) * stopAtShare) return null
  return new PauseError(
    `the org has used ${used} of its ${most} requests in 24 hours; we leave the rest to others`,
    hourMs,
  )
}

/** Errors are lists, and the first one says it. */
export function firstError(body: unknown): { errorCode?: string; message?: string } {
  const first: unknown = Array.isArray(body) ? body[0] : undefined
  if (typeof first !== 'object' || first === null) return {}
  const { errorCode, message } = first as Record<string, unknown>
  return {
    ...(typeof errorCode === 'string' && { errorCode }),
    ...(typeof message === 'string' && { message }),
  }
}
