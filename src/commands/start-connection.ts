import { eq, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import type { ConnectionState } from '../../drizzle/schema/connections.ts'
import { connections } from '../../drizzle/schema/index.ts'
import { requestRun } from './request-run.ts'

export type StartConnectionOutcome =
  | { kind: 'started'; runId: string }
  | { kind: 'not_draft'; state: Exclude<ConnectionState, 'draft'> }
  | { kind: 'not_found' }

/** Starts a draft: it is active from now on, and its first run is asked for. Starting it twice at once gives one run. */
export async function startConnection(tx: Tx, connectionId: string): Promise<StartConnectionOutcome> {
  const [connection] = await tx
    .select({ state: connections.state })
    .from(connections)
    .where(eq(connections.id, connectionId))
    .for('no key update')
  if (!connection) return { kind: 'not_found' }
  if (connection.state !== 'draft') return { kind: 'not_draft', state: connection.state }
  await tx
    .update(connections)
    .set({
      state: 'active',
      stateReason: null,
      stateSince: sql`clock_timestamp()`,
      // The run asked for here stands for the slots that went by; the schedule begins with the next hour.
      nextDueAt: sql`date_trunc('hour', clock_timestamp()) + interval '1 hour'`,
    })
    .where(eq(connections.id, connectionId))
  const asked = await requestRun(tx, connectionId)
  if (asked.kind !== 'queued' && asked.kind !== 'follows')
    throw new Error(`the first run was not queued: ${asked.kind}`)
  return { kind: 'started', runId: asked.runId }
}
