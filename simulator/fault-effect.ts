import type { SimulatedAccount } from './account.ts'
import type { Reply } from './reply.ts'

/** One request while it is being answered. Effects may change `account` and `query` before the answer is made. */
export type Exchange = {
  operation: string
  id: string
  query: URLSearchParams
  /** undefined: the request named no known account. */
  account: SimulatedAccount | undefined
  /** By web key. */
  accounts: ReadonlyMap<string, SimulatedAccount>
}

/** The rule's parameters, how often it has fired, this time included, and what says that it was taken down. */
export type Firing = { params: Record<string, unknown>; count: number; takenDown: AbortSignal }

/**
 * What a fault does. It fires only where `applies` says so; then `before`, the answer, and `after`. An `after` that
 * finds nothing to spoil gives back the very reply it was given, and the fault does not count as fired.
 */
export type Effect = {
  /** Nothing behind it happens: a request that would change something changes nothing. Errors stand before the endpoint anyway. */
  standsBefore?: true
  /** It stands behind the endpoint: what was asked for happens, whatever is answered. */
  standsBehind?: true
  applies?: (exchange: Exchange) => boolean
  before?: (exchange: Exchange, firing: Firing) => void
  after?: (reply: Reply, exchange: Exchange, firing: Firing) => Reply
}

/** A numeric parameter. */
export function numberOf(firing: Firing, key: string, otherwise: number): number {
  const value = firing.params[key]
  return typeof value === 'number' ? value : otherwise
}

/** A text parameter. */
export function textOf(firing: Firing, key: string, otherwise: string): string {
  const value = firing.params[key]
  return typeof value === 'string' ? value : otherwise
}
