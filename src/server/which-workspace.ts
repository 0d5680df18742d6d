import type { APIContext } from 'astro'
import { findWorkspace, type Workspace } from '../queries/workspaces.ts'
import { problem } from './answers.ts'

/**
 * The workspace an API request is about: `?workspace=` or the header `X-Tenant-ID`, each a slug or an id.
 * Gives the answer to send instead when none is named or it does not exist.
 */
export async function whichWorkspace(context: APIContext): Promise<Workspace | Response> {
  const name = context.url.searchParams.get('workspace') ?? context.request.headers.get('x-tenant-id')
  if (!name) {
    const message = 'Name the workspace: ?workspace=slug, or the header X-Tenant-ID.'
    return problem(context, {
      status: 400,
      code: 'validation_failed',
      message,
      fields: { workspace: 'required' },
    })
  }
  const workspace = await findWorkspace(context.locals.database, name.toLowerCase())
  return (
    workspace ?? problem(context, { status: 404, code: 'not_found', message: 'There is no such workspace.' })
  )
}
