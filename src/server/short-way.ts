import type { IncomingMessage, ServerResponse } from 'node:http'
import type { APIContext } from 'astro'
import { failed } from './answers.ts'
import { enter } from './enter.ts'
import { identify } from './identify.ts'
import { opportunitiesDue } from './opportunities-due.ts'
import { takeWebhook, type WebhookContext } from './webhooks.ts'

type Short = WebhookContext & Pick<APIContext, 'routePattern'>

/** What programs ask most, by its one spelling. */
const ways: readonly {
  route: string
  method: string
  path: RegExp
  handle: (context: Short) => Promise<Response>
}[] = [
  {
    route: '/api/v1/opportunities/due',
    method: 'GET',
    path: /^\/api\/v1\/opportunities\/due$/,
    handle: opportunitiesDue,
  },
  {
    route: '/api/v1/webhooks/[token]',
    method: 'POST',
    path: /^\/api\/v1\/webhooks\/(?<token>[\w-]+)$/,
    handle: takeWebhook,
  },
]

/**
 * Answers what programs ask most without the router of the pages, whose way through requests and streams of the web costs more than
 * the answer: the same checks at the same door, then the same handler. False when it is none of these.
 */
export async function answerShort(
  req: IncomingMessage,
  res: ServerResponse,
  locals: App.Locals,
): Promise<boolean> {
  const { method = '', url: address = '' } = req
  const end = address.indexOf('?')
  const path = end < 0 ? address : address.slice(0, end)
  const way = ways.find((one) => one.method === method && one.path.test(path))
  if (way === undefined) return false
  const { route: routePattern, handle } = way
  Object.assign(locals, { route: routePattern, setCookies: [] })
  const headers = new Headers()
  for (const [name, value] of Object.entries(req.headers)) {
    if (value !== undefined) headers.set(name, String(value))
  }
  const url = new URL(address, 'http://address')
  const params = { ...way.path.exec(path)?.groups }
  const context: Short = { locals, url, params, routePattern, request: { method, headers, body: req } }
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
