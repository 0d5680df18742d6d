import { hash } from 'node:crypto'
import type { APIContext, APIRoute } from 'astro'
import { isDatabaseAway, isTaken, namesNothing, retryAfterSeconds } from './failures.ts'

/** Thrown or returned by API handlers; every code is one word for programs beside a sentence for people. */
export type Problem = {
  status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 421 | 422 | 429 | 500 | 503
  code: string
  message: string
  fields?: Record<string, string>
  /** What is there instead of what the request stands on. */
  present?: unknown
}

/** An answer of the API. */
export function json(data: unknown, status = 200): Response {
  return Response.json(data, { status })
}

/**
 * An answer that whoever asked may keep, and must ask about again before it is used; 304 when theirs is still this one. The tag is a
 * weak one: the same words may travel packed (RFC 9110 §8.8.1). What is kept is for this asker and this workspace alone.
 */
export function unlessKnown(asked: Headers, body: string): Response {
  const tag = `"${hash('sha256', body, 'base64url')}"`
  const headers = {
    etag: `W/${tag}`,
    'cache-control': 'private, no-cache',
    vary: 'Authorization, Cookie, X-Tenant-ID',
  }
  const known = (asked.get('if-none-match') ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''))
  return known.includes(tag) || known.includes('*')
    ? new Response(null, { status: 304, headers })
    : new Response(body, { headers: { ...headers, 'content-type': 'application/json' } })
}

/** The one shape of an error. */
export function problem({ locals }: Pick<APIContext, 'locals'>, { status, ...error }: Problem): Response {
  const answer = Response.json({ error: { ...error, request_id: locals.requestId } }, { status })
  if (status === 503) answer.headers.set('retry-after', String(retryAfterSeconds))
  return answer
}

/** Gives a handler the API's way to fail: whatever it throws is logged here and answered without a trace. */
export function api(handle: APIRoute): APIRoute {
  return async (context) => {
    try {
      return await handle(context)
    } catch (error) {
      return failed(context, error)
    }
  }
}

/** The answer to an error that nobody foresaw. */
export function failed(context: Pick<APIContext, 'locals'>, error: unknown): Response {
  context.locals.log.error({ err: error }, 'request failed')
  return problem(context, unforeseen(error))
}

function unforeseen(error: unknown): Problem {
  if (isDatabaseAway(error)) {
    const message = 'The database is not answering. Nothing is lost; try again shortly.'
    return { status: 503, code: 'unavailable', message }
  }
  if (isTaken(error)) {
    const message = 'Somebody has just made the same. Look at what is there now, and try again.'
    return { status: 409, code: 'taken', message }
  }
  if (namesNothing(error)) {
    const message = 'It names something that is not there any more. Look at what is there now.'
    return { status: 400, code: 'malformed', message }
  }
  return { status: 500, code: 'internal', message: "We couldn't answer this. It isn't your data." }
}
