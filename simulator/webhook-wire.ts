import type { ListName } from './world.ts'

/** One record of a CRM as its webhooks know it. */
export type Watched = {
  /** What the CRM calls its kind. */
  kind: string
  id: string
  isListed: boolean
  /** Whether it was there and is gone; a record that is not shown yet is neither. */
  isRemoved: boolean
  fields: Record<string, unknown>
  /** Ids that this one stands for since a merge. */
  mergedFrom?: string[]
  /** The id that stands for this one since a merge. */
  mergedInto?: string
}

/** What happened to one record. `before` is missing for one that was never seen; `changed` names fields. */
export type Change = {
  what: 'created' | 'changed' | 'deleted' | 'restored' | 'merged'
  before?: Watched
  after: Watched
  changed: string[]
}

/** An event as its CRM words it, but for what only the attempt to send it knows. */
export type WebhookEvent = Record<string, unknown>

/** One attempt to send a message. */
export type Attempt = {
  /** The first is 1. */
  number: number
  address: string
  user: string
  /** What the CRM signs with, or the password. */
  secret: string
  /** By the clock on the wall, which is that of whoever checks it. */
  sentAtMs: number
  /** Whether somebody else sends it in the CRM's place. */
  isForged: boolean
}

/** How one CRM sends webhooks. Sources beside the parts. */
export type WebhookWire = {
  /** The records that a row of the world is, as they are now. */
  recordsOf: (list: ListName, index: number) => Watched[]
  /** What is said of a change; nothing where the CRM keeps silent. `number` is never given twice. */
  eventsOf: (change: Change, number: number, atMs: number) => WebhookEvent[]
  eventsPerMessage: number
  write: (events: WebhookEvent[], attempt: Attempt) => { headers: Record<string, string>; body: string }
  isTaken: (status: number, body: string) => boolean
  /** How long an answer is waited for. */
  patienceMs: number
  /** How long is waited before each further attempt, by the account's clock. */
  waitsMs: readonly number[]
}
