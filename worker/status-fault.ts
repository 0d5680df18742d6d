import type { RawReply } from './connectors/connector.ts'
import { FatalError, RetriableError, StreamError, type SyncError } from './errors.ts'

/** What an HTTP status means by itself; null when it means well. `what` is what was asked for. */
export function statusFault({ status, headers }: RawReply, what: string): SyncError | null {
  if (status < 300) return null
  if (status < 400)
    return new StreamError('E_CRM_BAD_REPLY', `status ${status}: redirected; redirects are not followed`)
  if (status === 401) return new FatalError('E_AUTH_REVOKED', 'status 401')
  if (status === 403) return new StreamError('E_PERMISSION', `status 403 for ${what}`)
  if (status === 429)
    return new RetriableError('E_RATE_LIMITED', 'status 429', retryAfterMs(headers['retry-after']))
  if (status >= 500 || status === 408 || status === 425) {
    return new RetriableError('E_CRM_DOWN', `status ${status}`, retryAfterMs(headers['retry-after']))
  }
  return new StreamError('E_CRM_BAD_REPLY', `status ${status} for ${what}`)
}

/** `Retry-After` in milliseconds, from seconds or an HTTP date (RFC 9110 §10.2.3); undefined when absent, past or unreadable. */
export function retryAfterMs(header: string | string[] | undefined, now = Date.now()): number | undefined {
  if (typeof header !== 'string') return undefined
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now
  return ms > 0 ? ms : undefined
}
