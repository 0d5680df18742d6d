import type { CompleteActionOutcome } from '../commands/complete-action.ts'
import type { StepRefusal, StepState } from '../commands/add-step.ts'
import type { Problem } from './answers.ts'
import type { Step } from './api-shapes.ts'

/** An opportunity's next step as programs read it. */
export const stepAsJson = ({ opportunityId, title, version, dueAt, details, outcome }: StepState): Step => ({
  id: opportunityId,
  name: title,
  next_action_at: dueAt?.toISOString() ?? null,
  next_action_details: details,
  outcome,
  version,
})

/** Why a change of a next step was refused, in words for people and for programs. */
export function problemOf(refusal: StepRefusal): Problem {
  switch (refusal.kind) {
    case 'malformed':
      return {
        status: 400,
        code: 'validation_failed',
        message: 'The body is not what this address takes.',
        fields: refusal.fields,
      }
    case 'not_found':
      return { status: 404, code: 'not_found', message: 'There is no such opportunity in this workspace.' }
    case 'invalid':
      return {
        status: 422,
        code: 'rule_broken',
        message: `${Object.values(refusal.fields).join('. ')}.`,
        fields: refusal.fields,
      }
    case 'closed':
      return {
        status: 422,
        code: 'closed',
        message: 'The CRM has closed this opportunity, so nothing can be planned for it.',
      }
    case 'conflict': {
      const { madeBy, madeAt, ...state } = refusal.present
      return {
        status: 409,
        code: 'conflict',
        message: `${madeBy ?? 'The sync'} has changed this opportunity meanwhile. Look at what it says now, and send its version.`,
        present: { ...stepAsJson(state), made_by: madeBy, made_at: madeAt },
      }
    }
  }
}

/** What the log and the count of completed actions are told once it is done. */
export function noteCompletion(
  { log, metrics, workspace }: Pick<App.Locals, 'log' | 'metrics' | 'workspace'>,
  outcome: CompleteActionOutcome,
): void {
  if (outcome.kind !== 'changed') return
  const { opportunityId, outcome: ended } = outcome.state
  metrics.completed(workspace.id)
  log.info({ opportunity_id: opportunityId, action_type: ended ?? 'next_action' }, 'Action completed')
}
