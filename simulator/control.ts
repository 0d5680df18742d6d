import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { SimulatedAccount } from './account.ts'
import { faultNames } from './fault-names.ts'
import type { FaultRule } from './fault-rule.ts'
import { callHook } from './hooks.ts'
import type { House } from './house.ts'

/**
 * Answers `/_simulator/…`, for tests and measurements in another process; from loopback only. Bodies are JSON.
 * POST advance {ms} · GET clock · GET|POST|DELETE faults · GET ledger?since= · DELETE ledger ·
 * GET truth?account= · GET totals?account= · GET grant?account= · POST accounts/{webKey}/{hook} with an array of the hook's arguments.
 */
export async function control(
  house: House,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isLoopback(request.socket.remoteAddress ?? '')) return reply(response, 403, { error: 'loopback only' })
  const url = new URL(request.url ?? '/', 'http://localhost')
  const [, name = '', ...rest] = url.pathname.split('/').slice(1).map(decodeURIComponent)
  try {
    const body = await text(request)
    const deed = deeds[`${request.method} ${name}`]
    if (!deed) return reply(response, 404, { error: `no control ${request.method} ${name}` })
    const given: unknown = body === '' ? undefined : JSON.parse(body)
    reply(response, 200, deed(house, given, { path: rest, query: url.searchParams }) ?? {})
  } catch (error) {
    reply(response, 400, { error: error instanceof Error ? error.message : String(error) })
  }
}

type Place = { path: string[]; query: URLSearchParams }

const deeds: Record<string, (house: House, body: unknown, place: Place) => unknown> = {
  'POST advance': ({ clock }, body) => clock.advance((body as { ms: number }).ms),
  'GET clock': ({ clock }) => ({ now: new Date(clock.nowMs()).toISOString() }),
  'GET faults': ({ faults }) => ({ names: faultNames, fired: faults.counts() }),
  'POST faults': ({ faults }, body) => void faults.add(body as FaultRule),
  'DELETE faults': ({ faults }) => faults.clear(),
  'GET ledger': ({ ledger }, _, { query }) => ({
    entries: ledger.entries(Number(query.get('since') ?? 0)),
    counts: ledger.counts(),
    maxInFlight: ledger.maxInFlight(),
    peakPerSecond: ledger.peakPerSecond(),
  }),
  'DELETE ledger': ({ ledger }) => ledger.clear(),
  'GET truth': (house, _, { query }) => accountOf(house, query.get('account') ?? '').truth(),
  'GET totals': (house, _, { query }) => accountOf(house, query.get('account') ?? '').totals(),
  'GET grant': (house, _, { query }) => accountOf(house, query.get('account') ?? '').grant?.uses(),
  'POST accounts': (house, body, { path: [webKey = '', hook = ''] }) => ({
    result: callHook(accountOf(house, webKey), hook, Array.isArray(body) ? body : []) ?? null,
  }),
}

function accountOf(house: House, webKey: string): SimulatedAccount {
  const account = house.accounts.get(webKey)
  if (!account) throw new Error(`no account with web key ${webKey}`)
  return account
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.replace('::ffff:', '').startsWith('127.')
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
}
