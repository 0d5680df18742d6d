import { FatalError, PauseError, RetriableError, StreamError, type SyncError } from '../../errors.ts'
import type { RawReply, StreamName } from '../connector.ts'
import { countIn } from '../numbers.ts'
import type { PipedriveSettings as Settings } from './settings.ts'

// Errors and limits: https://pipedrive.readme.io/docs/core-api-concepts-http-status-codes, …/core-api-concepts-rate-limiting and
// https://github.com/pipedrive/client-nodejs/issues/725 (read 2026-11-20). A refusal for the burst and one for the day have the
// same body; only the header tells them apart. Whoever goes on asking gets a page of the gateway with status 403.

const coolDownMs = 15 * 60_000
/** The burst limit counts over two seconds. */
const burstMs = 2_000
/** A burst is over by then: whoever is refused so often, and is not told how much of the day is left, has nothing left of it. */
const mostBursts = 3

/** What is wrong with an answer of Pipedrive's, to the `nth` try; null when its HTTP status says it all, or nothing is. */
export function fault(reply: RawReply, stream: StreamName, _: Settings, nth = 1): SyncError | null {
  const { status } = reply
  const said = wordsOf(reply)
  if (status === 429) return overLimit(reply, nth)
  if (status === 403 && isPage(reply))
    return new PauseError(
      'Pipedrive’s gateway shut us out for asking too often (status 403 with a page)',
      coolDownMs,
    )
  if (status === 401) return new FatalError('E_AUTH_REVOKED', `Pipedrive answered 401: ${said}`)
  if (status === 402) return new FatalError('E_PERMISSION', `Pipedrive answered 402: ${said}`)
  if (status === 403) return new StreamError('E_PERMISSION', `Pipedrive answered 403 for ${stream}: ${said}`)
  if (status >= 400 && status < 500 && status !== 408 && status !== 425)
    return new StreamError('E_CRM_BAD_REPLY', `Pipedrive answered ${status} for ${stream}: ${said}`)
  if (status < 300 && isRefusal(reply.body))
    return new StreamError('E_CRM_BAD_REPLY', `Pipedrive refused ${stream}: ${said}`)
  return null
}

function overLimit({ headers }: RawReply, nth: number): SyncError {
  const left = countIn(headers['x-daily-ratelimit-token-remaining'])
  if (left === 0 || (left === null && nth >= mostBursts)) {
    const words =
      left === 0
        ? 'the day’s tokens of the Pipedrive company are spent'
        : `Pipedrive asked us to slow down ${nth} times in a row and does not say what is left of the day`
    return new PauseError(words, untilMidnightMs(headers.date))
  }
  const seconds = countIn(headers['x-ratelimit-reset'])
  const ms = seconds === null || seconds === 0 ? burstMs : seconds * 1_000
  return new RetriableError('E_RATE_LIMITED', 'Pipedrive asked us to slow down (status 429)', ms)
}

/** The budget begins anew at midnight, ASSUMED to be that of UTC; where the answer has no date, in an hour at the latest. */
function untilMidnightMs(date: string | string[] | undefined): number {
  const now = typeof date === 'string' ? Date.parse(date) : Number.NaN
  const day = 86_400_000
  return Number.isNaN(now) ? 3_600_000 : day - (now % day)
}

const isPage = ({ text }: RawReply): boolean => /^\s*</.test(text)

const isRefusal = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'success' in body && body.success === false

/** Pipedrive's own words, when they are a sentence and not a page. */
function wordsOf({ body }: RawReply): string {
  const { error } = (typeof body === 'object' && body !== null ? body : {}) as { error?: unknown }
  return typeof error === 'string' && error.trim() !== '' ? error.trim().slice(0, 200) : 'no words'
}
