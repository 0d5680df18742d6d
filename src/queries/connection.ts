import { and, asc, desc, eq, gt, inArray, ne, sql } from 'drizzle-orm'
import { readApps } from '../../drizzle/consent-apps.ts'
import type { Tx } from '../../drizzle/db.ts'
import type { RunStatus } from '../../drizzle/schema/sync.ts'
import {
  connectionConsents,
  connections,
  connectionSecrets,
  syncRuns,
  syncRunStreams,
} from '../../drizzle/schema/index.ts'
import { byStreamOrder } from '../domain/streams.ts'
import { readLatestTest } from './connection-test.ts'
import { instant } from './decode.ts'

export type ConnectionDetail = NonNullable<Awaited<ReturnType<typeof readConnection>>>

/** How far the first run of a connection has come, or the one that is open. */
export type Progress = {
  runId: string
  status: RunStatus
  streams: { stream: string; status: string; fetched: number; crmCount: number | null }[]
}

/** One connection for the people who look after it: never a secret, only its last characters. Undefined when it is not here. */
export async function readConnection(tx: Tx, id: string) {
  const [connection] = await tx
    .select({
      id: connections.id,
      name: connections.name,
      connector: connections.connector,
      baseUrl: connections.baseUrl,
      settings: connections.settings,
      quotaShare: connections.quotaShare,
      quotaLimit: connections.quotaLimit,
      accountId: connections.accountId,
      byConsent: connections.byConsent,
      state: connections.state,
      stateReason: connections.stateReason,
      now: sql`now()`.mapWith(instant),
    })
    .from(connections)
    .where(eq(connections.id, id))
  if (!connection) return undefined
  return {
    ...connection,
    secrets: await readHints(tx, id),
    test: await readLatestTest(tx, id),
    refusal: await readRefusal(tx, id),
    canConsent: (await readApps(tx)).has(connection.connector),
    progress: await readProgress(tx, id),
  }
}

function readHints(tx: Tx, id: string) {
  return tx
    .select({
      field: connectionSecrets.field,
      hint: connectionSecrets.hint,
      updatedAt: connectionSecrets.updatedAt,
    })
    .from(connectionSecrets)
    .where(eq(connectionSecrets.connectionId, id))
    .orderBy(asc(connectionSecrets.field))
}

/** What was said when the last consent was refused, within the hour; nothing otherwise. */
async function readRefusal(tx: Tx, id: string): Promise<string | undefined> {
  const [attempt] = await tx
    .select({ words: connectionConsents.words })
    .from(connectionConsents)
    .where(
      and(
        eq(connectionConsents.connectionId, id),
        eq(connectionConsents.outcome, 'refused'),
        gt(connectionConsents.begunAt, sql`now() - interval '1 hour'`),
      ),
    )
  return attempt?.words ?? undefined
}

/** The open run, else the last one; looks at nudged records aside. */
async function readProgress(tx: Tx, id: string): Promise<Progress | undefined> {
  const isOpen = inArray(syncRuns.status, ['queued', 'running'])
  const [run] = await tx
    .select({ runId: syncRuns.id, status: syncRuns.status })
    .from(syncRuns)
    .where(and(eq(syncRuns.connectionId, id), ne(syncRuns.trigger, 'nudge')))
    .orderBy(desc(isOpen), desc(syncRuns.queuedAt))
    .limit(1)
  if (!run) return undefined
  const streams = await tx
    .select({
      stream: syncRunStreams.stream,
      status: syncRunStreams.status,
      fetched: syncRunStreams.fetched,
      crmCount: syncRunStreams.crmCount,
    })
    .from(syncRunStreams)
    .where(and(eq(syncRunStreams.connectionId, id), eq(syncRunStreams.runId, run.runId)))
  return { ...run, streams: streams.toSorted(byStreamOrder) }
}
