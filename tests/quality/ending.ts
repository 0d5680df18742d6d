import { setTimeout as sleep } from 'node:timers/promises'

type End = () => Promise<void>

const open = new Set<End>()
/** What does not end by itself in that time is left to the end of this program. */
const patienceMs = 20_000
const numbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const

/** Remembers how something that was started is ended, should this program be told to stop first. Gives the same, to be called once. */
export function endLater(end: End): End {
  const once: End = async () => {
    if (open.delete(once)) await end()
  }
  open.add(once)
  return once
}

/** From now on Ctrl C, a time limit and a closed terminal end what was started, the newest first, and then this program. */
export function endWhenTold(): void {
  for (const [signal, number] of Object.entries(numbers)) {
    process.once(signal, () => {
      console.error(`${signal}: ending what was started`)
      // Whatever is under way loses what it works with; that it fails is no news.
      process.on('uncaughtException', () => undefined)
      void Promise.race([endAll(), sleep(patienceMs)]).finally(() => process.exit(128 + number))
    })
  }
}

/** Ends what was started and is not ended yet, the newest first. */
export async function endAll(): Promise<void> {
  for (const end of [...open].toReversed())
    await end().catch((error: unknown) => console.error(error instanceof Error ? error.message : error))
}
