import type { IncomingMessage, ServerResponse } from 'node:http'
import type { APIContext } from 'astro'
import { failed } from './answers.ts'
import { enter } from './enter.ts'
import { identify } from './identify.ts'
import { opportunitiesDue } from './opportunities-due.ts'

type Short = Pick<APIContext, 'locals' | 'url' | 'params' | 'routePattern'> & {
  request: Pick<Request, 'method' | 'headers'>
}

/** What programs ask most, by its one spelling. */
const handlers: Readonly<Record<string, (context: Short) => Promise<Response>>> = {
  '/api/v1/opportunities/due': opportunitiesDue,
}

/**
 * Answers what programs ask most without the router of the pages, whose way through requests and streams of the web costs more than
 * the answer: the same checks at the same door, then the same handler. False when it is none of these.
 */
export async function answerShort(
  req: IncomingMessage,
  res: ServerResponse,
  locals: App.Locals,
): Promise<boolean> {
  const address = req.url ?? ''
  const end = address.indexOf('?')
  const path = end < 0 ? address : address.slice(0, end)
  const handle = Object.hasOwn(handlers, path) && req.method === 'GET' ? handlers[path] : undefined
  if (handle === undefined) return false
  Object.assign(locals, { route: path, setCookies: [] })
  const headers = new Headers()
  for (const [name, value] of Object.entries(req.headers)) {
    if (value !== undefined) headers.set(name, String(value))
  }
  const url = new URL(address, 'http://address')
  const context: Short = { locals, url, params: {}, routePattern: path, request: { method: 'GET', headers } }
  const answer = await checked(context, handle).catch((error: unknown) => failed(context, error))
  res.statusCode = answer.status
  for (const [name, value] of answer.headers) res.setHeader(name, value)
  res.end(await answer.text())
  return true
}

/** Whoever is kept out of an address of the API hears of it by an answer of the API, which needs no page to be shown. */
async function checked(context: Short, handle: (context: Short) => Promise<Response>): Promise<Response> {
  const whole = context as unknown as APIContext
  return (await identify(whole)) ?? (await enter(whole)) ?? handle(context)
}
