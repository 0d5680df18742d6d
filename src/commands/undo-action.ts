import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import type { StepOutcome } from '../../drizzle/schema/next-actions.ts'
import { undoSeconds } from '../domain/due.ts'
import { addStep, lockStep, type StepChanged, type StepRefusal } from './add-step.ts'
import type { Actor } from './record-deed.ts'

export type UndoActionOutcome =
  | StepChanged
  | StepRefusal
  /** It is longer ago than can be taken back, it was somebody else's, or it is on its way to the CRM. */
  | { kind: 'too_late' }

/** A request needs its time: what was clicked within ten seconds arrives within twelve. */
const graceSeconds = 2

/**
 * Takes back what this person did last about an opportunity, `version` being what it led to: what was planned before is planned
 * again. Within ten seconds, and only while nothing came after it.
 */
export async function undoAction(
  tx: Tx,
  by: Actor,
  opportunityId: string,
  version: number,
): Promise<UndoActionOutcome> {
  const locked = await lockStep(tx, opportunityId, version)
  if (locked.kind !== 'locked') return locked
  const { rows } = await tx.execute<Row>(sql`
    select number, how, due_at, details, kind, outcome, reason, moves, suggestion_id,
      made_by = ${by.userId}::uuid and how in ('planned', 'completed', 'moved', 'suggested')
        and made_at > clock_timestamp() - make_interval(secs => ${undoSeconds + graceSeconds}) as may_undo
    from next_actions where opportunity_id = ${opportunityId}::uuid and number in (${version}, ${version - 1}) order by number desc`)
  const [last, before] = rows
  if (last?.may_undo !== true) return { kind: 'too_late' }
  if (!(await withdrawWrite(tx, opportunityId, version))) return { kind: 'too_late' }
  const restored =
    before === undefined
      ? { dueAt: null, details: null, outcome: 'none' as const }
      : {
          dueAt: before.due_at === null ? null : new Date(before.due_at),
          details: before.details,
          kind: before.kind,
          outcome: before.outcome,
          reason: before.reason,
          moves: before.moves,
          suggestionId: before.suggestion_id,
        }
  // What was not sent need not be taken back at the CRM.
  const unwritten = { ...locked, writesBack: false }
  return addStep(tx, by, unwritten, { how: 'undone', ...restored }, 'action_undone')
}

type Row = {
  number: number
  due_at: string | null
  details: string | null
  kind: string | null
  outcome: StepOutcome | null
  reason: string | null
  moves: number
  suggestion_id: string | null
  may_undo: boolean
}

/** False when it is being sent already. */
async function withdrawWrite(tx: Tx, opportunityId: string, number: number): Promise<boolean> {
  const { rows } = await tx.execute<{ was: string }>(sql`
    with waiting as (
      select tenant_id, id, state as was from crm_writes
      where opportunity_id = ${opportunityId}::uuid and number = ${number} for update),
    withdrawn as (
      update crm_writes w set state = 'refused', refused_because = 'undone', settled_at = clock_timestamp()
      from waiting where w.tenant_id = waiting.tenant_id and w.id = waiting.id and waiting.was = 'pending')
    select was from waiting`)
  return rows.every(({ was }) => was === 'pending')
}
