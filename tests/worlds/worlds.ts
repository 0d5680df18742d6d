import fc from 'fast-check'
import type { AccountOptions } from '../../simulator/main.ts'
import type { TestDatabase } from '../support/database.ts'
import { arrangeOn, type Arrangement } from '../worker/arrange.ts'
import { expectSound } from '../worker/soundness.ts'

/**
 * Tries random worlds of one CRM in a database of their own, which is dropped, and whether it is sound afterwards. Throws what names the
 * world that fails, and the seed and path by which it is met again.
 */
export type Worlds = (
  database: TestDatabase,
  parameters: Pick<fc.Parameters, 'numRuns' | 'seed' | 'path' | 'endOnFailure' | 'interruptAfterTimeLimit'>,
) => Promise<void>

/** So many are tried with the other tests; ten thousand are for: npm run test:worlds */
export const aFew = { numRuns: 8, interruptAfterTimeLimit: 60_000 }

type Property<T> = {
  /** What of the account does not depend on the world; each world has a simulator of its own. */
  account: AccountOptions
  world: fc.Arbitrary<T>
  /** Lets it happen. Throws when what is stored is not what the account holds. */
  holds: (all: Arrangement, world: T) => Promise<void>
}

export const worldsOf =
  <T>({ account, world, holds }: Property<T>): Worlds =>
  async (database, parameters) => {
    const all = await arrangeOn(database, [account])
    let last = Promise.resolve()
    try {
      await fc.assert(
        fc.asyncProperty(world, (one) => (last = holds(all, one))),
        parameters,
      )
      // Where the time is over in the middle of a world, it goes on alone.
      await last
      await expectSound(all.url)
    } finally {
      await all.close()
    }
  }
