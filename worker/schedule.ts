import { createTask } from 'node-cron'
import type { Logger } from 'pino'
import type { Database } from '../drizzle/db.ts'
import type { QueuedRun } from './execute.ts'
import { abandonedWords } from './lease.ts'

/** How often a worker looks whether something is due, whatever the cron bell does. */
export const sweepSeconds = 5
/** A run whose worker has been silent for so long is called abandoned. */
export const silenceSeconds = 40

const mostClaims = 500

type RunRow = { tenant_id: string; connection_id: string; run_id: string }

/** The length of the hour in which `cron` rings next, and when that is. */
export function nextSlot(cron: string): { at: Date; lengthMs: number } {
  const [first, second] = createTask(cron, () => undefined, { timezone: 'UTC' }).getNextRuns(2)
  if (first === undefined || second === undefined) throw new Error(`SYNC_CRON never rings: ${cron}`)
  return { at: first, lengthMs: second.getTime() - first.getTime() }
}

/**
 * Makes one queued run of every slot that is due. Any number of processes may call it at any time: each slot is claimed once.
 * The next slot lies ahead by the database's clock, also where this process's clock is behind.
 */
export async function claimDueSlots(
  database: Database,
  cron: string,
  most = mostClaims,
): Promise<QueuedRun[]> {
  const { at, lengthMs } = nextSlot(cron)
  const { rows } = await database.outsideTenants.query<RunRow>(
    `select * from app.claim_due_slots(
       $1::timestamptz + $2::interval * greatest(0, 1 + floor(extract(epoch from clock_timestamp() - $1::timestamptz) / extract(epoch from $2::interval))),
       $2::interval, $3)`,
    [at, `${lengthMs} ms`, most],
  )
  return rows.map(asQueuedRun)
}

/** Runs that wait for a worker, oldest first. */
export async function queuedRuns(database: Database, most: number): Promise<QueuedRun[]> {
  const { rows } = await database.outsideTenants.query<RunRow>('select * from app.queued_runs($1)', [most])
  return rows.map(asQueuedRun)
}

/** Says "abandoned" over the runs of workers that have fallen silent, and makes their connections due at once. */
export async function reapDeadRuns(database: Database, silence = silenceSeconds): Promise<QueuedRun[]> {
  const { rows } = await database.outsideTenants.query<RunRow>(
    'select * from app.reap_dead_runs(make_interval(secs => $1), $2, $3)',
    [silence, abandonedWords.publicText, abandonedWords.detail],
  )
  return rows.map(asQueuedRun)
}

const asQueuedRun = (row: RunRow): QueuedRun => ({
  tenantId: row.tenant_id,
  connectionId: row.connection_id,
  runId: row.run_id,
})

/** Calls `look` when the cron bell rings, and every few seconds besides: bells can be lost, `next_due_at` cannot. */
export function startSchedule(options: { cron: string; log: Logger; look: () => Promise<void> }): {
  ring: () => void
  stop: () => Promise<void>
} {
  let looking: Promise<void> | undefined
  const look = () => {
    looking ??= options
      .look()
      .catch((error: unknown) => options.log.error({ err: error }, 'schedule.failed'))
      .finally(() => {
        looking = undefined
      })
  }
  // UTC: in a zone with clock changes an hour is skipped or rung twice, and a gap of two hours is our staleness limit.
  const bell = createTask(options.cron, look, { timezone: 'UTC', suppressMissedWarning: true })
  void bell.start()
  const sweep = setInterval(look, sweepSeconds * 1_000)
  look()
  return {
    ring: look,
    stop: async () => {
      clearInterval(sweep)
      await bell.destroy()
      await looking
    },
  }
}
