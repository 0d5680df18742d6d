import type { APIContext } from 'astro'
import type { Webhook } from '../../drizzle/schema/nudges.ts'
import { networkOf } from './address.ts'
import { problem } from './answers.ts'
import { parseBody, readBytes } from './webhook-body.ts'

/** Seconds after which a CRM may say again what there was no room for. */
const retrySeconds = 60

/** As much of a request as is needed of a webhook. */
export type WebhookContext = Pick<APIContext, 'locals' | 'params' | 'url'> & {
  request: Pick<Request, 'method' | 'headers'> & { body: AsyncIterable<Uint8Array> | null }
}

/**
 * Takes a webhook: who sent it is found out from its bytes as they came, then the records that it names are stored, and only when
 * they are, it is answered. What is said about them is not read. Whoever cannot show who they are is counted as a stranger.
 */
export async function takeWebhook(context: WebhookContext): Promise<Response> {
  const { locals, params, request, url } = context
  const { intake } = locals
  const token = params['token'] ?? ''
  const refusal = intake.refusal(token)
  if (refusal !== undefined) return notNow(context, refusal)
  const receivedAtMs = locals.now.getTime()
  const body = await readBytes(request)
  if (body === undefined)
    return problem(context, { status: 413, code: 'too_large', message: 'This is more than a webhook holds.' })
  const called = await intake.find(token)
  if (called === undefined) return unknownAddress(context)
  const { webhook, account, secret } = called
  // Signed is the address that the CRM knows, whatever a proxy made of it.
  const address = `${locals.identity.publicUrl}${url.pathname}${url.search}`
  const delivery = { method: request.method, url: address, headers: request.headers, body, receivedAtMs }
  if (secret === undefined || !webhook.isGenuine(delivery, secret)) return notGenuine(context)
  const parsed = parseBody(body, webhook.body)
  const read = parsed === undefined ? 'unknown' : webhook.read(parsed, account)
  if (read === 'another_account') return notGenuine(context)
  if (read === 'unknown')
    return problem(context, {
      status: 400,
      code: 'validation_failed',
      message: 'This is no webhook that we know.',
    })
  // While a connection rests nothing is looked at; the first run after it reads what changed.
  const wanted = called.isActive ? read : []
  if (!(await intake.take(token, called, wanted))) return notNow(context, 'full')
  locals.metrics.nudged(wanted.length, 'taken')
  return receipt(webhook)
}

const receipt = ({ receipt: asked }: Webhook): Response =>
  asked === undefined
    ? new Response(null, { status: 204 })
    : new Response(asked.text, { headers: { 'content-type': asked.type } })

/** As an address that there never was. */
async function unknownAddress(context: WebhookContext): Promise<Response> {
  return (
    (await asStranger(context)) ??
    problem(context, { status: 404, code: 'not_found', message: 'There is no such address.' })
  )
}

async function notGenuine(context: WebhookContext): Promise<Response> {
  context.locals.metrics.nudged(1, 'not_genuine')
  const message = 'This does not show that the CRM of this connection sent it.'
  return (await asStranger(context)) ?? problem(context, { status: 401, code: 'not_genuine', message })
}

async function asStranger(context: WebhookContext): Promise<Response | undefined> {
  const waitSeconds = await context.locals.limits.take(`address ${networkOf(context.locals.address)}`)
  return waitSeconds > 0 ? later(context, waitSeconds, 'Too many requests.') : undefined
}

/** To be sent again later; what changed is read by the next run in any case. */
function notNow(context: WebhookContext, reason: 'full' | 'busy'): Response {
  context.locals.metrics.nudged(1, reason)
  const next = 'What changed is read by the next run in any case.'
  if (reason === 'full') return later(context, retrySeconds, `Too much waits to be looked at. ${next}`)
  const message = `The database takes longer than a webhook should wait. ${next}`
  return problem(context, { status: 503, code: 'unavailable', message })
}

function later(context: WebhookContext, seconds: number, message: string): Response {
  const answer = problem(context, { status: 429, code: 'too_many_requests', message })
  answer.headers.set('retry-after', String(seconds))
  return answer
}
