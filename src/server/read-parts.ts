import type { AstroGlobal } from 'astro'
import type { Tx } from '../../drizzle/db.ts'
import { apartIn } from '../queries/apart.ts'
import { takeAtMost } from '../queries/briefly.ts'
import { isDatabaseAway } from './failures.ts'
import { failedList, failureOf, isPassing, mostMs, type ListFailure } from './read-list.ts'
import { readAtOneMoment } from './read-at-one-moment.ts'

/** Reads a part of a page; null where it could not be read. */
export type TakePart<Part extends string> = <T>(part: Part, read: () => Promise<T>) => Promise<T | null>

/**
 * The parts of a page, all of them as of one moment. Where one cannot be read, they are read again one by one, and only that one is
 * missing: then `failures` has what is said in its place, and the log why. A `list` that is missing is the answer's own failure, as
 * with `readList`. Without a database nothing of a page stands, so that is thrown; as is what no part has failed of.
 */
export async function readParts<Page, Part extends string>(
  { locals, response }: Pick<AstroGlobal, 'locals' | 'response'>,
  read: (tx: Tx, take: TakePart<Part | 'list'>) => Promise<Page>,
): Promise<{ page: Page; failures: Partial<Record<Part | 'list', ListFailure>> }> {
  const failures: Partial<Record<Part | 'list', ListFailure>> = {}
  try {
    return { page: await readAtOneMoment(locals, (tx) => read(tx, (_, part) => part())), failures }
  } catch (error) {
    if (isDatabaseAway(error)) throw error
    locals.log.warn({ err: error }, 'the parts of a page are read one by one')
    const page = await readAtOneMoment(locals, async (tx) => {
      // Whoever has waited in vain once waits no longer than this for each of them.
      if (isPassing(error)) await takeAtMost(tx, mostMs)
      const apart = apartIn(tx)
      return read(tx, (part, reading) =>
        apart(reading, (why) => {
          if (part === 'list') failures[part] = failedList({ locals, response }, why)
          else {
            locals.log.error({ err: why, part }, 'part not read')
            failures[part] = failureOf(locals, why)
          }
        }),
      )
    })
    return { page, failures }
  }
}
