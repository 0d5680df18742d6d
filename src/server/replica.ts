import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Database } from '../../drizzle/db.ts'
import { readBytesBehind, type Position } from '../queries/position.ts'
import { isDatabaseAway, wasInTheWayOfReplay } from './failures.ts'

/** A replica that Postgres keeps up to date, asked only where it is as good as the database. */
export type Replica = {
  /**
   * Reads from the replica, which holds everything that the database held at `position`. Gives null where it does not in time, is none
   * of this database, or is away: then the database itself is to be asked.
   */
  read<T>(position: Position, reading: (replica: Database) => Promise<T>): Promise<{ found: T } | null>
}

/** A page waits no longer for what the replica still lacks. */
const patienceMs = 50
const againMs = 5
/** One that was away, behind, or of something else is left alone for so long: pages do not wait for it one by one. */
const restMs = 5_000

/** Follows how a replica stands. What keeps it from being asked is said once in so long, not for every page. */
export function followReplica(replica: Database, log: Logger): Replica {
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
        const standing = await standingWithin(replica, position)
        return standing === 'there' ? { found: await reading(replica) } : rest(standing)
      } catch (error) {
        if (isDatabaseAway(error) || wasInTheWayOfReplay(error)) return rest('away', error)
        throw error
      }
    },
  }
}

type Standing = 'there' | 'behind' | 'no replica of this database'

async function standingWithin(replica: Database, position: Position): Promise<Standing> {
  const given = new AbortController()
  const late = sleep(patienceMs, 'behind' as const, { signal: given.signal }).catch(() => 'behind' as const)
  try {
    return await Promise.race([standingOf(replica, position, given.signal), late])
  } finally {
    given.abort()
  }
}

async function standingOf(replica: Database, position: Position, given: AbortSignal): Promise<Standing> {
  for (;;) {
    const behind = await readBytesBehind(replica.outsideTenants, position)
    if (behind === null) return 'no replica of this database'
    if (behind <= 0) return 'there'
    if (given.aborted) return 'behind'
    await sleep(againMs)
  }
}
