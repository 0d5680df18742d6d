import type { APIRoute } from 'astro'
import { retryWrite } from '../../../../../commands/retry-write.ts'
import { doneAs } from '../../../../../server/done-notice.ts'
import { formOf } from '../../../../../server/form.ts'
import { backWith, buttonIn } from '../../../../../server/step-form.ts'

/** The "Retry" button: writes again what the CRM refused, and leads to the list, which says how it stands. */
export const POST: APIRoute = async ({ params, request, locals, redirect }) => {
  const asked = buttonIn(params['opportunity'], await formOf(request))
  if (asked === undefined) return new Response(null, { status: 404 })
  const { id, version, back } = asked
  const outcome = await locals.asTenant((tx) => retryWrite(tx, locals.actor, id, version))
  if (outcome.kind === 'not_found') return new Response(null, { status: 404 })
  const home = `/w/${locals.workspace.slug}/due`
  const done = outcome.kind === 'off' ? 'off' : doneAs(id, version)
  return redirect(backWith(home, back, done), 303)
}
