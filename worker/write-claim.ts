import { sql } from 'drizzle-orm'
import type { Database, Tx } from '../drizzle/db.ts'
import type { CrmWritePayload } from '../drizzle/schema/crm-writes.ts'
import { FencedError } from './errors.ts'

/** A connection for which something is to be written. */
export type WritesOf = { tenantId: string; connectionId: string }

/** A write that is ours until its lease ends, and what it is about. */
export type ClaimedWrite = WritesOf & {
  id: string
  /** Rises with every claim: what an earlier one still says of this write counts no more. */
  attempt: number
  /** Nobody knows what became of an earlier attempt. */
  mayBeThere: boolean
  key: string
  payload: CrmWritePayload
  /** The row of `next_actions` puts its step off. */
  isMove: boolean
  /** Their ids of the opportunity and of its contact. */
  record: string
  contact: string | null
  /** The record's own time that the person knew, or that our own last change left behind; null where the CRM says none. */
  knownAt: Date | null
  knownStage: string | null
  /** The task that carries the step before. */
  task: string | null
  /** The workspace writes to its CRMs. */
  isOn: boolean
}

/** The connections for which something is to be written now. */
export async function dueWrites(database: Database, most: number): Promise<WritesOf[]> {
  const { rows } = await database.outsideTenants.query<{ tenant_id: string; connection_id: string }>(
    'select * from app.due_crm_writes($1)',
    [most],
  )
  return rows.map((row) => ({ tenantId: row.tenant_id, connectionId: row.connection_id }))
}

/** Refuses what has waited for too long, and what waits although the workspace no longer writes. */
export async function refuseHopeless(
  database: Database,
  { tenantId, connectionId }: WritesOf,
): Promise<void> {
  await database.asTenant(tenantId, (tx) =>
    tx.execute(sql`
      update crm_writes w set state = 'refused', settled_at = clock_timestamp(), lease_until = null,
        refused_because = case when not t.writes_back and w.state = 'pending' then ${offWords}
          else 'It could not be written for three days' || coalesce(': ' || w.waits_because, '') ||
            case when w.state = 'sending' then '. It may be there all the same; look before you retry' else '' end end
      from tenants t
      where t.id = w.tenant_id and w.tenant_id = ${tenantId} and w.connection_id = ${connectionId} and w.state in ('pending', 'sending')
        and (w.lease_until is null or w.lease_until < clock_timestamp())
        and (w.expires_at < clock_timestamp() or not t.writes_back and w.state = 'pending')`),
  )
}

export const offWords = 'Writing to the CRM was switched off before it was written'

/**
 * Takes the next write of a connection that is due, or answers null. Writes about one opportunity go in the order they were made:
 * while an earlier one is not settled, a later one is nobody's. One that a person retries is awaited anew: syncs of before it was
 * written again say nothing of it.
 */
export function claimWrite(
  database: Database,
  { tenantId, connectionId }: WritesOf,
  leaseSeconds: number,
): Promise<ClaimedWrite | null> {
  return database.asTenant(tenantId, async (tx) => {
    const { rows } = await tx.execute<{ id: string; attempt: number; may_be_there: boolean }>(sql`
      with next as (
        select w.id, w.state = 'sending' as may_be_there from crm_writes w
        join connections c on c.tenant_id = w.tenant_id and c.id = w.connection_id
        where w.tenant_id = ${tenantId} and w.connection_id = ${connectionId} and c.state = 'active'
          and w.state in ('pending', 'sending') and w.send_after <= clock_timestamp()
          and (w.lease_until is null or w.lease_until < clock_timestamp())
          and not exists (
            select from crm_writes e where e.tenant_id = w.tenant_id and e.opportunity_id = w.opportunity_id and e.number < w.number
              and e.state in ('pending', 'sending'))
        order by w.send_after, w.number, w.id limit 1 for update of w skip locked)
      update crm_writes w set state = 'sending', attempts = attempts + 1, sent_at = case when next.may_be_there then w.sent_at end,
        lease_until = clock_timestamp() + make_interval(secs => ${leaseSeconds})
      from next where w.tenant_id = ${tenantId} and w.id = next.id
      returning w.id, w.attempts as attempt, next.may_be_there`)
    const [claimed] = rows
    if (claimed === undefined) return null
    const { id, attempt, may_be_there: mayBeThere } = claimed
    return { tenantId, connectionId, id, attempt, mayBeThere, ...(await readAbout(tx, tenantId, id)) }
  })
}

type About = {
  key: string
  payload: CrmWritePayload
  is_move: boolean
  record: string
  contact: string | null
  known_at: string | null
  known_stage: string | null
  task: string | null
  is_on: boolean
}

/** Our own changes to the record made it newer than the person saw it: they are no reason to hold back. */
async function readAbout(tx: Tx, tenantId: string, id: string) {
  const { rows } = await tx.execute<About>(sql`
    select w.idempotency_key as key, w.payload, n.how = 'moved' as is_move, o.source_id as record, c.source_id as contact,
      greatest(w.expected_updated_at, before.record_updated_at) as known_at, w.expected_stage as known_stage, t.writes_back as is_on,
      (select e.task_id from crm_writes e where e.tenant_id = w.tenant_id and e.opportunity_id = w.opportunity_id and e.number < w.number
        and e.task_id is not null order by e.number desc limit 1) as task
    from crm_writes w
    join tenants t on t.id = w.tenant_id
    join opportunities o on o.tenant_id = w.tenant_id and o.id = w.opportunity_id
    join next_actions n on n.tenant_id = w.tenant_id and n.opportunity_id = w.opportunity_id and n.number = w.number
    left join contacts c on c.tenant_id = o.tenant_id and c.id = o.contact_id
    left join lateral (
      select max(e.record_updated_at) as record_updated_at from crm_writes e
      where e.tenant_id = w.tenant_id and e.opportunity_id = w.opportunity_id and e.number < w.number and e.state in ('sent', 'confirmed')
    ) as before on true
    where w.tenant_id = ${tenantId} and w.id = ${id}`)
  const [about] = rows
  if (about === undefined) throw new Error(`write ${id} is about nothing`)
  return {
    key: about.key,
    payload: about.payload,
    isMove: about.is_move,
    record: about.record,
    contact: about.contact,
    knownAt: about.known_at === null ? null : new Date(about.known_at),
    knownStage: about.known_stage,
    task: about.task,
    isOn: about.is_on,
  }
}

type Settled =
  | { state: 'sent'; task: string | null; activityId: string | null; recordUpdatedAt: Date | null }
  | { state: 'refused'; because: string; recordUpdatedAt?: Date | null }

/** Says what became of a write. Throws `FencedError` when it is somebody else's by now. */
export async function settleWrite(database: Database, write: ClaimedWrite, settled: Settled): Promise<void> {
  const { recordUpdatedAt = null } = settled
  await change(
    database,
    write,
    settled.state === 'sent'
      ? sql`state = 'sent', sent_at = coalesce(sent_at, clock_timestamp()), waits_because = null, record_updated_at = ${recordUpdatedAt}, task_id = ${settled.task},
          activity_id = ${settled.activityId}::uuid`
      : sql`state = 'refused', settled_at = clock_timestamp(), waits_because = null, refused_because = ${settled.because},
          record_updated_at = ${recordUpdatedAt}`,
  )
}

/** Gives a write back, to be tried again after a while. `mayBeThere`: it is not sent again before it was looked for. */
export function releaseWrite(
  database: Database,
  write: ClaimedWrite,
  { mayBeThere, waitSeconds, because }: { mayBeThere: boolean; waitSeconds: number; because: string | null },
): Promise<void> {
  return change(
    database,
    write,
    sql`state = ${mayBeThere ? 'sending' : 'pending'}, waits_because = coalesce(${because}, waits_because),
      send_after = clock_timestamp() + make_interval(secs => ${waitSeconds})`,
  )
}

async function change(
  database: Database,
  write: ClaimedWrite,
  values: ReturnType<typeof sql>,
): Promise<void> {
  const { rowCount } = await database.asTenant(write.tenantId, (tx) =>
    tx.execute(sql`update crm_writes set lease_until = null, ${values} where ${isOurs(write)}`),
  )
  if (rowCount === 0) throw new FencedError('the write passed to another worker')
}

/**
 * To be asked right before a request that changes something: the write is still ours, and for long enough that the request will have
 * ended before it is anybody else's. Throws `FencedError` when it is not.
 */
export async function stillOurs(database: Database, write: ClaimedWrite, seconds: number): Promise<void> {
  const askedMs = performance.now()
  const { rowCount } = await database.asTenant(write.tenantId, (tx) =>
    tx.execute(sql`
      update crm_writes set sent_at = coalesce(sent_at, clock_timestamp())
      where ${isOurs(write)} and lease_until > clock_timestamp() + make_interval(secs => ${seconds})`),
  )
  // A process that stood still meanwhile has learned what was true once.
  const isLate = performance.now() - askedMs > (seconds * 1_000) / 2
  if (rowCount === 0 || isLate) throw new FencedError('the write is not ours for long enough')
}

const isOurs = ({ tenantId, id, attempt }: ClaimedWrite) =>
  sql`tenant_id = ${tenantId} and id = ${id} and attempts = ${attempt} and state = 'sending'`

/** Leaves the CRM in peace: nothing of this connection is sent before. */
export async function postponeWrites(
  database: Database,
  { tenantId, connectionId }: WritesOf,
  seconds: number,
): Promise<void> {
  await database.asTenant(tenantId, (tx) =>
    tx.execute(sql`
      update crm_writes set send_after = greatest(send_after, clock_timestamp() + make_interval(secs => ${seconds}))
      where tenant_id = ${tenantId} and connection_id = ${connectionId} and state in ('pending', 'sending')`),
  )
}

/** The CRM turned us away: nothing more is sent until somebody has connected it again. */
export async function askToReconnect(
  database: Database,
  { tenantId, connectionId }: WritesOf,
  words: string,
): Promise<void> {
  await database.asTenant(tenantId, (tx) =>
    tx.execute(sql`
      update connections set state = 'needs_reconnect', state_reason = ${words}, state_since = clock_timestamp()
      where tenant_id = ${tenantId} and id = ${connectionId} and state = 'active'`),
  )
}
