import type { AstroGlobal } from 'astro'
import type { Tx } from '../../drizzle/db.ts'
import { takeAtMost } from '../queries/briefly.ts'
import { isDatabaseAway, retryAfterSeconds, tookTooLong, wasHeld } from './failures.ts'
import { readAtOneMoment } from './read-at-one-moment.ts'

/** What is said in the place of a list that could not be read: below the heading, and in the list's place. */
export type ListFailure = { sentence: string; words: string; reference: string }

/** Whoever has waited for a list in vain waits no longer than this for whatever else the page says. */
export const mostMs = 1_000

/**
 * The list of a page, all of it as of one moment. One that cannot be read keeps its page: then there is `failure` in its place, and
 * `around`, what stands about a list, as far as that can be read alone. The answer's status says that it failed: 503 with
 * `Retry-After` where it passes by itself, else 500. The log says why, under the reference that the page names. Without a
 * database nothing of a page stands, so that is thrown.
 */
export async function readList<List, Around = null>(
  { locals, response }: Pick<AstroGlobal, 'locals' | 'response'>,
  list: (tx: Tx) => Promise<List>,
  around?: (tx: Tx) => Promise<Around>,
): Promise<
  { list: List; failure: null; around: null } | { list: null; failure: ListFailure; around: Around | null }
> {
  try {
    return { list: await readAtOneMoment(locals, list), failure: null, around: null }
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    const failure = failedList({ locals, response }, error)
    return { list: null, failure, around: around === undefined ? null : await readAround(locals, around) }
  }
}

/** Notes in the log and in the answer's status that its list could not be read; gives what is said in its place. */
export function failedList(
  { locals, response }: Pick<AstroGlobal, 'locals' | 'response'>,
  error: unknown,
): ListFailure {
  locals.log.error({ err: error }, 'list not read')
  response.status = isPassing(error) ? 503 : 500
  if (isPassing(error)) response.headers.set('retry-after', String(retryAfterSeconds))
  return failureOf(locals, error)
}

/** Whether what could not be read because of this is there again by itself. */
export const isPassing = (error: unknown): boolean => tookTooLong(error) || wasHeld(error)

/** What is said in the place of what could not be read because of this. */
export const failureOf = ({ requestId }: Pick<App.Locals, 'requestId'>, error: unknown): ListFailure => ({
  sentence: 'It could not be read just now.',
  words: `${reasonOf(error)} It isn’t your data, and nothing is lost.`,
  reference: requestId,
})

const reasonOf = (error: unknown): string =>
  tookTooLong(error)
    ? 'Reading it took longer than a page may take.'
    : wasHeld(error)
      ? 'Something else is changing what it stands on.'
      : 'Something failed on our side.'

async function readAround<Around>(
  { asTenant, log }: Pick<App.Locals, 'asTenant' | 'log'>,
  around: (tx: Tx) => Promise<Around>,
): Promise<Around | null> {
  try {
    return await asTenant(async (tx) => {
      await takeAtMost(tx, mostMs)
      return around(tx)
    })
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    log.warn({ err: error }, 'what stands around the list not read')
    return null
  }
}
