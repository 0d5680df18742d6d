import { sql } from 'drizzle-orm'
import type { Tx } from '../drizzle/db.ts'
import { confirmWrites } from './confirm.ts'
import { FencedError, PauseError, RetriableError, StoppedError, type SyncError } from './errors.ts'
import { measure } from './measure.ts'
import { noCounts, type Counts, type Run } from './run.ts'
import { judge, type Verdict } from './verdict.ts'

/** What is needed to end a run, also one that never got as far as its first request. */
export type EndingRun = Pick<
  Run,
  'tenantId' | 'connectionId' | 'id' | 'fence' | 'trigger' | 'database' | 'ended'
> & {
  connector: Pick<Run['connector'], 'label' | 'writing'>
  fetcher: Pick<Run['fetcher'], 'traffic'>
}

/** Longest time for which a CRM's "come back later" postpones the next scheduled run. */
const longestPostponementMs = 6 * 3_600_000

/**
 * Ends a run in one transaction: measures, verdict, the connection's next turn and state, and the word to open pages.
 * The lease is given back with it. Throws `FencedError` when it has passed to another worker, who then has the last word.
 */
export async function publish(run: EndingRun, endedBy: SyncError | StoppedError | null): Promise<Verdict> {
  const verdict = judge(run.connector.label, run.ended, endedBy, run.trigger === 'nudge')
  const counts = sum(run.ended.map((end) => end.counts))
  const hasChanged = counts.created + counts.updated + counts.retired > 0
  const { traffic } = run.fetcher
  let wasTried = false
  await run.database.asTenant(run.tenantId, async (tx) => {
    if (wasTried && (await hasEnded(tx, run))) return
    wasTried = true
    const held = await tx.execute(sql`
      update connections set lease_owner = null, lease_until = null,
        consecutive_failures = ${failuresAfter(run, verdict)},
        next_due_at = ${nextDue(endedBy)}
      where tenant_id = ${run.tenantId} and id = ${run.connectionId} and fence = ${run.fence}`)
    if (held.rowCount === 0) throw new FencedError('another worker holds this connection; it ends the run')
    if (verdict.error?.code === 'E_AUTH_REVOKED') await askToReconnect(tx, run, verdict)
    else if (verdict.status === 'success' || verdict.status === 'partial') await welcomeBack(tx, run)
    await confirmWrites(tx, run)
    if (hasChanged || (await followsUncounted(tx, run))) await measure(tx, run)
    await tx.execute(sql`
      update sync_runs set status = ${verdict.status}, verdict = ${verdict.words}, finished_at = clock_timestamp(), heartbeat_at = clock_timestamp(),
        pages = ${counts.pages}, fetched = ${counts.fetched}, created = ${counts.created}, updated = ${counts.updated},
        unchanged = ${counts.unchanged}, stale = ${counts.stale}, quarantined = ${counts.quarantined}, retired = ${counts.retired},
        requests = ${traffic.requests}, retries = ${traffic.retries}, bytes = ${traffic.bytes},
        error_code = ${verdict.error?.code ?? null}, error_public = ${verdict.error?.publicText ?? null}, error_detail = ${verdict.error?.detail ?? null}
      where tenant_id = ${run.tenantId} and id = ${run.id} and status = 'running'`)
    await tx.execute(sql`
      update sync_run_streams set status = 'failed', finished_at = clock_timestamp()
      where tenant_id = ${run.tenantId} and run_id = ${run.id} and status = 'running'`)
    await queueWantedRun(tx, run)
    await tx.execute(
      sql`select pg_notify('tidemark_runs', ${JSON.stringify({ tenant: run.tenantId, connection: run.connectionId, run: run.id })})`,
    )
  })
  return verdict
}

/** That a look went well says nothing about passes. */
function failuresAfter({ trigger }: EndingRun, { status }: Verdict) {
  if (status === 'failed') return sql`consecutive_failures + 1`
  return trigger === 'nudge' ? sql`consecutive_failures` : sql`0`
}

/** True when the COMMIT whose answer was lost had happened. */
async function hasEnded(tx: Tx, run: EndingRun): Promise<boolean> {
  const { rowCount } = await tx.execute(
    sql`select from sync_runs where tenant_id = ${run.tenantId} and id = ${run.id} and status <> 'running'`,
  )
  return rowCount === 1
}

/** What the run before landed was never counted when it died, or was stopped in the middle of a stream. */
async function followsUncounted(tx: Tx, run: EndingRun): Promise<boolean> {
  const { rows } = await tx.execute<{ status: string }>(sql`
    select status from sync_runs
    where tenant_id = ${run.tenantId} and connection_id = ${run.connectionId} and id <> ${run.id} and started_at is not null
    order by queued_at desc limit 1`)
  return rows[0]?.status === 'abandoned' || rows[0]?.status === 'cancelled'
}

/** Stopped runs go on as soon as a worker is back; a CRM that asked for more time gets it, within reason. */
function nextDue(endedBy: SyncError | StoppedError | null) {
  if (endedBy instanceof StoppedError) return sql`clock_timestamp()`
  const asked =
    endedBy instanceof PauseError
      ? endedBy.pauseMs
      : endedBy instanceof RetriableError
        ? endedBy.retryAfterMs
        : undefined
  if (asked === undefined) return sql`next_due_at`
  return sql`greatest(next_due_at, clock_timestamp() + ${`${Math.min(asked, longestPostponementMs)} ms`}::interval)`
}

/** Somebody asked for a run while this one was open: theirs comes right after it. */
async function queueWantedRun(tx: Tx, run: EndingRun): Promise<void> {
  await tx.execute(sql`
    with wanted as (
      update connections set rerun_wanted = false
      where tenant_id = ${run.tenantId} and id = ${run.connectionId} and rerun_wanted returning 1)
    insert into sync_runs (tenant_id, id, connection_id, trigger)
    select ${run.tenantId}, app.uuid_v7(), ${run.connectionId}, 'person' from wanted`)
}

/** The CRM let us in again: no need to ask anybody for anything any more. */
async function welcomeBack(tx: Tx, run: EndingRun): Promise<void> {
  await tx.execute(sql`
    update connections set state = 'active', state_reason = null, state_since = clock_timestamp()
    where tenant_id = ${run.tenantId} and id = ${run.connectionId} and state = 'needs_reconnect'`)
}

async function askToReconnect(tx: Tx, run: EndingRun, verdict: Verdict): Promise<void> {
  await tx.execute(sql`
    update connections set state = 'needs_reconnect', state_reason = ${verdict.words}, state_since = clock_timestamp()
    where tenant_id = ${run.tenantId} and id = ${run.connectionId}`)
}

function sum(all: Counts[]): Counts {
  const total = noCounts()
  for (const counts of all)
    for (const key of Object.keys(total) as (keyof Counts)[]) total[key] += counts[key]
  return total
}
