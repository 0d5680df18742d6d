import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Database } from '../../drizzle/db.ts'
import { readStanding, type Position, type Standing } from '../queries/position.ts'
import { isDatabaseAway, wasInTheWayOfReplay } from './failures.ts'

/** A copy of the database that Postgres keeps up to date, and that only answers questions. */
export type Replica = {
  /**
   * Reads all of one moment from the copy, which holds everything that was written up to `position`. Gives null where it does
   * not in time, is not a copy of this database, or is away: then the database itself is to be asked.
   */
  read<T>(position: Position, reading: (copy: Database) => Promise<T>): Promise<{ found: T } | null>
}

/** A page waits no longer for what the copy still lacks. */
const patienceMs = 50
const againMs = 5
/** A copy that was away, behind, or of something else is left alone for so long: pages do not wait for it one by one. */
const restMs = 5_000

/** Answers from `copy` where that is as good as asking the database itself. */
export function followReplica(copy: Database, log: Logger): Replica {
  let restsUntilMs = -Infinity
  const rest = (reason: string, error?: unknown) => {
    if (performance.now() >= restsUntilMs) log.warn({ reason, err: error }, 'replica.left_alone')
    restsUntilMs = performance.now() + restMs
    return null
  }
  return {
    read: async (position, reading) => {
      if (performance.now() < restsUntilMs) return null
      try {
        const standing = await standingWithin(copy, position)
        return standing === 'there' ? { found: await reading(copy) } : rest(standing)
      } catch (error) {
        if (isDatabaseAway(error) || wasInTheWayOfReplay(error)) return rest('away', error)
        throw error
      }
    },
  }
}

async function standingWithin(copy: Database, position: Position): Promise<Standing> {
  const given = new AbortController()
  const late = sleep(patienceMs, 'behind' as const, { signal: given.signal }).catch(() => 'behind' as const)
  try {
    return await Promise.race([standingOf(copy, position, given.signal), late])
  } finally {
    given.abort()
  }
}

async function standingOf(copy: Database, position: Position, given: AbortSignal): Promise<Standing> {
  for (;;) {
    const standing = await readStanding(copy, position)
    if (standing !== 'behind' || given.aborted) return standing
    await sleep(againMs)
  }
}
