import type { APIRoute } from 'astro'
import { answerConsent, type ConsentAnswer } from '../../commands/answer-consent.ts'
import { stateOf } from '../../domain/consent.ts'

/** Where a CRM sends the browser back to. Nothing is shown here: the address holds a code, and is left at once. */
export const GET: APIRoute = async ({ params, url, locals, redirect }) => {
  const { workspace, actor, asker, asTenant } = locals
  const connector = locals.connectors.get(params['connector'] ?? '')
  const state = stateOf(url.searchParams.get('state'))
  if (connector === undefined || state === undefined || asker?.road !== 'session')
    return new Response(null, { status: 404 })
  const by = { ...actor, sessionId: asker.session.id }
  const outcome = await asTenant((tx) => answerConsent(tx, by, state, answerIn(url.searchParams), connector))
  const home = `/w/${workspace.slug}/settings/connections`
  return redirect(outcome.kind === 'heard' ? `${home}/${outcome.connectionId}` : `${home}?consent=stray`, 303)
}

/** Longer than any code is. */
const longestCode = 4_096

function answerIn(query: URLSearchParams): ConsentAnswer {
  const [code, error] = [query.get('code'), query.get('error')]
  if (error === null && code !== null && code !== '' && code.length <= longestCode) return { code }
  return { error: error ?? 'without a code', said: query.get('error_description') }
}
