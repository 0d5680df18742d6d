import { isPassing, patient } from './patience.ts'
import { carryOut, writeTimes, type WriteOptions } from './write.ts'
import { claimWrite, dueWrites, refuseHopeless, type WritesOf } from './write-claim.ts'

/** As many connections are written to at once by one worker; each has one request open at a time. */
const mostAtOnce = 4

/** Connections looked at in one go. */
const mostSeen = 100

/** Where what people decided is written to the CRMs, beside the runs. */
export type Outbox = {
  /** Takes what is due; called now and then. */
  look: () => void
  /** Resolves when nothing is being written any more; to be called after the worker was told to stop. */
  closed: () => Promise<void>
}

/**
 * Opens the outbox of one worker. Any number of workers may have theirs open: a write is claimed by a lease with the number of its
 * attempt, and what a worker that woke up late says of it counts no more.
 */
export function openOutbox(given: WriteOptions): Outbox {
  const options = { ...given, database: patient(given.database) }
  const { database, log, stopping } = options
  const serving = new Map<string, Promise<void>>()
  let looking: Promise<void> | undefined

  const lookOnce = async () => {
    for (const of of await dueWrites(database, mostSeen)) {
      if (serving.size >= mostAtOnce || stopping.aborted) return
      if (serving.has(of.connectionId)) continue
      const served = serveWrites(options, of)
        .catch((error: unknown) => log.error({ err: error, connection: of.connectionId }, 'outbox.failed'))
        .finally(() => {
          serving.delete(of.connectionId)
        })
      serving.set(of.connectionId, served)
    }
  }
  return {
    look: () => {
      if (stopping.aborted) return
      looking ??= lookOnce()
        .catch((error: unknown) => {
          if (isPassing(error)) log.warn({ err: error }, 'outbox.not_read')
          else log.error({ err: error }, 'outbox.not_read')
        })
        .finally(() => {
          looking = undefined
        })
    },
    closed: async () => {
      await looking
      await Promise.all(serving.values())
    },
  }
}

/** Writes what is due of one connection, one after the other, until nothing is. */
export async function serveWrites(options: WriteOptions, of: WritesOf): Promise<void> {
  const { leaseSeconds } = options.writeTimes ?? writeTimes
  await refuseHopeless(options.database, of)
  while (!options.stopping.aborted) {
    const write = await claimWrite(options.database, of, leaseSeconds)
    if (write === null) return
    await carryOut(options, write)
  }
}
