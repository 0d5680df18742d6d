import type { APIContext } from 'astro'
import type { Delivery, Webhook } from '../../drizzle/schema/nudges.ts'
import { takeNudges } from '../commands/take-nudges.ts'
import { findWebhook, readWebhookAddress, type WebhookAddress } from '../queries/webhook.ts'
import { networkOf } from './address.ts'
import { problem } from './answers.ts'
import { parseBody, readBytes } from './webhook-body.ts'
import { tokenDigest } from './webhook-keys.ts'

/** Seconds after which a CRM may say again what there was no room for. */
const retrySeconds = 60

/**
 * Takes a webhook: who sent it is found out from its bytes as they came, then the records that it names are stored, and only when
 * they are, it is answered. What is said about them is not read. Whoever cannot show who they are is counted as a stranger.
 */
export async function takeWebhook(context: APIContext): Promise<Response> {
  const { locals, params, request, url } = context
  const receivedAtMs = locals.now.getTime()
  const body = await readBytes(request)
  if (body === undefined)
    return problem(context, { status: 413, code: 'too_large', message: 'This is more than a webhook holds.' })
  const found = await findWebhook(locals.database, tokenDigest(params['token'] ?? ''))
  const address =
    found &&
    (await locals.database.asTenant(found.tenantId, (tx) => readWebhookAddress(tx, found.connectionId)))
  const webhook = address && locals.connectors.get(address.connector)?.webhook
  if (address === undefined || webhook === undefined) return unknownAddress(context)
  // Signed is the address that the CRM knows, whatever a proxy made of it.
  const called = `${locals.identity.publicUrl}${url.pathname}${url.search}`
  const delivery = { method: request.method, url: called, headers: request.headers, body, receivedAtMs }
  if (!(await isGenuine(locals, webhook, address, delivery))) return notGenuine(context)
  const parsed = parseBody(body, webhook.body)
  const read = parsed === undefined ? 'unknown' : webhook.read(parsed, address.account)
  if (read === 'another_account') return notGenuine(context)
  if (read === 'unknown')
    return problem(context, {
      status: 400,
      code: 'validation_failed',
      message: 'This is no webhook that we know.',
    })
  // While a connection rests nothing is looked at; the first run after it reads what changed.
  const wanted = address.state === 'active' ? read : []
  const isTaken = await locals.database.asTenant(address.tenantId, (tx) =>
    takeNudges(tx, address.connectionId, wanted),
  )
  locals.metrics.nudged(wanted.length, isTaken ? 'taken' : 'full')
  return isTaken ? receipt(webhook) : tooManyWait(context)
}

async function isGenuine(
  { webhookKeys }: App.Locals,
  webhook: Webhook,
  address: WebhookAddress,
  delivery: Delivery,
): Promise<boolean> {
  const { salt, signingKeyId: keyId, signingSealed: sealed } = address
  if (webhook.proof === 'address') return webhook.isGenuine(delivery, '')
  if (webhook.proof === 'password') return webhook.isGenuine(delivery, webhookKeys.passwordOf(address, salt))
  const secret =
    keyId !== null && sealed !== null ? await webhookKeys.open(address, { keyId, sealed }) : undefined
  return secret !== undefined && webhook.isGenuine(delivery, secret)
}

const receipt = ({ receipt: asked }: Webhook): Response =>
  asked === undefined
    ? new Response(null, { status: 204 })
    : new Response(asked.text, { headers: { 'content-type': asked.type } })

/** As an address that there never was. */
async function unknownAddress(context: APIContext): Promise<Response> {
  return (
    (await asStranger(context)) ??
    problem(context, { status: 404, code: 'not_found', message: 'There is no such address.' })
  )
}

async function notGenuine(context: APIContext): Promise<Response> {
  context.locals.metrics.nudged(1, 'not_genuine')
  const message = 'This does not show that the CRM of this connection sent it.'
  return (await asStranger(context)) ?? problem(context, { status: 401, code: 'not_genuine', message })
}

async function asStranger(context: APIContext): Promise<Response | undefined> {
  const waitSeconds = await context.locals.limits.take(`address ${networkOf(context.locals.address)}`)
  return waitSeconds > 0 ? later(context, waitSeconds, 'Too many requests.') : undefined
}

const tooManyWait = (context: APIContext): Response =>
  later(
    context,
    retrySeconds,
    'Too much waits to be looked at. What changed is read by the next run in any case.',
  )

function later(context: APIContext, seconds: number, message: string): Response {
  const answer = problem(context, { status: 429, code: 'too_many_requests', message })
  answer.headers.set('retry-after', String(seconds))
  return answer
}
