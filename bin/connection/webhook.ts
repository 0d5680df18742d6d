import { removeWebhookAddress } from '../../src/commands/remove-webhook-address.ts'
import { commandLine } from '../../src/commands/record-deed.ts'
import { listConnections } from '../../src/queries/connection-list.ts'
import { makeAddress, webhookSettingOf } from '../../src/server/webhook-form.ts'
import { createWebhookKeys } from '../../src/server/webhook-keys.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { Refusal } from '../exit.ts'
import { invalid } from '../form.ts'
import type { Installation } from '../installation.ts'
import { chooseOne } from '../sync/choose.ts'
import { gatherSecrets } from './secrets.ts'

export type WebhookChange = {
  tenant?: string
  /** The CRM's own id of the account; the one before where it is not given. */
  account?: string
  secretFile?: Record<string, string>
  remove?: boolean
}

/**
 * Makes a connection's address for webhooks, makes another one in place of it, or removes it. Answers what to enter in the CRM, in
 * lines. Throws a `Refusal` for CRMs that send none, and for what is wrong.
 */
export async function changeWebhook(
  installation: Installation,
  name: string,
  given: WebhookChange,
): Promise<string[]> {
  const database = await installation.connect('tidemark_web')
  const connection = chooseOne(await listConnections(database), { tenant: given.tenant, connection: name })
  const webhook = (await connectors.get(connection.connector))?.webhook
  if (webhook === undefined) throw new Refusal(`${connection.connector} sends no webhooks that we know.`)
  const { HOST, PORT, PUBLIC_URL } = installation.config
  const means = {
    asTenant: <T>(work: Parameters<typeof database.asTenant<T>>[1]) =>
      database.asTenant(connection.tenantId, work),
    webhookKeys: await createWebhookKeys(await installation.webSecret()),
    identity: { publicUrl: PUBLIC_URL === undefined ? `http://${HOST}:${PORT}` : new URL(PUBLIC_URL).origin },
    actor: commandLine,
    workspace: { id: connection.tenantId },
  }
  if (given.remove) {
    const isRemoved = await means.asTenant((tx) => removeWebhookAddress(tx, commandLine, connection))
    if (!isRemoved) throw new Refusal(`${connection.name} has no address for webhooks. Nothing was removed.`)
    return [`The address of ${connection.name} is nobody's now. Every run goes on to read what changed.`]
  }
  const before = await webhookSettingOf(means, connection.id, webhook)
  const { signingSecret } = webhook.words
  const form = {
    account: given.account ?? before?.account ?? '',
    ...(signingSecret === undefined
      ? {}
      : await gatherSecrets({ signingSecret }, given.secretFile ?? {}, process.env)),
  }
  const wrong = await makeAddress(means, connection, webhook, form)
  if (Object.keys(wrong).length > 0) throw invalid('webhook', wrong, 'made')
  const made = await webhookSettingOf(means, connection.id, webhook)
  return [
    `Enter in ${connection.connector}: ${made?.url}`,
    ...(made?.password ? [`User: ${made.user}`, `Password: ${made.password}`] : []),
    ...(before === undefined ? [] : ["The address before is nobody's now."]),
  ]
}
