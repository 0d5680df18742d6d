import { defineMiddleware } from 'astro:middleware'
import { readSyncStatus } from './queries/sync-status.ts'
import { findWorkspace } from './queries/workspaces.ts'
import { failed, problem } from './server/answers.ts'
import { isDatabaseAway } from './server/failures.ts'
import { isSameOrigin } from './server/same-origin.ts'

/** The only routes that change anything, and so the only ones that take a POST. */
const deeds = new Set(['/w/[workspace]/sync/run-now', '/api/v1/sync/runs', '/api/sync/[...rest]'])

/** Pages that are themselves the answer to a failure. */
const systemPages = new Set(['/404', '/500', '/503'])

/** Checks the method, finds the workspace of the address, and turns every failure into words. */
export const onRequest = defineMiddleware(async (context, next) => {
  const { request, locals, params, url, routePattern } = context
  if (systemPages.has(routePattern)) return next()
  locals.route = routePattern
  const isApi = url.pathname.startsWith('/api/')

  if (request.method !== 'GET' && request.method !== 'HEAD') {
    if (request.method !== 'POST' || !deeds.has(routePattern)) {
      const answer = problem(context, {
        status: 405,
        code: 'method_not_allowed',
        message: 'This address only answers GET.',
      })
      answer.headers.set('allow', 'GET, HEAD')
      return answer
    }
    if (!isSameOrigin(request)) {
      return problem(context, { status: 403, code: 'other_site', message: 'Another site sent this request.' })
    }
  }

  try {
    if (params.workspace !== undefined) {
      const workspace = await findWorkspace(locals.database, params.workspace)
      if (workspace?.slug !== params.workspace) {
        locals.missing = 'workspace'
        return new Response(null, { status: 404 })
      }
      locals.workspace = workspace
      locals.asTenant = (work) => locals.database.asTenant(workspace.id, work)
      locals.status = await locals.asTenant(readSyncStatus)
    }
    return await next()
  } catch (error) {
    if (isApi || request.method === 'POST') return failed(context, error)
    locals.log.error({ err: error }, 'page failed')
    return context.rewrite(isDatabaseAway(error) ? '/503' : '/500')
  }
})
