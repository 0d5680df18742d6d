import { text } from 'node:stream/consumers'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { clientTetherDoor, tokenDoor } from './clienttether-door.ts'
import { consentDoor } from './consent-door.ts'
import { control } from './control.ts'
import { headerOf, type Door, type Incoming } from './door.ts'
import type { Exchange } from './fault-effect.ts'
import type { Happening } from './faults.ts'
import type { House } from './house.ts'
import { hubSpotDoor } from './hubspot-door.ts'
import { pipedriveDoor } from './pipedrive-door.ts'
import { salesforceDoor } from './salesforce-door.ts'
import { jsonReply, send, type Reply } from './reply.ts'

/** The first one that owns a path answers it. */
const doors: Door[] = [consentDoor, tokenDoor, hubSpotDoor, salesforceDoor, pipedriveDoor, clientTetherDoor]

/** An HTTP server over the house; not listening yet. */
export function makeServer(house: House): Server {
  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const url = request.url ?? '/'
    if (url.startsWith('/_simulator/')) void control(house, request, response)
    else if (request.method === 'GET') serve(house, readIncoming(request, url, ''), response)
    else void text(request).then((body) => serve(house, readIncoming(request, url, body), response), ignored)
  })
}

/** The asker hung up before the request was whole. */
const ignored = () => undefined

function readIncoming({ method = '', headers }: IncomingMessage, url: string, body: string): Incoming {
  const mark = url.indexOf('?')
  return {
    method,
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    headers,
    body,
  }
}

function serve(house: House, incoming: Incoming, response: ServerResponse): void {
  const door = doors.find(({ owns }) => owns(incoming.path)) ?? clientTetherDoor
  const exchange = door.read(house, incoming)
  const account = door.asker(exchange, incoming)
  const asked = door.isSpent?.(exchange) === true ? '' : incoming.query.toString()
  house.ledger.open(account, performance.now())
  response.on('close', () => house.ledger.close(account))
  const happenings = house.faults.happenTo(exchange)
  for (const { effect, firing } of happenings) effect.before?.(exchange, firing)
  const { reply: made, deed } = makeAnswer(house, door, exchange, incoming, happenings)
  const reply = dated(house, compressed(incoming, exchange, spoiled(made, exchange, happenings)))
  house.ledger.note({
    at: new Date(house.clock.nowMs()).toISOString(),
    wallMs: Date.now(),
    account,
    operation: exchange.operation,
    query: deed ?? asked,
    status: reply.status,
    fault: happenings.flatMap(({ name, hasHappened }) => (hasHappened() ? [name] : [])).join(' ') || null,
    bytes: reply.body.length,
  })
  send(response, reply)
}

function makeAnswer(
  house: House,
  door: Door,
  exchange: Exchange,
  incoming: Incoming,
  happenings: Happening[],
): ReturnType<Door['answer']> {
  if (door.isSpent?.(exchange) === true && isTurnedAway(exchange, happenings))
    return { reply: jsonReply('{}') }
  return door.answer(house, exchange, incoming)
}

/** A fault that answers with an error of its own stands before the endpoint: nothing is used up or changed behind it. */
function isTurnedAway(exchange: Exchange, happenings: Happening[]): boolean {
  return happenings.some(({ effect, firing }) => {
    if (effect.standsBefore || effect.standsBehind) return effect.standsBefore === true
    const changed = effect.after?.(jsonReply('{}'), exchange, firing)
    return changed !== undefined && changed.status >= 400
  })
}

function spoiled(made: Reply, exchange: Exchange, happenings: Happening[]): Reply {
  let reply = made
  for (const happening of happenings) {
    const changed = happening.effect.after?.(reply, exchange, happening.firing) ?? reply
    if (changed === reply && !happening.effect.before) happening.withdraw()
    reply = changed
  }
  return reply
}

/** Last, so that faults of shape and value see plain JSON; what a fault encoded or delivers itself stays as it is. */
function compressed(incoming: Incoming, exchange: Exchange, reply: Reply): Reply {
  const isWanted = exchange.account?.options.gzip && headerOf(incoming, 'accept-encoding').includes('gzip')
  if (!isWanted || reply.deliver || reply.body.length === 0 || reply.headers['Content-Encoding']) return reply
  return { ...reply, headers: { ...reply.headers, 'Content-Encoding': 'gzip' }, body: gzipSync(reply.body) }
}

/** A server says what time it takes it to be (RFC 9110 §6.6.1). */
function dated({ clock }: House, reply: Reply): Reply {
  return { ...reply, headers: { Date: new Date(clock.nowMs()).toUTCString(), ...reply.headers } }
}
