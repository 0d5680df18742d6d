import type { Tx } from '../../drizzle/db.ts'
import { addStep, lockStep, type StepChanged, type StepRefusal } from './add-step.ts'
import { fieldsOf } from './add-tenant.ts'
import type { Actor } from './record-deed.ts'
import { completionGiven, followingOf } from './step-given.ts'

export type CompleteActionOutcome = StepChanged | StepRefusal

/**
 * Completes the open action of an opportunity by what comes next, or by an outcome; where there was none, sets the first. `given`
 * is what a form or a program sent (`completionGiven`).
 */
export async function completeAction(
  tx: Tx,
  by: Actor,
  opportunityId: string,
  given: unknown,
): Promise<CompleteActionOutcome> {
  const parsed = completionGiven.safeParse(given)
  if (!parsed.success) return { kind: 'malformed', fields: fieldsOf(parsed.error) }
  const locked = await lockStep(tx, opportunityId, parsed.data.version)
  if (locked.kind !== 'locked') return locked
  const following = followingOf(parsed.data, locked.now)
  if ('fields' in following) return { kind: 'invalid', ...following }
  const isFirst = locked.dueAt === null
  return addStep(
    tx,
    by,
    locked,
    { how: isFirst ? 'planned' : 'completed', ...following },
    isFirst && following.outcome === null ? 'action_planned' : 'action_completed',
  )
}
