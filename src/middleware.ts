import type { APIContext, MiddlewareNext } from 'astro'
import { defineMiddleware, sequence } from 'astro:middleware'
import { consentRoute } from './domain/consent.ts'
import { enter } from './server/enter.ts'
import { writingNumbersAs } from './number-signs.ts'
import { failed } from './server/answers.ts'
import { isDatabaseAway } from './server/failures.ts'
import { identify } from './server/identify.ts'

/** Pages that are themselves the answer to a failure. */
const systemPages = new Set(['/403', '/404', '/409', '/429', '/500', '/503'])

/** Turns every failure into words, and keeps system pages out of everything else. */
const answerFailures = defineMiddleware(async (context, next) => {
  const { locals, routePattern } = context
  if (systemPages.has(routePattern)) return next()
  locals.route = routePattern
  locals.setCookies = []
  const answer = await answerOf(context, next)
  // A failure carries them, too: a session that was given a new token meanwhile would otherwise end with the old one.
  for (const cookie of locals.setCookies) answer.headers.append('set-cookie', cookie)
  // Its address holds a code; whatever is shown there, nobody is told that address.
  if (routePattern === consentRoute) answer.headers.set('referrer-policy', 'no-referrer')
  return answer
})

async function answerOf(context: APIContext, next: MiddlewareNext): Promise<Response> {
  const { locals, url, request } = context
  try {
    return await next()
  } catch (error) {
    if (url.pathname.startsWith('/api/') || request.method === 'POST') return failed(context, error)
    locals.log.error({ err: error }, 'page failed')
    return context.rewrite(isDatabaseAway(error) ? '/503' : '/500')
  }
}

/** Every request passes here: is there such a door, who asks, how often, and may they enter? */
const guard = defineMiddleware(async (context, next) => {
  if (systemPages.has(context.routePattern)) return next()
  const refusal = (await identify(context)) ?? (await enter(context))
  if (refusal) return refusal
  const { workspace } = context.locals as Partial<App.Locals>
  return workspace === undefined ? next() : writingNumbersAs(workspace.numberFormat, next)
})

export const onRequest = sequence(answerFailures, guard)
