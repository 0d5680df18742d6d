import type { z } from 'zod'
import { askForRun } from '../../../../commands/ask-for-run.ts'
import type { RunRequestOutcome } from '../../../../commands/request-run.ts'
import { api, json, problem, type Problem } from '../../../../server/answers.ts'
import { runRequest, type AskedRun } from '../../../../server/api-shapes.ts'

/** Asks for a run; 202, because a worker makes it. */
export const POST = api(async (context) => {
  const given = runRequest.safeParse(await context.request.json().catch(() => undefined))
  if (!given.success) return problem(context, malformed(given.error))
  const { asTenant, actor } = context.locals
  const outcome = await asTenant((tx) => askForRun(tx, actor, given.data.connection))
  if (!('runId' in outcome)) return problem(context, refusalOf(outcome))
  const asked: AskedRun = { run_id: outcome.runId, outcome: outcome.kind }
  return json(asked, 202)
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

function refusalOf(outcome: Exclude<RunRequestOutcome, { runId: string }>): Problem {
  if (outcome.kind === 'not_found') {
    return { status: 404, code: 'not_found', message: 'There is no such connection in this workspace.' }
  }
  const message = `The connection ${whyNot[outcome.state]}, so no run was made.`
  return { status: 409, code: 'not_active', message }
}

const whyNot = {
  draft: 'has not been started yet',
  paused: 'is paused',
  needs_reconnect: 'has to be connected again',
} as const
