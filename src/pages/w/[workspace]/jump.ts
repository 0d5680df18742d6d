import type { APIRoute } from 'astro'
import { readCandidateJumps, readJumps } from '../../../server/jumps.ts'

const mostTyped = 100

/** What the palette offers beyond the navigation: saved views and runs, or with `q` the candidates of that name. */
export const GET: APIRoute = async ({ locals, url }) => {
  const typed = url.searchParams.get('q')?.replaceAll('\0', '').trim().slice(0, mostTyped)
  const groups = await locals.asTenant((tx) =>
    typed === undefined ? readJumps(tx, locals) : readCandidateJumps(tx, locals, typed),
  )
  return Response.json(groups)
}
