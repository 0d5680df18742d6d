import { textOf, numberOf, type Effect, type Firing } from './fault-effect.ts'
import { invalid } from './hubspot-reply.ts'
import type { AccountOptions } from './options.ts'
import { jsonReply, type Reply } from './reply.ts'
import { Refusal } from './salesforce-reply.ts'

/** Faults that answer something else than was asked for. */
export const statusFaults = {
  forbidden: answer(() => jsonReply('{"ResultCode":"CT_403","Message":"Forbidden"}', 403)),
  'operation-not-found': answer(() =>
    jsonReply('{"ResultCode":"CT_404","Message":"Request Not Found"}', 404),
  ),
  'rate-limited-seconds': answer((firing) => tooMany(String(numberOf(firing, 'retryAfter', 7)))),
  'rate-limited-date': answer((firing) =>
    tooMany(textOf(firing, 'retryAfter', new Date(Date.now() + 7000).toUTCString())),
  ),
  'rate-limited-negative': answer(() => tooMany('-5')),
  'rate-limited-huge': answer(() => tooMany('999999')),
  'rate-limited-garbage': answer(() => tooMany('soon')),
  'rate-limited-bare': answer(() => tooMany(null)),
  'server-error': answer(() => reply(500, 'text/plain', 'Internal Server Error')),
  'server-error-afterwards': {
    standsBehind: true,
    ...answer(() => reply(500, 'text/plain', 'Internal Server Error')),
  },
  'write-refused': {
    standsBefore: true,
    after: (_reply, { account }, firing) =>
      refusedWrite(account?.options.crm, textOf(firing, 'message', 'This value is not allowed')),
  },
  'bad-gateway-html': answer(() => reply(502, 'text/html', page('502 Bad Gateway', 'nginx'))),
  unavailable: answer(() => reply(503, 'text/html', page('503 Service Unavailable', 'Back in a minute.'))),
  'gateway-timeout': answer(() => reply(504, 'text/html', page('504 Gateway Time-out', 'nginx'))),
  'login-page': answer(() =>
    reply(
      200,
      'text/html',
      page('Sign in', '<form method="post"><input name="user"><input name="pass"></form>'),
    ),
  ),
  redirect: answer((firing) => {
    const location = textOf(firing, 'location', 'https://sign-in.example.org/')
    return {
      status: 302,
      headers: { Location: location, 'Content-Type': 'text/html' },
      body: Buffer.alloc(0),
    }
  }),
  'no-content': answer(() => ({ status: 204, headers: {}, body: Buffer.alloc(0) })),
  'empty-body': answer(() => jsonReply('')),
  'error-body': answer((firing) => {
    const ResultCode = textOf(firing, 'code', 'CT_500')
    return jsonReply(JSON.stringify({ ResultCode, Message: textOf(firing, 'message', 'Unknown Error') }))
  }),
} satisfies Record<string, Effect>

function answer(make: (firing: Firing) => Reply): Effect {
  return { after: (_reply, _exchange, firing) => make(firing) }
}

/** A refusal as each CRM words one. */
function refusedWrite(crm: AccountOptions['crm'], message: string): Reply {
  switch (crm) {
    case 'hubspot':
      return invalid(message)
    case 'salesforce':
      return new Refusal(400, 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message).reply
    case 'pipedrive':
      return jsonReply(JSON.stringify({ success: false, error: message, data: null }), 400)
    default:
      return jsonReply(JSON.stringify({ ResultCode: 'CT_525', Message: message }))
  }
}

function reply(status: number, type: string, text: string): Reply {
  return { status, headers: { 'Content-Type': `${type}; charset=utf-8` }, body: Buffer.from(text) }
}

function tooMany(retryAfter: string | null): Reply {
  const answered = reply(429, 'text/plain', 'Too Many Requests')
  if (retryAfter !== null) answered.headers['Retry-After'] = retryAfter
  return answered
}

function page(title: string, text: string): string {
  return `<!doctype html><html><head><title>${title}</title></head><body><h1>${title}</h1>${text}</body></html>`
}
