import { setTimeout as sleep } from 'node:timers/promises'
import { untilAsked } from './signals.ts'

/** How long an ending program may take; `start` waits a little longer before it insists. */
const goodbyeMs = 6_000
/** Without its parent the database is going away, too: there is nothing to wait for. */
const orphanMs = 2_000

/**
 * Runs a program until somebody asks it to end, then closes it. Tells a parent process that it is ready, with the
 * address it serves if it has one. Ends the process, whatever does not let go in time.
 */
export async function serve(
  start: () => Promise<{ address?: string; close: () => Promise<void> }>,
): Promise<void> {
  const stop = untilAsked()
  const asked = new Promise<void>((done) => stop.signal.addEventListener('abort', () => done()))
  const program = await start()
  process.send?.({ ready: program.address ?? '' })
  if (!stop.signal.aborted) await asked
  const limitMs = process.send !== undefined && !process.connected ? orphanMs : goodbyeMs
  await Promise.race([program.close(), sleep(limitMs)])
  process.exit(process.exitCode ?? 0)
}
