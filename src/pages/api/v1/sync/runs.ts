import { z } from 'zod'
import { askForRun } from '../../../../commands/ask-for-run.ts'
import type { RunRequestOutcome } from '../../../../commands/request-run.ts'
import { api, json, problem, type Problem } from '../../../../server/answers.ts'

const body = z.strictObject({
  /** Id of the connection to sync. */
  connection: z.uuid(),
})

/** Asks for a run; 202, because a worker makes it. */
export const POST = api(async (context) => {
  const given = body.safeParse(await context.request.json().catch(() => undefined))
  if (!given.success) return problem(context, malformed(given.error))
  const { asTenant, actor } = context.locals
  const outcome = await asTenant((tx) => askForRun(tx, actor, given.data.connection))
  const refusal = refusalOf(outcome)
  if (refusal) return problem(context, refusal)
  const runId = 'runId' in outcome ? outcome.runId : null
  return json({ run_id: runId, outcome: outcome.kind }, 202)
})

function malformed(error: z.ZodError): Problem {
  const fields = Object.fromEntries(
    error.issues.map((issue) => [issue.path.join('.') || 'body', issue.message]),
  )
  return {
    status: 400,
    code: 'validation_failed',
    message: 'The body is not what this address takes.',
    fields,
  }
}

function refusalOf(outcome: RunRequestOutcome): Problem | undefined {
  if (outcome.kind === 'not_found') {
    return { status: 404, code: 'not_found', message: 'There is no such connection in this workspace.' }
  }
  if (outcome.kind === 'not_active') {
    const message = `The connection ${whyNot[outcome.state]}, so no run was made.`
    return { status: 409, code: 'not_active', message }
  }
  return undefined
}

const whyNot = {
  draft: 'has not been started yet',
  paused: 'is paused',
  needs_reconnect: 'has to be connected again',
} as const
