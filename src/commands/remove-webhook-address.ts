import { hash, randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Tx } from '../../drizzle/db.ts'
import { webhookAddresses } from '../../drizzle/schema/index.ts'
import { recordDeed, type Actor } from './record-deed.ts'

/** Makes the address of a connection's webhooks nobody's, and forgets what its CRM signs with. False when there was none. */
export async function removeWebhookAddress(
  tx: Tx,
  by: Actor,
  { id, name }: { id: string; name: string },
): Promise<boolean> {
  // The digest of what nobody knows: nothing is ever sent there.
  const nobodys = {
    salt: randomBytes(16),
    tokenHash: hash('sha256', randomBytes(32), 'buffer'),
    signingKeyId: null,
    signingSealed: null,
  }
  const removed = await tx
    .update(webhookAddresses)
    .set(nobodys)
    .where(eq(webhookAddresses.connectionId, id))
    .returning({ account: webhookAddresses.account })
  const [before] = removed
  if (before !== undefined)
    await recordDeed(tx, by, { deed: 'webhook_address_removed', target: `connection ${name}`, before })
  return before !== undefined
}
