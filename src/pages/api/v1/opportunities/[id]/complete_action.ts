import { z } from 'zod'
import { answerOnce } from '../../../../../commands/answer-once.ts'
import { completeAction, type CompleteActionOutcome } from '../../../../../commands/complete-action.ts'
import { api, problem } from '../../../../../server/answers.ts'
import { readJson } from '../../../../../server/json-body.ts'
import { noteCompletion, problemOf, stepAsJson } from '../../../../../server/step-answers.ts'

/** Completes the open action of an opportunity by the next one, or by an outcome. */
export const POST = api(async (context) => {
  const { params, locals } = context
  const id = z.uuid().safeParse(params['id']?.toLowerCase()).data
  if (id === undefined) return problem(context, problemOf({ kind: 'not_found' }))
  const body = await readJson(context)
  if ('status' in body) return problem(context, body)
  const { given, named } = body

  let outcome: CompleteActionOutcome | undefined
  const answer = await locals.asTenant(async (tx) => {
    const complete = async () => {
      outcome = await completeAction(tx, locals.actor, id, given)
      return outcome.kind === 'changed'
        ? { status: 200, body: JSON.stringify({ data: stepAsJson(outcome.state) }) }
        : { status: problemOf(outcome).status, body: '' }
    }
    return named === null ? complete() : answerOnce(tx, locals.person.id, named, complete)
  })
  if (answer === 'other_request') {
    const message = 'This Idempotency-Key was used for another request.'
    return problem(context, { status: 422, code: 'idempotency_key_reused', message })
  }
  if (outcome !== undefined) {
    if (outcome.kind !== 'changed') return problem(context, problemOf(outcome))
    noteCompletion(locals, outcome)
  }
  return new Response(answer.body, { status: answer.status, headers: { 'content-type': 'application/json' } })
})
