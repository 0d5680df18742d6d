import type { Logger } from 'pino'
import { z } from 'zod'
import type { Database } from '../../drizzle/db.ts'

/** Ids only: whoever may listen to the channel learns nothing from it. */
const message = z.object({ tenant: z.uuid(), run: z.uuid() })

export type Live = {
  /**
   * Calls `heard` with the id of each run of this tenant that ends; `ended` when nothing more will come. Gives the way to stop.
   * Of one person who opens ever more, the first ends.
   */
  follow: (place: { tenantId: string; personId: string }, listener: Listener) => () => void
  /** Ends every stream. */
  close: () => Promise<void>
}

export type Listener = { heard: (runId: string) => void; ended: () => void }

/** Streams that one person may have open here: more than anybody has pages, and few enough to be carried. */
export const mostOfOnePerson = 30

/** A database that is away when the pages start is asked again after so long. */
const againMs = 5_000

/** Listens once for this whole process to what the workers publish, and passes it on to those who watch that tenant. */
export function startLive(database: Database, log: Logger): Live {
  const listeners = new Map<string, Set<Listener>>()
  const ofPeople = new Map<string, Set<Listener>>()
  const hear = (payload: string) => {
    const parsed = message.safeParse(readJson(payload))
    if (!parsed.success) return log.warn({ bytes: payload.length }, 'live.not_understood')
    for (const { heard } of listeners.get(parsed.data.tenant) ?? []) heard(parsed.data.run)
  }
  const listening = keepListening(database, hear, log)
  return {
    follow: ({ tenantId, personId }, listener) => {
      const leaveTenant = join(listeners, tenantId, listener)
      const leavePerson = join(ofPeople, personId, listener)
      const [first, ...others] = ofPeople.get(personId) ?? []
      if (others.length >= mostOfOnePerson) first?.ended()
      return () => {
        leaveTenant()
        leavePerson()
      }
    },
    close: async () => {
      const everybody = Array.from(listeners.values(), (ofTenant) => Array.from(ofTenant)).flat()
      for (const { ended } of everybody) ended()
      await listening.stop()
    },
  }
}

/** Puts a listener where others of the same name are. Gives the way out. */
function join(all: Map<string, Set<Listener>>, name: string, listener: Listener): () => void {
  const those = all.get(name) ?? new Set()
  all.set(name, those.add(listener))
  return () => {
    those.delete(listener)
    // Others may have come under this name since.
    if (those.size === 0 && all.get(name) === those) all.delete(name)
  }
}

/** Begins to listen, now or as soon as the database is there; `listen` itself comes back after a lost connection. */
function keepListening(database: Database, hear: (payload: string) => void, log: Logger) {
  let again: NodeJS.Timeout | undefined
  let isWanted = true
  let stopListening = async () => undefined as void
  const begin = async (): Promise<void> => {
    const stop = await database.listen('tidemark_runs', hear)
    if (!isWanted) return stop()
    stopListening = stop
  }
  const tryIt = () =>
    void (begun = begin().catch((error: unknown) => {
      log.warn({ err: error }, 'live.not_listening')
      if (isWanted) again = setTimeout(tryIt, againMs)
    }))
  let begun: Promise<void> = Promise.resolve()
  tryIt()
  return {
    stop: async () => {
      isWanted = false
      clearTimeout(again)
      await begun
      await stopListening()
    },
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
