import { sql, type Tx } from '../../drizzle/db.ts'
import { addStep, lockStep } from './add-step.ts'
import type { Actor } from './record-deed.ts'

/** A next action that somebody has planned, and how often they have put it off since. */
export type GivenStep = {
  opportunityId: string
  by: Actor
  dueAt: Date
  details: string
  kind: string
  moves: number
}

/** Each time it was put off by so long. */
const putOffMs = 2 * 86_400_000

/**
 * Plans next actions in an invented workspace, past times included: what is late there was planned when it was not. Once: answers
 * false, and writes nothing, where anything was ever planned.
 */
export async function giveSteps(tx: Tx, steps: readonly GivenStep[]): Promise<boolean> {
  const { rows } = await tx.execute(sql`select from next_actions limit 1`)
  if (rows.length > 0) return false
  for (const { opportunityId, by, moves, dueAt: lastAt, ...step } of steps) {
    for (let move = 0; move <= moves; move += 1) {
      const locked = await lockStep(tx, opportunityId, undefined)
      if (locked.kind !== 'locked') break
      const how = move === 0 ? 'planned' : 'moved'
      const dueAt = new Date(lastAt.getTime() - (moves - move) * putOffMs)
      await addStep(tx, by, locked, { ...step, dueAt, how, moves: move }, `action_${how}`)
    }
  }
  return true
}
