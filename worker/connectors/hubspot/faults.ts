import { FatalError, PauseError, RetriableError, StreamError, type SyncError } from '../../errors.ts'
import type { RawReply, StreamName } from '../connector.ts'
import type { HubSpotSettings } from './settings.ts'

// Errors: {"status":"error","message":…,"category":…,"policyName":…}, each field optional. Retry-After may be missing from a 429.
// ("Error handling" and the usage guidelines at https://developers.hubspot.com/docs, read 2026-11-20)

type Said = { message?: unknown; category?: unknown; policyName?: unknown; errors?: unknown }

/** What is wrong with an answer of HubSpot's beyond what its status says by itself; null when nothing is. */
export function fault(
  reply: RawReply,
  stream: StreamName,
  settings: HubSpotSettings,
): RetriableError | SyncError | null {
  const { status } = reply
  if (status < 400) return null
  const said = saidIn(reply)
  const words = wordsOf(reply)
  if (status === 401) return new FatalError('E_AUTH_REVOKED', words)
  if (status === 403) return new StreamError('E_PERMISSION', `${words}${scopesIn(said)}`)
  const wait = passing(reply, settings.timeZone)
  if (wait !== null) return wait
  if (status === 414) return new StreamError('E_SETTINGS', `${words}: too many properties are asked for`)
  if (status === 530) return new FatalError('E_SETTINGS', `${words}: the access token is malformed`)
  return status < 500 && status !== 408 && status !== 425
    ? new StreamError('E_CRM_BAD_REPLY', `${words} for ${stream}`)
    : null
}

/** What passes by waiting, whatever was asked: a limit, a move, a lock. Null when an answer speaks of none of them. */
export function passing(reply: RawReply, timeZone: string | null): RetriableError | PauseError | null {
  const { status } = reply
  if (status === 429) return limitFault(reply, timeZone)
  // The account is being moved to another data centre, for up to a day.
  if (status === 477) return new PauseError(wordsOf(reply), secondsAsked(reply) ?? hourMs)
  // A locked record is free again within two seconds.
  if (status === 423) return new RetriableError('E_CRM_DOWN', wordsOf(reply), secondsAsked(reply) ?? 2_000)
  return null
}

/** The limit of ten seconds and that of searches pass by waiting; that of the day ends at midnight of the account. */
function limitFault(reply: RawReply, timeZone: string | null): RetriableError | PauseError {
  const [said, words, asked] = [saidIn(reply), wordsOf(reply), secondsAsked(reply)]
  if (said?.policyName === 'DAILY')
    return new PauseError(`${words}: the limit of the day`, asked ?? msToMidnight(reply, timeZone))
  return new RetriableError(
    'E_RATE_LIMITED',
    words,
    asked ?? (said?.policyName === 'SECONDLY' ? 1_000 : 10_000),
  )
}

const hourMs = 3_600_000

/** Until the day turns in the account's zone, by HubSpot's clock; an hour at a time where the zone is not known. */
function msToMidnight({ headers: { date } }: RawReply, timeZone: string | null): number {
  const ms = typeof date === 'string' ? Date.parse(date) : Number.NaN
  if (timeZone === null || Number.isNaN(ms)) return hourMs
  const now = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone)
  return now.add({ days: 1 }).startOfDay().epochMilliseconds - ms
}

function secondsAsked({ headers }: RawReply): number | undefined {
  const asked = headers['retry-after']
  return typeof asked === 'string' && /^\s*\d+\s*$/.test(asked) && Number(asked) > 0
    ? Number(asked) * 1_000
    : undefined
}

const saidIn = ({ body }: RawReply): Said | null => (typeof body === 'object' ? body : null)

const wordsOf = (reply: RawReply): string => `HubSpot answered ${reply.status}${messageOf(saidIn(reply))}`

function messageOf(said: Said | null): string {
  const words = typeof said?.message === 'string' ? said.message : said?.category
  return typeof words === 'string' ? `: ${words.slice(0, 300)}` : ''
}

/** The scopes that would be needed, where HubSpot names them. */
function scopesIn(said: Said | null): string {
  const named = new Set(JSON.stringify(said?.errors ?? '').match(/\b(crm|sales|oauth)[\w.-]+\b/g))
  return named.size === 0 ? '' : ` (needed: ${[...named].slice(0, 10).join(', ')})`
}
