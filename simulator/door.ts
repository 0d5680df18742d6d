import type { IncomingHttpHeaders } from 'node:http'
import type { SimulatedAccount } from './account.ts'
import type { Exchange } from './fault-effect.ts'
import type { House } from './house.ts'
import type { Reply } from './reply.ts'
import type { WebhookWire } from './webhook-wire.ts'
import type { ListName } from './world.ts'

/** One request as it came. `path` is without its query; `body` is empty unless the method carries one. */
export type Incoming = {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
}

/** What one CRM makes of one world. The door that made it knows the rest. */
export type Dialect = {
  /** To be told of every row that changed. */
  touch: (list: ListName, index: number) => void
  /** Makes ready what the first request would have to wait for. */
  warm: () => void
  /** How it tells the outside of what happens; missing where it never does. */
  readonly webhooks?: WebhookWire
}

/** Where one CRM's requests come in: which are its own, whose account they are about, and what they are answered. */
export type Door = {
  /** Whether the CRM answers under this path. */
  owns: (path: string) => boolean
  /** What is asked of whom, in the words that faults and the ledger use. */
  read: (house: House, incoming: Incoming) => Exchange
  /** The key of the account as the ledger notes it; what was sent in its place when no account is known. */
  asker: (exchange: Exchange, incoming: Incoming) => string
  /** The answer, and what the ledger notes in place of the query, if anything. Faults may have changed `exchange`. */
  answer: (house: House, exchange: Exchange, incoming: Incoming) => { reply: Reply; deed?: string }
  /** A request that uses something up or changes something: nothing behind it happens when a fault answers in its place. */
  isSpent?: (exchange: Exchange) => boolean
}

/** The text of a header; empty when it is absent or comes several times. */
export function headerOf({ headers }: Pick<Incoming, 'headers'>, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

/** The account of this CRM whose token a request carries as `Authorization: Bearer …`. */
export function bearerOf(house: House, incoming: Incoming, crm: string): SimulatedAccount | undefined {
  const token = /^Bearer (.+)$/i.exec(headerOf(incoming, 'authorization'))?.[1]
  if (token === undefined) return undefined
  return [...house.accounts.values()].find((account) => account.options.crm === crm && account.accepts(token))
}
