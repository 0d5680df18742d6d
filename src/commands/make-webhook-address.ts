import { sql } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import type { Sealed } from '../../drizzle/seal.ts'
import { webhookAddresses } from '../../drizzle/schema/index.ts'
import { recordDeed, type Actor } from './record-deed.ts'

export type NewWebhookAddress = {
  connectionId: string
  salt: Buffer
  tokenHash: Buffer
  /** The CRM's own id of the account. */
  account: string
  signing: Sealed | null
}

/** Makes the address to which the CRM of a connection may send webhooks. The one before, if any, is nobody's from then on. */
export async function makeWebhookAddress(
  tx: Tx,
  by: Actor,
  name: string,
  { connectionId, salt, tokenHash, account, signing }: NewWebhookAddress,
): Promise<void> {
  const made = {
    salt,
    tokenHash,
    account,
    signingKeyId: signing?.keyId ?? null,
    signingSealed: signing?.sealed ?? null,
  }
  await tx
    .insert(webhookAddresses)
    .values({ tenantId: sql`app.tenant_id()`, connectionId, ...made })
    .onConflictDoUpdate({
      target: [webhookAddresses.tenantId, webhookAddresses.connectionId],
      set: { ...made, madeAt: sql`clock_timestamp()`, lastReceivedAt: null },
    })
  await recordDeed(tx, by, { deed: 'webhook_address_made', target: `connection ${name}`, after: { account } })
}
