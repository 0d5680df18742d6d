import type { APIRoute } from 'astro'
import { undoAction } from '../../../../../commands/undo-action.ts'
import { doneAs } from '../../../../../server/done-notice.ts'
import { formOf } from '../../../../../server/form.ts'
import { backWith, buttonIn } from '../../../../../server/step-form.ts'

/** The "Undo" button: takes the last deed back and leads to the list, which says what came of it. */
export const POST: APIRoute = async ({ params, request, locals, redirect }) => {
  const asked = buttonIn(params['opportunity'], await formOf(request))
  if (asked === undefined) return new Response(null, { status: 404 })
  const { id, version, back } = asked
  const outcome = await locals.asTenant((tx) => undoAction(tx, locals.actor, id, version))
  if (outcome.kind === 'not_found') return new Response(null, { status: 404 })
  const home = `/w/${locals.workspace.slug}/due`
  const done = outcome.kind === 'changed' ? doneAs(id, outcome.state.version) : 'late'
  return redirect(backWith(home, back, done), 303)
}
