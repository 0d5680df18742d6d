import { sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Tx } from '../../drizzle/db.ts'
import { longestDetails } from '../domain/due.ts'
import { addStep, lockStep, type StepChanged, type StepRefusal } from './add-step.ts'
import { fieldsOf } from './add-tenant.ts'
import type { Actor } from './record-deed.ts'

export const suggestionGiven = z.strictObject({
  /** Id of an activity that the CRM has planned for the opportunity or its contact. */
  activity: z.uuid(),
  version: z.int().min(0).optional(),
})

export type UseSuggestionOutcome =
  | StepChanged
  | StepRefusal
  /** The CRM no longer plans it, or it is about something else. */
  | { kind: 'gone' }

/** Takes over what the CRM has planned as the next action. It may be overdue: it is what it is. `given` is a `suggestionGiven`. */
export async function useSuggestion(
  tx: Tx,
  by: Actor,
  opportunityId: string,
  given: unknown,
): Promise<UseSuggestionOutcome> {
  const parsed = suggestionGiven.safeParse(given)
  if (!parsed.success) return { kind: 'malformed', fields: fieldsOf(parsed.error) }
  const locked = await lockStep(tx, opportunityId, parsed.data.version)
  if (locked.kind !== 'locked') return locked
  const { rows } = await tx.execute<{ id: string; due_at: string; kind: string; details: string }>(sql`
    select a.id, a.due_at, a.kind, left(coalesce(nullif(a.subject, ''), nullif(a.details, ''), a.kind), ${longestDetails}) as details
    from activities a join opportunities o on o.id = ${locked.id}::uuid
    where a.id = ${parsed.data.activity}::uuid and not a.is_done and a.deleted_at is null and a.due_at is not null
      and (a.opportunity_id = o.id or (a.opportunity_id is null and a.contact_id = o.contact_id))`)
  const [found] = rows
  if (found === undefined) return { kind: 'gone' }
  const step = {
    how: 'suggested',
    dueAt: new Date(found.due_at),
    details: found.details,
    kind: found.kind,
  } as const
  return addStep(tx, by, locked, { ...step, suggestionId: found.id }, 'suggestion_used')
}
