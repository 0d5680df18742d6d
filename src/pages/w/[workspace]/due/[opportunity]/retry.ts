import type { APIRoute } from 'astro'
import { z } from 'zod'
import { retryWrite } from '../../../../../commands/retry-write.ts'
import { doneAs } from '../../../../../server/done-notice.ts'
import { formOf } from '../../../../../server/form.ts'
import { backIn, backWith } from '../../../../../server/step-form.ts'

const form = z.object({ id: z.uuid(), version: z.coerce.number().int().min(1).max(1_000_000_000) })

/** The "Retry" button: writes again what the CRM refused, and leads to the list, which says how it stands. */
export const POST: APIRoute = async ({ params, request, locals, redirect }) => {
  const given = await formOf(request)
  const asked = form.safeParse({ id: params['opportunity'], version: given['version'] })
  if (!asked.success) return new Response(null, { status: 404 })
  const { id, version } = asked.data
  const outcome = await locals.asTenant((tx) => retryWrite(tx, locals.actor, id, version))
  if (outcome.kind === 'not_found') return new Response(null, { status: 404 })
  const home = `/w/${locals.workspace.slug}/due`
  return redirect(
    backWith(home, backIn(given['back']), outcome.kind === 'off' ? 'off' : doneAs(id, version)),
    303,
  )
}
