import { sql } from 'drizzle-orm'
import type { Database, Tx } from '../drizzle/db.ts'
import { FencedError, publicText } from './errors.ts'
import type { Counts } from './run.ts'

/** How long a lease lasts without a heartbeat, and how often it is renewed. */
export type LeaseTimes = { leaseSeconds: number; beatSeconds: number }
export const leaseTimes: LeaseTimes = { leaseSeconds: 30, beatSeconds: 5 }

export type Lease = {
  fence: number
  trigger: string
  /** See `Run`. */
  lookedSince: string | null
  streams: string[] | null
  full: boolean
  acceptAbsence: boolean
}
type Who = { tenantId: string; connectionId: string; runId: string }

/**
 * Takes the connection for this run, or returns null when another worker holds it or the run no longer waits.
 * Each lease has a higher fence than the one before; a run left over from a worker that died is called abandoned here.
 */
export function takeLease(
  database: Database,
  who: Who,
  worker: string,
  times: LeaseTimes,
): Promise<Lease | null> {
  return database.asTenant(who.tenantId, async (tx) => {
    const waiting = await tx.execute<Omit<Lease, 'fence' | 'lookedSince'>>(sql`
      select trigger, streams, "full", accept_absence as "acceptAbsence" from sync_runs
      where tenant_id = ${who.tenantId} and id = ${who.runId} and status = 'queued' for update`)
    const asked = waiting.rows[0]
    if (asked === undefined) return null
    const taken = await tx.execute<{ fence: string }>(sql`
      update connections set fence = fence + 1, lease_owner = ${worker}, lease_until = clock_timestamp() + ${seconds(times.leaseSeconds)}
      where tenant_id = ${who.tenantId} and id = ${who.connectionId} and (lease_until is null or lease_until < clock_timestamp())
      returning fence`)
    const fence = Number(taken.rows[0]?.fence)
    if (taken.rows[0] === undefined) return null
    await buryPredecessor(tx, who)
    const begun = await tx.execute<{ since: string | null }>(sql`
      update sync_runs r set status = 'running', fence = ${fence}, worker = ${worker},
        started_at = clock_timestamp(), heartbeat_at = clock_timestamp()
      where r.tenant_id = ${who.tenantId} and r.id = ${who.runId}
      returning to_char((${sql.raw(lookedSince('r'))}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as since`)
    return { ...asked, fence, lookedSince: begun.rows[0]?.since ?? null }
  })
}

/**
 * SQL: when the first look began in the quarter of an hour before a run. For so long a CRM's lists may lag behind what it says of a
 * single record. A look itself is told by the CRM's own record and needs no guard.
 */
export const lookedSince = (run: string): string => `(
  select min(l.started_at) from sync_runs l
  where l.tenant_id = ${run}.tenant_id and l.connection_id = ${run}.connection_id and l.trigger = 'nudge' and ${run}.trigger <> 'nudge'
    and l.started_at < ${run}.started_at and l.queued_at > ${run}.started_at - interval '15 minutes')`

export const abandonedWords = {
  publicText: publicText('E_INTERNAL', ''),
  detail:
    'The worker stopped without a word; its pages up to then are kept and the next run goes on from there.',
}

async function buryPredecessor(tx: Tx, { tenantId, connectionId, runId }: Who): Promise<void> {
  await tx.execute(sql`
    with dead as (
      update sync_runs set status = 'abandoned', finished_at = clock_timestamp(), verdict = ${abandonedWords.publicText},
        error_code = 'E_INTERNAL', error_public = ${abandonedWords.publicText}, error_detail = ${abandonedWords.detail}
      where tenant_id = ${tenantId} and connection_id = ${connectionId} and status = 'running' and id <> ${runId}
      returning id)
    update sync_run_streams s set status = 'failed', finished_at = clock_timestamp(),
      error_code = 'E_INTERNAL', error_public = ${abandonedWords.publicText}, error_detail = ${abandonedWords.detail}
    from dead where s.tenant_id = ${tenantId} and s.run_id = dead.id and s.status = 'running'`)
}

/** How far a run is: all streams so far, and the one being read. */
export type Progress = { all: Counts; now: { stream: string; counts: Counts; total: number | null } | null }

/** Renews the lease and shows how far the run is. Throws `FencedError` when the lease has passed to another. */
export function beat(
  database: Database,
  who: Who,
  fence: number,
  times: LeaseTimes,
  { all, now }: Progress,
): Promise<void> {
  return database.asTenant(who.tenantId, async (tx) => {
    const held = await tx.execute(sql`
      update connections set lease_until = clock_timestamp() + ${seconds(times.leaseSeconds)}
      where tenant_id = ${who.tenantId} and id = ${who.connectionId} and fence = ${fence} and lease_owner is not null`)
    // A beat that comes after the run has ended must not take back the lease that its end gave away.
    if (held.rowCount === 0) throw new FencedError('this run no longer holds the connection')
    await tx.execute(sql`
      update sync_runs set heartbeat_at = clock_timestamp(), pages = ${all.pages}, fetched = ${all.fetched},
        created = ${all.created}, updated = ${all.updated}, unchanged = ${all.unchanged}
      where tenant_id = ${who.tenantId} and id = ${who.runId} and status = 'running'`)
    if (now === null) return
    await tx.execute(sql`
      update sync_run_streams set pages = ${now.counts.pages}, fetched = ${now.counts.fetched}, created = ${now.counts.created},
        updated = ${now.counts.updated}, unchanged = ${now.counts.unchanged}, crm_count = ${now.total}
      where tenant_id = ${who.tenantId} and run_id = ${who.runId} and stream = ${now.stream} and status = 'running'`)
  })
}

/**
 * Keeps the lease while `work` runs. When it is lost, `lose` is called, and the work's next page is refused by the fence.
 * Passing trouble with the database is no loss: the lease itself says when it is over.
 */
export async function whileBeating<T>(
  pulse: () => Promise<void>,
  everySeconds: number,
  lose: (error: Error) => void,
  work: () => Promise<T>,
): Promise<T> {
  let isBeating = false
  const timer = setInterval(() => {
    if (isBeating) return
    isBeating = true
    pulse()
      .catch((error: unknown) => {
        if (error instanceof FencedError) lose(error)
      })
      .finally(() => {
        isBeating = false
      })
  }, everySeconds * 1_000)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

const seconds = (count: number) => sql`make_interval(secs => ${count})`
