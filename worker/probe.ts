import type { TestStep } from '../drizzle/schema/access.ts'
import { askStreams, type Say } from './first-pages.ts'
import { asSyncError } from './errors.ts'
import { openConnection, type OpenOptions } from './open.ts'
import { reach } from './reach.ts'
import { settleConsent } from './settle-consent.ts'

/** How a test of a connection came out. It is well when no step failed; skipped ones do not count. */
export type Probe = { ok: boolean; steps: TestStep[] }

export type ProbeOptions = Omit<OpenOptions, 'retryWaitsMs' | 'timeoutMs'> & {
  /** Hears the steps so far, each time another one is known; `ok` is null until the last. */
  told?: (steps: readonly TestStep[], ok: boolean | null) => Promise<void>
  /** The longest until the last step is told. */
  limitMs?: number
}

/** One time limit for the whole, so that whoever waits for it knows when it is over. */
export const longestProbeMs = 15_000

/**
 * Finds out step by step whether a connection works: a consent that was given is exchanged, its credentials open, its CRM is reached, lets us in, and gives the first page
 * of every stream. In the CRM's own words where it answered, and without secrets. No record is stored. The database is the
 * worker's: nobody else may open the credentials. Throws only when it is told to stop.
 */
export async function probe(
  options: ProbeOptions,
  who: { tenantId: string; connectionId: string },
): Promise<Probe> {
  const { limitMs = longestProbeMs, told } = options
  const limit = AbortSignal.timeout(limitMs)
  const place = { name: 'credentials' }
  const steps: TestStep[] = []
  const say: Say = async (step) => {
    if (limit.aborted && step.name !== 'time') return
    steps.push(step)
    await told?.(steps, null)
  }
  const work = goThrough(
    { ...options, stopping: AbortSignal.any([options.stopping, limit]) },
    who,
    place,
    say,
  )
  try {
    await Promise.race([work, over(limit)])
  } catch (error) {
    if (options.stopping.aborted) throw error
    if (limit.aborted) await say({ name: 'time', state: 'failed', words: late(limitMs) })
    else await say({ name: place.name, state: 'failed', words: asSyncError(error).message })
  }
  const ok = steps.every(({ state }) => state !== 'failed')
  await told?.(steps, ok)
  // New access that is on its way has to be stored before anybody closes the database.
  await work.catch(() => undefined)
  return { ok, steps }
}

async function goThrough(
  options: ProbeOptions,
  who: { tenantId: string; connectionId: string },
  place: { name: string },
  say: Say,
): Promise<void> {
  place.name = 'consent'
  const consent = await settleConsent(options, who)
  if (consent !== null) await say({ name: 'consent', state: 'ok', words: consent })
  place.name = 'credentials'
  // One try each: whoever waits for the answer can ask again.
  const opened = await openConnection({ ...options, retryWaitsMs: [], timeoutMs: longestProbeMs }, who)
  try {
    place.name = 'reach'
    const ms = await reach(opened.baseUrl, options.allowPrivateHosts)
    await say({ name: 'reach', state: 'ok', words: `Reached ${new URL(opened.baseUrl).host} (${ms} ms)` })
    place.name = 'access'
    await askStreams(opened, say, place)
  } finally {
    await opened.fetcher.close()
  }
}

const late = (limitMs: number): string =>
  `It took longer than ${limitMs / 1_000} s. What stands above is what was known by then.`

function over(limit: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true })
  })
}
