import type { APIRoute } from 'astro'
import { z } from 'zod'
import { undoAction } from '../../../../../commands/undo-action.ts'
import { doneAs } from '../../../../../server/done-notice.ts'
import { formOf } from '../../../../../server/form.ts'
import { backIn, backWith } from '../../../../../server/step-form.ts'

const form = z.object({ id: z.uuid(), version: z.coerce.number().int().min(1).max(1_000_000_000) })

/** The "Undo" button: takes the last deed back and leads to the list, which says what came of it. */
export const POST: APIRoute = async ({ params, request, locals, redirect }) => {
  const given = await formOf(request)
  const asked = form.safeParse({ id: params['opportunity'], version: given['version'] })
  if (!asked.success) return new Response(null, { status: 404 })
  const { id, version } = asked.data
  const outcome = await locals.asTenant((tx) => undoAction(tx, locals.actor, id, version))
  if (outcome.kind === 'not_found') return new Response(null, { status: 404 })
  const home = `/w/${locals.workspace.slug}/due`
  const done = outcome.kind === 'changed' ? doneAs(id, outcome.state.version) : 'late'
  return redirect(backWith(home, backIn(given['back']), done), 303)
}
