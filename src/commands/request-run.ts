import { and, eq, inArray, ne, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import type { ConnectionState } from '../../drizzle/schema/connections.ts'
import { connections, syncRuns } from '../../drizzle/schema/index.ts'

export type RunRequestOutcome =
  | { kind: 'queued'; runId: string }
  /** A run is under way: another follows it. */
  | { kind: 'follows'; runId: string }
  | { kind: 'not_active'; state: Exclude<ConnectionState, 'active'> }
  | { kind: 'not_found' }

/** The channel on which workers hear, at commit, that somebody asked for a run. */
const channel = 'tidemark_requests'

/** Asks for a run of a connection now. Asking twice gives one run: the connection's row is locked meanwhile. */
export async function requestRun(tx: Tx, connectionId: string): Promise<RunRequestOutcome> {
  const [connection] = await tx
    .select({ tenantId: connections.tenantId, id: connections.id, state: connections.state })
    .from(connections)
    .where(eq(connections.id, connectionId))
    .for('no key update')
  if (!connection) return { kind: 'not_found' }
  if (connection.state !== 'active') return { kind: 'not_active', state: connection.state }

  const [open] = await tx
    .select({ id: syncRuns.id, status: syncRuns.status })
    .from(syncRuns)
    .where(
      and(
        eq(syncRuns.connectionId, connection.id),
        inArray(syncRuns.status, ['queued', 'running']),
        // A look at nudged records is not what is asked for, and stands in nobody's way.
        ne(syncRuns.trigger, 'nudge'),
      ),
    )
    .orderBy(syncRuns.status)
    .limit(1)
  // A run that nobody has begun will do what is asked for.
  if (open?.status === 'queued') return { kind: 'queued', runId: open.id }
  if (open) {
    await tx.update(connections).set({ rerunWanted: true }).where(eq(connections.id, connection.id))
    return { kind: 'follows', runId: open.id }
  }
  const [run] = await tx
    .insert(syncRuns)
    .values({
      tenantId: connection.tenantId,
      id: sql`app.uuid_v7()`,
      connectionId: connection.id,
      trigger: 'person',
    })
    .onConflictDoNothing()
    .returning({ id: syncRuns.id })
  if (!run) throw new Error('the run was not queued, though no other was open')
  const ids = JSON.stringify({ tenant: connection.tenantId, connection: connection.id, run: run.id })
  await tx.execute(sql`select pg_notify(${channel}, ${ids})`)
  return { kind: 'queued', runId: run.id }
}
