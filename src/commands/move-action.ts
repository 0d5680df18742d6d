import type { Tx } from '../../drizzle/db.ts'
import { addStep, lockStep, type StepChanged, type StepRefusal } from './add-step.ts'
import { fieldsOf } from './add-tenant.ts'
import type { Actor } from './record-deed.ts'
import { moveGiven, wrongDetails, wrongReason, wrongTime } from './step-given.ts'

export type MoveActionOutcome =
  | StepChanged
  | StepRefusal
  /** There is nothing to put off. */
  | { kind: 'unplanned' }

/** Puts the open action off (or brings it forward) without completing it; putting off is counted. `given` is a `moveGiven`. */
export async function moveAction(
  tx: Tx,
  by: Actor,
  opportunityId: string,
  given: unknown,
): Promise<MoveActionOutcome> {
  const parsed = moveGiven.safeParse(given)
  if (!parsed.success) return { kind: 'malformed', fields: fieldsOf(parsed.error) }
  const { next_action_at: dueAt, next_action_details: words, reason, version } = parsed.data
  const locked = await lockStep(tx, opportunityId, version)
  if (locked.kind !== 'locked') return locked
  if (locked.dueAt === null || locked.details === null) return { kind: 'unplanned' }
  const details = words === undefined || words === '' ? locked.details : words
  const fields = {
    ...wrongTime('next_action_at', dueAt, locked.now),
    ...(words ? wrongDetails('next_action_details', words) : {}),
    ...wrongReason(reason),
  }
  if (Object.keys(fields).length > 0) return { kind: 'invalid', fields }
  const moves = locked.moves + (dueAt > locked.dueAt ? 1 : 0)
  // What it was taken from stays known, so that it is not called late beside it.
  const { stepKind: kind, suggestionId } = locked
  const step = { how: 'moved', dueAt, details, kind, reason: reason || null, moves, suggestionId } as const
  return addStep(tx, by, locked, step, 'action_moved')
}
