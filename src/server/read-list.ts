import type { AstroGlobal } from 'astro'
import type { Tx } from '../../drizzle/db.ts'
import { takeAtMost } from '../queries/briefly.ts'
import { isDatabaseAway, retryAfterSeconds, tookTooLong, wasHeld } from './failures.ts'
import { readAtOneMoment } from './read-at-one-moment.ts'

/** What is said in the place of a list that could not be read: below the heading, and in the list's place. */
export type ListFailure = { sentence: string; words: string; reference: string }

/** Whoever has waited for a list in vain waits no longer than this for the choices of its filters. */
const mostMs = 1_000

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
    locals.log.error({ err: error }, 'list not read')
    const passes = tookTooLong(error) || wasHeld(error)
    response.status = passes ? 503 : 500
    if (passes) response.headers.set('retry-after', String(retryAfterSeconds))
    const failure = {
      sentence: 'It could not be read just now.',
      words: reasonOf(error),
      reference: locals.requestId,
    }
    return { list: null, failure, around: around === undefined ? null : await readAround(locals, around) }
  }
}

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
