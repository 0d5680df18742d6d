import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { rowInForce } from '../../drizzle/rules.ts'
import type { StepDeed, StepOutcome } from '../../drizzle/schema/next-actions.ts'
import type { CrmWriteState } from '../../drizzle/schema/crm-writes.ts'
import { undoSeconds } from '../domain/due.ts'
import type { WriteNow } from './due.ts'

/** What a person has just done about an opportunity. */
export type StepDone = {
  how: StepDeed
  title: string | null
  dueAt: Date | null
  details: string | null
  outcome: StepOutcome | null
  /** It is this person's, the last, and not too long ago. */
  mayUndo: boolean
  /** It goes to the CRM, or went there. */
  write: WriteNow | null
}

/** The change that led to this version of an opportunity; undefined where there is none. */
export async function readStepDone(
  tx: Tx,
  userId: string,
  opportunityId: string,
  version: number,
): Promise<StepDone | undefined> {
  const { rows } = await tx.execute<{
    how: StepDeed
    title: string | null
    due_at: string | null
    details: string | null
    outcome: StepOutcome | null
    may_undo: boolean
    write_state: CrmWriteState | null
    write_because: string | null
  }>(sql`
    select n.how, coalesce(o.title, nullif(concat_ws(' ', c.first_name, c.last_name), '')) as title, n.due_at, n.details, n.outcome,
      o.version = n.number and n.made_by = ${userId}::uuid and n.how in ('planned', 'completed', 'moved', 'suggested')
        and n.made_at > clock_timestamp() - make_interval(secs => ${undoSeconds}) as may_undo,
      w.state as write_state, coalesce(w.refused_because, w.waits_because) as write_because
    from next_actions n
    join opportunities o on o.id = n.opportunity_id
    left join crm_writes w on w.opportunity_id = n.opportunity_id and w.number = ${rowInForce(sql`n.opportunity_id`, sql`n.number`)}
    left join contacts c on c.id = o.contact_id and c.deleted_at is null
    where n.opportunity_id = ${opportunityId}::uuid and n.number = ${version}`)
  const [found] = rows
  if (found === undefined) return undefined
  const { due_at: dueAt, may_undo: mayUndo, write_state: state, write_because: because, ...done } = found
  const write = state === null ? null : { state, because }
  return { ...done, dueAt: dueAt === null ? null : new Date(dueAt), mayUndo, write }
}
