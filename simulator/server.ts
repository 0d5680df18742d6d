import { text } from 'node:stream/consumers'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { control } from './control.ts'
import type { Exchange } from './fault-effect.ts'
import type { Happening } from './faults.ts'
import type { House } from './house.ts'
import { TOKEN_PATH, unknownClient } from './oauth.ts'
import { jsonReply, send, type Reply } from './reply.ts'
import { unauthorised } from './unauthorised.ts'

/** Path of the API, as in https://api.clienttether.com/v2/api/{operation}. */
export const API_PATH = '/v2/api/'

/** An HTTP server over the house; not listening yet. */
export function makeServer(house: House): Server {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const url = request.url ?? '/'
    if (url.startsWith('/_simulator/')) void control(house, request, response)
    else if (url === TOKEN_PATH) void serveTokens(house, request, response)
    else serve(house, url, request, response)
  })
  return server
}

function serve(house: House, url: string, request: IncomingMessage, response: ServerResponse): void {
  const webKey = header(request, 'x-web-key')
  const exchange = readExchange(house, url, webKey)
  respond(house, response, exchange, {
    account: webKey,
    query: url.slice(url.indexOf('?') + 1 || url.length),
    answer: () => answer(house, exchange, request, webKey),
    finish: (reply) => compressed(request, exchange, reply),
  })
}

/** The token endpoint. The ledger notes what was done in place of a query: `refresh`, `reuse`, or the error. */
async function serveTokens(house: House, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await text(request).catch(() => ''))
  const account = [...house.accounts.values()].find(({ grant }) => grant?.isFor(form.get('client_id') ?? ''))
  const exchange = { operation: TOKEN_PATH.slice(1), id: '', query: form, account, accounts: house.accounts }
  respond(house, response, exchange, {
    account: account?.webKey ?? '',
    query: '',
    answer: (entry, happenings) => {
      if (isTurnedAway(exchange, happenings)) return jsonReply('{}')
      const { reply, deed } = account?.grant?.answer(form) ?? unknownClient()
      entry.query = deed
      return reply
    },
    finish: (reply) => reply,
  })
}

/** A fault that answers with an error of its own stands before the endpoint: nothing is used up behind it. */
function isTurnedAway(exchange: Exchange, happenings: Happening[]): boolean {
  return happenings.some(({ effect, firing }) => {
    const changed = effect.after?.(jsonReply('{}'), exchange, firing)
    return changed !== undefined && changed.status >= 400
  })
}

/** A request as the ledger notes it, and how it is answered. */
type Asked = {
  account: string
  query: string
  answer: (asked: Asked, happenings: Happening[]) => Reply
  finish: (reply: Reply) => Reply
}

function respond(house: House, response: ServerResponse, exchange: Exchange, asked: Asked): void {
  const { account } = asked
  house.ledger.open(account, performance.now())
  response.on('close', () => house.ledger.close(account))
  const happenings = house.faults.happenTo(exchange)
  for (const { effect, firing } of happenings) effect.before?.(exchange, firing)
  let reply = asked.answer(asked, happenings)
  for (const happening of happenings) {
    const changed = happening.effect.after?.(reply, exchange, happening.firing) ?? reply
    if (changed === reply && !happening.effect.before) happening.withdraw()
    reply = changed
  }
  reply = asked.finish(reply)
  house.ledger.note({
    at: new Date(house.clock.nowMs()).toISOString(),
    wallMs: Date.now(),
    account,
    operation: exchange.operation,
    query: asked.query,
    status: reply.status,
    fault: happenings.flatMap(({ name, hasHappened }) => (hasHappened() ? [name] : [])).join(' ') || null,
    bytes: reply.body.length,
  })
  send(response, reply)
}

function readExchange(house: House, url: string, webKey: string): Exchange {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const [operation = '', id = ''] = path.startsWith(API_PATH) ? path.slice(API_PATH.length).split('/') : ['']
  return {
    operation,
    id,
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    account: house.accounts.get(webKey),
    accounts: house.accounts,
  }
}

function answer(house: House, exchange: Exchange, request: IncomingMessage, webKey: string): Reply {
  const owner = house.accounts.get(webKey)
  const form =
    owner?.options.unauthorised ?? [...house.accounts.values()][0]?.options.unauthorised ?? 'json401'
  if (!owner || !exchange.account) return unauthorised(form, 'Web Key')
  if (!owner.accepts(header(request, 'x-access-token'))) return unauthorised(form, 'Access Token')
  const operation = request.method === 'GET' ? exchange.operation : ''
  return exchange.account.dialect.answer(operation, exchange)
}

/** Last, so that faults of shape and value see plain JSON; what a fault encoded or delivers itself stays as it is. */
function compressed(request: IncomingMessage, exchange: Exchange, reply: Reply): Reply {
  const isWanted = exchange.account?.options.gzip && header(request, 'accept-encoding').includes('gzip')
  if (!isWanted || reply.deliver || reply.body.length === 0 || reply.headers['Content-Encoding']) return reply
  return { ...reply, headers: { ...reply.headers, 'Content-Encoding': 'gzip' }, body: gzipSync(reply.body) }
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}
