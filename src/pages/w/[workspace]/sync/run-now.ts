import type { APIRoute } from 'astro'
import { z } from 'zod'
import { formOf } from '../../../../server/form.ts'
import { askForRun } from '../../../../commands/ask-for-run.ts'

const form = z.object({ connection: z.uuid() })

/** The "Run now" button: asks for the run and leads back to the sync page, which says what came of it. */
export const POST: APIRoute = async ({ request, locals, redirect }) => {
  const given = form.safeParse(await formOf(request))
  if (!given.success)
    return new Response('The form was incomplete. Go back and try again.\n', { status: 400 })
  const outcome = await locals.asTenant((tx) => askForRun(tx, locals.actor, given.data.connection))
  if (outcome.kind === 'not_found') return new Response(null, { status: 404 })
  const asked = outcome.kind === 'not_active' ? outcome.state : outcome.kind
  return redirect(`/w/${locals.workspace.slug}/sync?asked=${asked}`, 303)
}
