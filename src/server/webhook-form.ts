import { randomBytes } from 'node:crypto'
import { seal } from '../../drizzle/seal.ts'
import { webhookUser, type Webhook } from '../../drizzle/schema/nudges.ts'
import { makeWebhookAddress } from '../commands/make-webhook-address.ts'
import type { Actor } from '../commands/record-deed.ts'
import { readWebhookAddress, type WebhookAddress } from '../queries/webhook.ts'
import { signingField, tokenDigest } from './webhook-keys.ts'

/** What a person enters in the CRM, and how it goes. */
export type WebhookSetting = {
  url: string
  account: string
  /** For CRMs that send a name and a password. */
  user: string | null
  password: string | null
  lastReceivedAt: Date | null
}

/** What stands behind the forms: of a request, or of a command. */
type Means = Pick<App.Locals, 'asTenant' | 'webhookKeys'>

/** A connection's address for webhooks as its page shows it; undefined when there is none, or one of another secret of the web's. */
export async function webhookSettingOf(
  { asTenant, webhookKeys, identity }: Means & { identity: { publicUrl: string } },
  connectionId: string,
  { proof }: Webhook,
): Promise<WebhookSetting | undefined> {
  const address = await asTenant((tx) => readWebhookAddress(tx, connectionId))
  if (address === undefined || !isOurs(webhookKeys, address)) return undefined
  const { account, salt, lastReceivedAt } = address
  const hasPassword = proof === 'password'
  return {
    url: `${identity.publicUrl}/api/v1/webhooks/${webhookKeys.tokenOf(address, salt)}`,
    account,
    user: hasPassword ? webhookUser : null,
    password: hasPassword ? webhookKeys.passwordOf(address, salt) : null,
    lastReceivedAt,
  }
}

const isOurs = (keys: App.Locals['webhookKeys'], address: WebhookAddress): boolean =>
  tokenDigest(keys.tokenOf(address, address.salt)).equals(address.tokenHash)

/** Makes an address, or another one. Gives what is wrong with the form, by field; nothing when it was made. */
export async function makeAddress(
  { asTenant, actor, webhookKeys, workspace }: Means & { actor: Actor; workspace: { id: string } },
  connection: { id: string; name: string },
  webhook: Webhook,
  form: Partial<Record<string, string>>,
): Promise<Record<string, string>> {
  const { account = '', signingSecret = '' } = form
  const asksForSecret = webhook.words.signingSecret !== undefined
  const wrong = {
    ...(!webhook.isAccount(account.trim()) && { account: 'This is not what such an id looks like.' }),
    ...(asksForSecret && signingSecret.trim() === '' && { signingSecret: 'It is missing.' }),
  }
  if (Object.keys(wrong).length > 0) return wrong
  const place = { tenantId: workspace.id, connectionId: connection.id }
  const salt = randomBytes(16)
  const signing = asksForSecret
    ? await seal(webhookKeys.sealingKey, { ...place, field: signingField }, signingSecret.trim())
    : null
  await asTenant((tx) =>
    makeWebhookAddress(tx, actor, connection.name, {
      connectionId: connection.id,
      salt,
      tokenHash: tokenDigest(webhookKeys.tokenOf(place, salt)),
      account: account.trim(),
      signing,
    }),
  )
  return {}
}
