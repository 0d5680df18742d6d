import { sql } from 'drizzle-orm'
import { askOften } from '../../drizzle/ask-often.ts'
import type { Tx } from '../../drizzle/db.ts'
import type { StepDeed, StepOutcome } from '../../drizzle/schema/next-actions.ts'
import type { CrmWritePayload } from '../../drizzle/schema/crm-writes.ts'
import { outcomes, undoSeconds } from '../domain/due.ts'
import { recordDeed, type Actor, type DeedDone } from './record-deed.ts'

/** What holds after a change of the next step, as programs and pages hear it. */
export type StepState = {
  opportunityId: string
  title: string | null
  version: number
  dueAt: Date | null
  details: string | null
  outcome: StepOutcome | null
}

/** What somebody else made of it, and who it was (null: the sync). */
export type StepMade = StepState & {
  reason: string | null
  madeBy: string | null
  madeById: string | null
  madeAt: Date | null
}

/** Why a change was not made. */
export type StepRefusal =
  | { kind: 'not_found' }
  /** The CRM has closed or lost the opportunity. */
  | { kind: 'closed' }
  /** Somebody else was faster, or this request was sent before. */
  | { kind: 'conflict'; present: StepMade }
  /** By the name of the field, what has the wrong shape. */
  | { kind: 'malformed'; fields: Record<string, string> }
  /** By the name of the field, which rule it breaks. */
  | { kind: 'invalid'; fields: Record<string, string> }

export type StepChanged = { kind: 'changed'; state: StepState; how: StepDeed }

/** An opportunity whose next step is about to change: nobody else changes it until this transaction ends. */
export type LockedStep = {
  kind: 'locked'
  id: string
  connectionId: string
  title: string | null
  version: number
  dueAt: Date | null
  details: string | null
  outcome: string | null
  stepKind: string | null
  moves: number
  /** The activity of the CRM that the open step was taken from. */
  suggestionId: string | null
  sourceUpdatedAt: string | null
  writesBack: boolean
  now: Date
}

type Found = {
  id: string
  connection_id: string
  title: string | null
  version: number
  next_action_at: string | null
  next_action_details: string | null
  outcome: string | null
  kind: string | null
  moves: number
  suggestion_id: string | null
  source_updated_at: string | null
  is_open: boolean
  writes_back: boolean
  now: string
}

/**
 * Looks at an opportunity and locks it. What the person saw, or without a version what this request found when it began, must be
 * what there is once it is locked: of two at the same moment the second has lost.
 */
export async function lockStep(
  tx: Tx,
  id: string,
  version: number | undefined,
): Promise<LockedStep | StepRefusal> {
  // Sent together, done in this order: what stands there first, then as it stands once nobody else changes it.
  const [[seen], [now]] = await Promise.all([
    askOften<Found>(
      tx,
      sql`
    select o.id, o.connection_id, coalesce(o.title, nullif(concat_ws(' ', c.first_name, c.last_name), '')) as title, o.version,
      o.next_action_at, o.next_action_details, o.own_outcome as outcome, n.kind, coalesce(n.moves, 0) as moves, n.suggestion_id, o.source_updated_at,
      o.status = 'open' and o.deleted_at is null as is_open, t.writes_back, clock_timestamp() as now
    from opportunities o
    join tenants t on t.id = o.tenant_id
    left join contacts c on c.id = o.contact_id and c.deleted_at is null
    left join next_actions n on n.opportunity_id = o.id and n.number = o.version
    where o.id = ${id}::uuid`,
    ),
    askOften<{ version: number; is_open: boolean }>(
      tx,
      sql`select version, status = 'open' and deleted_at is null as is_open from opportunities where id = ${id}::uuid for no key update`,
    ),
  ])
  if (seen === undefined || now === undefined) return { kind: 'not_found' }
  if (now.version !== (version ?? seen.version) || now.version !== seen.version) return conflict(tx, id)
  if (!now.is_open) return { kind: 'closed' }
  return {
    kind: 'locked',
    id: seen.id,
    connectionId: seen.connection_id,
    title: seen.title,
    version: seen.version,
    dueAt: seen.next_action_at === null ? null : new Date(seen.next_action_at),
    details: seen.next_action_details,
    outcome: seen.outcome,
    stepKind: seen.kind,
    moves: seen.moves,
    suggestionId: seen.suggestion_id,
    sourceUpdatedAt: seen.source_updated_at,
    writesBack: seen.writes_back,
    now: new Date(seen.now),
  }
}

async function conflict(tx: Tx, id: string): Promise<StepRefusal> {
  const { rows } = await tx.execute<{
    title: string | null
    version: number
    next_action_at: string | null
    next_action_details: string | null
    outcome: StepOutcome | null
    reason: string | null
    made_by: string | null
    made_by_id: string | null
    made_at: string | null
  }>(sql`
    select coalesce(o.title, nullif(concat_ws(' ', c.first_name, c.last_name), '')) as title, o.version, o.next_action_at,
      o.next_action_details, n.outcome, n.reason, u.name as made_by, n.made_by as made_by_id, n.made_at
    from opportunities o
    left join contacts c on c.id = o.contact_id and c.deleted_at is null
    left join next_actions n on n.opportunity_id = o.id and n.number = o.version
    left join auth.users u on u.id = n.made_by
    where o.id = ${id}::uuid`)
  const [present] = rows
  if (present === undefined) return { kind: 'not_found' }
  return {
    kind: 'conflict',
    present: {
      opportunityId: id,
      title: present.title,
      version: present.version,
      dueAt: present.next_action_at === null ? null : new Date(present.next_action_at),
      details: present.next_action_details,
      outcome: present.outcome,
      reason: present.reason,
      madeBy: present.made_by,
      madeById: present.made_by_id,
      madeAt: present.made_at === null ? null : new Date(present.made_at),
    },
  }
}

export type NewStep = {
  how: StepDeed
  dueAt: Date | null
  details: string | null
  kind?: string | null
  outcome?: StepOutcome | null
  reason?: string | null
  moves?: number
  suggestionId?: string | null
}

/**
 * Puts a row behind the last one: with it, in the same transaction, the mirror on the opportunity (a trigger), the line in the audit
 * log, and what is to be written to the CRM when the workspace has that turned on.
 */
export async function addStep(
  tx: Tx,
  by: Actor,
  locked: LockedStep,
  step: NewStep,
  deed: DeedDone['deed'],
): Promise<StepChanged> {
  const number = locked.version + 1
  const {
    how,
    dueAt,
    details,
    kind = null,
    outcome = null,
    reason = null,
    moves = 0,
    suggestionId = null,
  } = step
  const target = `opportunity ${locked.title ?? locked.id}`
  const before = facts(locked.dueAt, locked.details, locked.outcome)
  const after = {
    ...facts(dueAt, details, outcome),
    ...(reason !== null && { reason }),
    opportunity: locked.id,
    version: number,
  }
  // What was taken over from the CRM stands there already.
  const payload = locked.writesBack && how !== 'suggested' ? payloadOf(dueAt, details, outcome, reason) : null
  // Sent together, done in this order; one that fails fails all.
  await Promise.all([
    askOften(
      tx,
      sql`
      insert into next_actions (tenant_id, opportunity_id, number, how, due_at, details, kind, outcome, reason, moves, suggestion_id, made_by)
      values (app.tenant_id(), ${locked.id}::uuid, ${number}, ${how}, ${dueAt}, ${details}, ${kind}, ${outcome}, ${reason}, ${moves}, ${suggestionId}, ${by.userId}::uuid)`,
    ),
    recordDeed(tx, by, { deed, target, before, after }),
    ...(payload === null ? [] : [queueWrite(tx, locked, number, payload)]),
  ])
  const state = { opportunityId: locked.id, title: locked.title, version: number, dueAt, details, outcome }
  return { kind: 'changed', state, how }
}

const facts = (dueAt: Date | null, details: string | null, outcome: string | null) => ({
  ...(dueAt !== null && { next_action_at: dueAt.toISOString() }),
  ...(details !== null && { next_action_details: details }),
  ...(outcome !== null && { outcome }),
})

/** Null where it says nothing that a CRM could be told. */
function payloadOf(
  dueAt: Date | null,
  details: string | null,
  outcome: StepOutcome | null,
  reason: string | null,
): CrmWritePayload | null {
  if (dueAt !== null && details !== null)
    return { next_action_at: dueAt.toISOString(), next_action_details: details }
  const ended = outcomes.find((one) => one === outcome)
  return ended === undefined ? null : { outcome: ended, reason }
}

/** Sent no earlier than it can no longer be taken back. */
async function queueWrite(
  tx: Tx,
  locked: LockedStep,
  number: number,
  payload: CrmWritePayload,
): Promise<void> {
  await tx.execute(sql`
    insert into crm_writes (tenant_id, connection_id, opportunity_id, number, payload, expected_updated_at, expected_stage, send_after)
    select app.tenant_id(), ${locked.connectionId}::uuid, o.id, ${number}, ${JSON.stringify(payload)}::jsonb,
      ${locked.sourceUpdatedAt}::timestamptz, o.stage_name, clock_timestamp() + make_interval(secs => ${undoSeconds * 2})
    from opportunities o where o.id = ${locked.id}::uuid`)
}
