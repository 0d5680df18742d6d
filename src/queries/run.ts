import { and, asc, eq, getTableColumns, type InferSelectModel } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import {
  connections,
  quarantine,
  rawSnapshots,
  syncRuns,
  syncRunStreams,
} from '../../drizzle/schema/index.ts'
import { byStreamOrder } from '../domain/streams.ts'

export type RunStream = InferSelectModel<typeof syncRunStreams>

export type Run = InferSelectModel<typeof syncRuns> & {
  connection: string
  /** What was done with each stream. */
  passes: RunStream[]
  /** The responses kept, without their bodies; at most `mostListed`. */
  snapshots: Snapshot[]
  /** There are more responses than are listed. */
  isCut: boolean
  /** The records that could not be read; at most `mostListed`. */
  setAside: SetAside[]
  /** There are more of them than are listed. */
  isSetAsideCut: boolean
}

export type SetAside = InferSelectModel<typeof quarantine>

export type Snapshot = Omit<InferSelectModel<typeof rawSnapshots>, 'body' | 'cursor' | 'fence' | 'tenantId'>

/** A first run keeps thousands of responses; the page shows the beginning and says how many there were. */
const mostListed = 100

/**
 * One run with all that it did; undefined when this workspace has none with that id. `showsRecords` is false for those who
 * watch syncs and read no deals: why a record was set aside may quote it.
 */
export async function readRun(
  tx: Tx,
  id: string,
  { showsRecords }: { showsRecords: boolean },
): Promise<Run | undefined> {
  const [run] = await tx
    .select({ ...getTableColumns(syncRuns), connection: connections.name })
    .from(syncRuns)
    .innerJoin(
      connections,
      and(eq(connections.tenantId, syncRuns.tenantId), eq(connections.id, syncRuns.connectionId)),
    )
    .where(eq(syncRuns.id, id))
  if (!run) return undefined
  const snapshots = await readSnapshots(tx, run)
  const setAside = showsRecords ? await readSetAside(tx, run) : []
  const passes = await tx.select().from(syncRunStreams).where(eq(syncRunStreams.runId, id))
  return {
    ...run,
    passes: passes.toSorted(byStreamOrder),
    snapshots: snapshots.slice(0, mostListed),
    isCut: snapshots.length > mostListed,
    setAside: setAside.slice(0, mostListed),
    isSetAsideCut: setAside.length > mostListed,
  }
}

function readSetAside(tx: Tx, run: { id: string; connectionId: string }): Promise<SetAside[]> {
  return tx
    .select()
    .from(quarantine)
    .where(and(eq(quarantine.connectionId, run.connectionId), eq(quarantine.runId, run.id)))
    .orderBy(asc(quarantine.createdAt), asc(quarantine.itemIndex))
    .limit(mostListed + 1)
}

function readSnapshots(tx: Tx, run: { id: string; connectionId: string }): Promise<Snapshot[]> {
  // The web has no right to the body column, so it is not even named.
  return tx
    .select({
      id: rawSnapshots.id,
      connectionId: rawSnapshots.connectionId,
      runId: rawSnapshots.runId,
      stream: rawSnapshots.stream,
      seq: rawSnapshots.seq,
      request: rawSnapshots.request,
      status: rawSnapshots.status,
      receivedAt: rawSnapshots.receivedAt,
      sha256: rawSnapshots.sha256,
      byteLength: rawSnapshots.byteLength,
      records: rawSnapshots.records,
    })
    .from(rawSnapshots)
    .where(and(eq(rawSnapshots.connectionId, run.connectionId), eq(rawSnapshots.runId, run.id)))
    .orderBy(asc(rawSnapshots.id))
    .limit(mostListed + 1)
}
