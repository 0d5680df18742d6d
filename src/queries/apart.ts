import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'

/** Reads something; null where that could not be read. */
export type ReadApart = <T>(read: () => Promise<T>, failed: (error: unknown) => void) => Promise<T | null>

/** Reads one thing after the other in one transaction: one that fails takes nothing else with it, and `failed` hears why. */
export function apartIn(tx: Tx): ReadApart {
  let before: Promise<unknown> = Promise.resolve()
  return (read, failed) => {
    const one = async () => {
      await tx.execute(sql`savepoint apart`)
      try {
        return await read()
      } catch (error) {
        await tx.execute(sql`rollback to savepoint apart`)
        failed(error)
        return null
      }
    }
    const taken = before.then(one)
    before = taken
    return taken
  }
}
