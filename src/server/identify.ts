import type { APIContext } from 'astro'
import { consentRoute, stateOf } from '../domain/consent.ts'
import { networkOf } from './address.ts'
import { problem } from './answers.ts'
import { doors, type Door } from './doors.ts'
import { isScraper } from './scraper.ts'
import { isSameOrigin } from './same-origin.ts'
import { whoAsks } from './who.ts'

/**
 * Looks at a request before any workspace is spoken of: there is a door for it, its method fits, its sender is who they say,
 * is not over the limit, and was not sent by another site. Gives the refusal, or nothing.
 */
export async function identify(context: APIContext): Promise<Response | undefined> {
  const { request, locals, routePattern } = context
  const door = doors[routePattern]
  if (door === undefined) {
    // Addresses that Astro brings along, and a page of ours that was forgotten: closed either way.
    return new Response(null, { status: 404 })
  }
  const isReading = request.method === 'GET' || request.method === 'HEAD'
  if (!door.methods.includes(isReading ? 'GET' : (request.method as 'POST')))
    return wrongMethod(context, door.methods)

  // No browser sends these, and no session or key counts for them: src/server/webhooks.ts looks who it is.
  if (door.who === 'crm') return undefined
  if (door.who === 'scraper') return isScraper(locals, request.headers) ? undefined : refuseScraper(context)

  const asker = await whoAsks(locals, request.headers, namedWorkspace(context))
  const waitSeconds = await locals.limits.take(limitOf(locals, asker))
  if (waitSeconds > 0) return tooMany(context, waitSeconds)
  if (asker === 'refused') {
    const message = 'The API key or token is not, or no longer, valid.'
    return withChallenge(problem(context, { status: 401, code: 'bad_credentials', message }))
  }
  locals.asker = asker
  // A program shows its key in a header that no other site can make a browser send.
  const isProgram = asker !== undefined && asker.road !== 'session'
  if (!isReading && !isProgram && !isSameOrigin(request, locals.identity.publicUrl)) {
    return problem(context, { status: 403, code: 'other_site', message: 'Another site sent this request.' })
  }
  if (isProgram && isForPeople(door, context)) {
    const message = 'This address is for people who are signed in, not for programs.'
    return problem(context, { status: 403, code: 'not_for_programs', message })
  }
  if (isProgram && door.scope !== undefined && !asker.scopes.includes(door.scope)) {
    const message = `This key lacks the scope ${door.scope}.`
    return problem(context, { status: 403, code: 'scope', message })
  }
  return undefined
}

/**
 * The workspace that a request means, by its slug or its id: the address says it, or else a header. The answer to a consent brings
 * it along, and means none when it brings none.
 */
export function namedWorkspace({ params, url, request, routePattern }: APIContext): string | null {
  if (routePattern === consentRoute) return stateOf(url.searchParams.get('state'))?.tenantId ?? ''
  return params['workspace'] ?? url.searchParams.get('workspace') ?? request.headers.get('x-tenant-id')
}

/**
 * Whether a door is closed to programs. The forms of the sign-in are: the library reads the cookies beside a key, and would take
 * the code of whoever is signed in by them for the code of whoever is being let in.
 */
function isForPeople(door: Door, { request, url }: APIContext): boolean {
  if (door.scope !== undefined) return false
  return door.who !== 'anyone' || (request.method === 'POST' && !url.pathname.startsWith('/api/'))
}

function refuseScraper(context: APIContext): Response {
  const message = 'Show METRICS_TOKEN; without one these numbers are for this machine alone.'
  return withChallenge(problem(context, { status: 401, code: 'bad_credentials', message }))
}

/**
 * Whose count a request goes on. All programs of a person share one, however many keys they were given; the person's own pages
 * have another, so that a program that runs wild never shuts them out of the page on which its key is revoked. Whoever shows a
 * bad key is counted by where they are.
 */
function limitOf(locals: App.Locals, asker: Awaited<ReturnType<typeof whoAsks>>): string {
  if (asker === undefined || asker === 'refused') return `address ${networkOf(locals.address)}`
  return asker.road === 'session' ? `person ${asker.person.id}` : `programs of ${asker.person.id}`
}

function wrongMethod(context: APIContext, methods: readonly string[]): Response {
  const allowed = methods.includes('GET')
    ? ['GET', 'HEAD', ...methods.filter((one) => one !== 'GET')]
    : methods
  const message = `This address only answers ${allowed.join(', ')}.`
  const answer = problem(context, { status: 405, code: 'method_not_allowed', message })
  answer.headers.set('allow', allowed.join(', '))
  return answer
}

async function tooMany(context: APIContext, waitSeconds: number): Promise<Response> {
  context.locals.waitSeconds = waitSeconds
  const isPage = context.request.method === 'GET' && !context.url.pathname.startsWith('/api/')
  const message = `Too many requests. Try again in ${waitSeconds} s.`
  const answer = isPage
    ? await context.rewrite('/429')
    : problem(context, { status: 429, code: 'too_many_requests', message })
  answer.headers.set('retry-after', String(waitSeconds))
  return answer
}

/** RFC 9110 §11.6.1: who is asked for credentials is told of which kind. */
export function withChallenge(answer: Response): Response {
  answer.headers.set('www-authenticate', 'Bearer realm="tidemark"')
  return answer
}
