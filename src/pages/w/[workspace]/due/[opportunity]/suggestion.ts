import type { APIRoute } from 'astro'
import { z } from 'zod'
import { useSuggestion, type UseSuggestionOutcome } from '../../../../../commands/use-suggestion.ts'
import { doneAs } from '../../../../../server/done-notice.ts'
import { formOf } from '../../../../../server/form.ts'
import { backIn, backWith } from '../../../../../server/step-form.ts'

const form = z.object({
  id: z.uuid(),
  activity: z.uuid(),
  version: z.coerce.number().int().min(0).max(1_000_000_000),
})

/** "Use this": what the CRM has planned becomes the next action, and the list says so. */
export const POST: APIRoute = async ({ params, request, locals, redirect }) => {
  const given = await formOf(request)
  const asked = form.safeParse({ ...given, id: params['opportunity'] })
  if (!asked.success) return new Response(null, { status: 404 })
  const { id, activity, version } = asked.data
  const outcome = await locals.asTenant((tx) => useSuggestion(tx, locals.actor, id, { activity, version }))
  if (outcome.kind === 'not_found') return new Response(null, { status: 404 })
  const home = `/w/${locals.workspace.slug}/due`
  return redirect(backWith(home, backIn(given['back']), doneWord(id, outcome)), 303)
}

function doneWord(id: string, outcome: Exclude<UseSuggestionOutcome, { kind: 'not_found' }>): string {
  switch (outcome.kind) {
    case 'changed':
      return doneAs(id, outcome.state.version)
    case 'conflict':
      return 'changed'
    case 'closed':
      return 'closed'
    default:
      return 'gone'
  }
}
