import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { connections, syncRuns } from '../../drizzle/schema/index.ts'

/** What the run is to read, and whether what is absent may go; `streams` null means all. */
export type RunWishes = { full: boolean; acceptAbsence: boolean; streams: string[] | null }

export type OpenRunOutcome =
  | { kind: 'opened'; runId: string }
  /** A run waited that nobody had begun; it now does what was asked for, too. */
  | { kind: 'adopted'; runId: string }
  | { kind: 'running'; runId: string; startedAt: Date | null; fetched: number; worker: string | null }
  | { kind: 'not_found' }

/**
 * Makes the run that the caller is about to carry out itself, in the worker's role. The connection's row is locked
 * meanwhile, so of two callers one opens a run and the other finds it.
 */
export async function openRun(tx: Tx, connectionId: string, wishes: RunWishes): Promise<OpenRunOutcome> {
  const [connection] = await tx
    .select({ tenantId: connections.tenantId, id: connections.id })
    .from(connections)
    .where(eq(connections.id, connectionId))
    .for('no key update')
  if (!connection) return { kind: 'not_found' }
  const open = await tx
    .select()
    .from(syncRuns)
    .where(and(eq(syncRuns.connectionId, connection.id), inArray(syncRuns.status, ['queued', 'running'])))
  const running = open.find(({ status }) => status === 'running')
  // One whose worker died is taken over with its lease.
  if (running && !(await hasDied(tx, connectionId))) return { kind: 'running', runId: running.id, ...running }
  const [waiting] = open.filter(({ status, trigger }) => status === 'queued' && trigger !== 'nudge')
  if (waiting) {
    await tx
      .update(syncRuns)
      .set({
        full: waiting.full || wishes.full,
        acceptAbsence: waiting.acceptAbsence || wishes.acceptAbsence,
        streams: bothOf(waiting.streams, wishes.streams),
      })
      .where(eq(syncRuns.id, waiting.id))
    return { kind: 'adopted', runId: waiting.id }
  }
  const [run] = await tx
    .insert(syncRuns)
    .values({
      tenantId: connection.tenantId,
      id: sql`app.uuid_v7()`,
      connectionId,
      trigger: 'command',
      ...wishes,
    })
    .returning({ id: syncRuns.id })
  if (!run) throw new Error('the run was not made')
  return { kind: 'opened', runId: run.id }
}

/** The lease is the lock: once it is over, the run it belonged to is nobody's. */
async function hasDied(tx: Tx, connectionId: string): Promise<boolean> {
  const [held] = await tx
    .select({ id: connections.id })
    .from(connections)
    .where(and(eq(connections.id, connectionId), sql`${connections.leaseUntil} > clock_timestamp()`))
  return held === undefined
}

/** All streams when either asks for all. */
function bothOf(some: string[] | null, others: string[] | null): string[] | null {
  return some === null || others === null ? null : [...new Set([...some, ...others])]
}
