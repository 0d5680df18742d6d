import { eq } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections } from '../../drizzle/schema/index.ts'
import { recordDeed, type Actor } from './record-deed.ts'
import { requestRun, type RunRequestOutcome } from './request-run.ts'

/** Asks for a run as `requestRun` does, in somebody's name. */
export async function askForRun(tx: Tx, by: Actor, connectionId: string): Promise<RunRequestOutcome> {
  const outcome = await requestRun(tx, connectionId)
  if (outcome.kind !== 'queued' && outcome.kind !== 'follows') return outcome
  const [connection] = await tx
    .select({ name: connections.name })
    .from(connections)
    .where(eq(connections.id, connectionId))
  const after = outcome.kind === 'queued' ? { run: outcome.runId } : { follows_run: outcome.runId }
  await recordDeed(tx, by, {
    deed: 'sync_asked_for',
    target: `connection ${connection?.name ?? connectionId}`,
    after,
  })
  return outcome
}
