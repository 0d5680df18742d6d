import type { Database } from '../../drizzle/db.ts'
import type { NamedRecord, Webhook } from '../../drizzle/schema/nudges.ts'
import type { ConnectorForm } from '../commands/add-connection.ts'
import { takeNudges } from '../commands/take-nudges.ts'
import { findWebhook, readWebhookAddress, type WebhookAddress } from '../queries/webhook.ts'
import { gather } from './gather.ts'
import { tokenDigest, type WebhookKeys } from './webhook-keys.ts'

/** Who is called at an address. */
export type Called = {
  tenantId: string
  connectionId: string
  webhook: Webhook
  account: string
  /** The connection is at work; what comes for one that rests is left to the first run after it. */
  isActive: boolean
  /** What the sender has to know; undefined where it cannot be opened any more. */
  secret: string | undefined
}

/** Takes in what CRMs send, however many send at once. `token` is the unguessable part of an address. */
export type WebhookIntake = {
  /** Why nothing more is taken at an address just now, which is known without asking the database. */
  refusal: (token: string) => 'full' | 'busy' | undefined
  /** Who is called there from now on; undefined when nobody is. */
  find: (token: string) => Promise<Called | undefined>
  /** Stores which records a delivery names, and answers when they are committed. False when too many wait. */
  take: (token: string, called: Called, records: readonly NamedRecord[]) => Promise<boolean>
}

/** A connection whose nudges were too many is asked again after this long. */
const fullForMs = 1_000

/** The most patient of what is under way; HubSpot waits five seconds for an answer, and whoever comes later would wait twice. */
const mostUnderWayMs = 1_000

/**
 * Deliveries to one address that come while another one is being looked up or stored are looked up or stored together: a request that
 * names one record costs a transaction only while it is alone.
 */
export function startIntake({
  database,
  connectors,
  webhookKeys,
}: {
  database: Database
  connectors: ReadonlyMap<string, Pick<ConnectorForm, 'webhook'>>
  webhookKeys: WebhookKeys
}): WebhookIntake {
  /** Until when an address is taken to be full, by the process's own time. */
  const fullUntilMs = new Map<string, number>()

  const lookups = gather<undefined, Called | undefined>(async (key, asked) => {
    const called = await look(Buffer.from(key, 'base64'))
    return asked.map(() => called)
  })

  async function look(digest: Buffer): Promise<Called | undefined> {
    const found = await findWebhook(database, digest)
    if (found === undefined) return undefined
    const address = await database.asTenant(found.tenantId, (tx) =>
      readWebhookAddress(tx, found.connectionId),
    )
    const webhook = connectors.get(address?.connector ?? '')?.webhook
    if (address === undefined || webhook === undefined) return undefined
    const { account, state } = address
    const secret = await secretOf(address, webhook)
    return { ...found, webhook, account, isActive: state === 'active', secret }
  }

  async function secretOf(address: WebhookAddress, { proof }: Webhook): Promise<string | undefined> {
    const { salt, signingKeyId: keyId, signingSealed: sealed } = address
    if (proof === 'address') return ''
    if (proof === 'password') return webhookKeys.passwordOf(address, salt)
    return keyId !== null && sealed !== null ? webhookKeys.open(address, { keyId, sealed }) : undefined
  }

  const takes = gather<
    Pick<Called, 'tenantId' | 'connectionId'> & { records: readonly NamedRecord[] },
    boolean
  >(async (key, asked) => {
    const [first] = asked
    if (first === undefined) return []
    const deliveries = asked.map(({ records }) => records)
    const taken = await database.asTenant(first.tenantId, (tx) =>
      takeNudges(tx, first.connectionId, deliveries),
    )
    if (taken.includes(false)) fullUntilMs.set(key, performance.now() + fullForMs)
    return taken
  })

  return {
    refusal: (token) => {
      const key = keyOf(token)
      if ((fullUntilMs.get(key) ?? 0) > performance.now()) return 'full'
      fullUntilMs.delete(key)
      const longestMs = Math.max(lookups.underWayMs(key), takes.underWayMs(key))
      return longestMs > mostUnderWayMs ? 'busy' : undefined
    },
    find: (token) => lookups.ask(keyOf(token), undefined),
    take: (token, { tenantId, connectionId }, records) =>
      takes.ask(keyOf(token), { tenantId, connectionId, records }),
  }
}

/** Addresses are told apart by the digest of what cannot be guessed, as in the database. */
const keyOf = (token: string): string => tokenDigest(token).toString('base64')
