import type { APIContext, APIRoute } from 'astro'
import { z } from 'zod'
import { viewPages, type ViewPage } from '../../../../drizzle/schema/views.ts'
import type { Tx } from '../../../../drizzle/db.ts'
import { changeView } from '../../../commands/change-view.ts'
import { deleteView, restoreView } from '../../../commands/delete-view.ts'
import { saveView } from '../../../commands/save-view.ts'
import { formOf } from '../../../server/form.ts'
import { tidyQuery } from '../../../server/list-ask.ts'
import type { ViewWord } from '../../../server/view-bar.ts'
import { viewForms } from '../../../server/view-pages.ts'

const deedForm = z.object({
  deed: z.enum(['save', 'update', 'rename', 'share', 'unshare', 'delete', 'restore']),
  page: z.enum(viewPages),
  /** What the list shows. */
  query: z.string().max(4_000).default(''),
  view: z.uuid().optional(),
  name: z.string().max(1_000).default(''),
  shared: z.literal('yes').optional(),
})
type Wanted = z.output<typeof deedForm>

/** Where a deed leads: the word for what it came to, the list as it shall be shown, and the view that was opened or has gone. */
type Led = { word: ViewWord; query?: string; saved?: string | undefined; gone?: string; typed?: string }

/** Does what a form of the bar of views asks, and leads back to the list. */
export const POST: APIRoute = async (context) => {
  const { workspace, asTenant } = context.locals
  const wanted = deedForm.safeParse(await formOf(context.request)).data
  if (wanted === undefined) return notThere(context)
  const form = viewForms[wanted.page]
  if (form === undefined) return notThere(context)
  const query = tidyQuery(form, new URLSearchParams(wanted.query))
  const led = await asTenant((tx) => doIt(tx, context.locals, { ...wanted, query }))
  if (led === undefined) return notThere(context)
  return context.redirect(addressOf(workspace.slug, wanted.page, { query, ...led }), 303)
}

async function doIt(tx: Tx, { actor, role }: App.Locals, wanted: Wanted): Promise<Led | undefined> {
  const { deed, page, query, name, view } = wanted
  if (deed === 'save') {
    const outcome = await saveView(tx, actor, role, { page, name, query, isShared: wanted.shared === 'yes' })
    return outcome.kind === 'saved'
      ? { word: 'saved', saved: outcome.id }
      : { word: outcome.kind, typed: name, saved: view }
  }
  if (view === undefined) return undefined
  if (deed === 'delete') {
    const { kind } = await deleteView(tx, actor, role, view)
    return kind === 'deleted' ? { word: 'deleted', gone: view } : undefined
  }
  if (deed === 'restore') {
    const outcome = await restoreView(tx, actor, role, view)
    if (outcome.kind === 'not_found') return undefined
    return outcome.kind === 'restored'
      ? { word: 'restored', query: outcome.query, saved: view }
      : { word: 'name_taken' }
  }
  const change = {
    update: { query },
    rename: { name },
    share: { isShared: true },
    unshare: { isShared: false },
  }
  const { kind } = await changeView(tx, actor, role, view, change[deed])
  if (kind === 'not_found') return undefined
  return { word: kind, saved: view, ...(kind === 'changed' ? {} : { typed: name }) }
}

function addressOf(slug: string, page: ViewPage, { word, query = '', saved, gone, typed }: Led): string {
  const search = new URLSearchParams(query)
  for (const [name, value] of Object.entries({ saved, gone, typed, said: word }))
    if (value) search.set(name, value)
  return `/w/${slug}/${page}?${search.toString()}`
}

function notThere({ locals }: APIContext): Response {
  locals.missing = 'view'
  return new Response(null, { status: 404 })
}
