import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import type { ConnectionState } from '../../drizzle/schema/connections.ts'
import type { RunStatus, StreamStatus } from '../../drizzle/schema/sync.ts'
import type { ConnectionNow } from '../domain/freshness.ts'
import { byStreamOrder, streamNames } from '../domain/streams.ts'
import { askOften } from '../../drizzle/ask-often.ts'

export type ConnectionStatus = ConnectionNow & { tenantId: string; connector: string }

/** `now` is the database's clock at the moment of reading. */
export type SyncStatus = { now: Date; connections: ConnectionStatus[] }

/**
 * Where the sync stands: every connection with its state, its last and its open run, and how far each stream is complete.
 * A look at nudged records says nothing of how complete a stream is, and is left out. Inside `asTenant` those of one workspace;
 * inside `asOperator` those of all. Every page asks it, so it is one statement.
 */
export async function readSyncStatus(tx: Tx): Promise<SyncStatus> {
  const rows = await askOften<Stored>(tx, statement)
  return {
    now: new Date(rows[0]?.now ?? Date.now()),
    connections: rows.flatMap((row) => (row.id === null ? [] : [connectionOf(row)])),
  }
}

/**
 * A stream is known once a pass was made over it or a cursor is kept for it; one probe of an index for each. Without any connection
 * there is a row all the same: the clock.
 */
const statement = sql`
  select now() as now, c.tenant_id, c.id, c.connector, c.name, c.state, c.state_reason, c.state_since, c.next_due_at,
    exists (
      select from sync_runs r where r.tenant_id = c.tenant_id and r.connection_id = c.id
        and r.status in ('success', 'partial', 'suspect') and r.streams is null) as has_finished,
    (select json_build_object('id', r.id, 'status', r.status, 'finishedAt', r.finished_at, 'errorPublic', r.error_public)
      from sync_runs r where r.tenant_id = c.tenant_id and r.connection_id = c.id and r.status not in ('queued', 'running') and r.trigger <> 'nudge'
      order by r.queued_at desc nulls last limit 1) as last_run,
    (select json_build_object('id', r.id, 'status', r.status, 'queuedAt', r.queued_at, 'startedAt', r.started_at)
      from sync_runs r where r.tenant_id = c.tenant_id and r.connection_id = c.id and r.status in ('queued', 'running') and r.trigger <> 'nudge'
      order by r.started_at nulls last, r.queued_at limit 1) as open_run,
    (select json_agg(json_build_object('stream', s.stream, 'freshAt', k.fresh_at, 'status', latest.status))
      from (
        select stream from stream_cursors where tenant_id = c.tenant_id and connection_id = c.id
        union select unnest(${sql.param([...streamNames])}::text[])
      ) as s
      left join stream_cursors k on k.tenant_id = c.tenant_id and k.connection_id = c.id and k.stream = s.stream
      left join lateral (
        select p.status from sync_run_streams p where p.tenant_id = c.tenant_id and p.connection_id = c.id and p.stream = s.stream and not p.is_look
        order by p.started_at desc nulls last limit 1) as latest on true
      where k.stream is not null or latest.status is not null) as streams
  from (select) as always left join connections c on true
  order by c.tenant_id, c.name`

type Run<At extends string> = { id: string; status: RunStatus } & Record<At, string | null>

type Stored = {
  now: string
  tenant_id: string
  id: string | null
  connector: string
  name: string
  state: ConnectionState
  state_reason: string | null
  state_since: string | null
  next_due_at: string
  has_finished: boolean
  last_run: (Run<'finishedAt'> & { errorPublic: string | null }) | null
  open_run: (Run<'startedAt'> & { queuedAt: string }) | null
  streams: { stream: string; freshAt: string | null; status: StreamStatus | null }[] | null
}

const instantOf = (text: string | null) => (text === null ? null : new Date(text))

function connectionOf(row: Stored): ConnectionStatus {
  const { last_run: last, open_run: open } = row
  return {
    tenantId: row.tenant_id,
    id: row.id ?? '',
    connector: row.connector,
    name: row.name,
    state: row.state,
    stateReason: row.state_reason,
    stateSince: instantOf(row.state_since),
    nextDueAt: new Date(row.next_due_at),
    hasFinished: row.has_finished,
    lastRun: last && { ...last, finishedAt: instantOf(last.finishedAt) },
    openRun: open && { ...open, queuedAt: new Date(open.queuedAt), startedAt: instantOf(open.startedAt) },
    streams: (row.streams ?? [])
      .map((stream) => ({ ...stream, freshAt: instantOf(stream.freshAt) }))
      .toSorted(byStreamOrder),
  }
}
