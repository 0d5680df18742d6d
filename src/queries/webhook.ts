import { and, eq, sql } from 'drizzle-orm'
import type { Database, Tx } from '../../drizzle/db.ts'
import { connections, webhookAddresses } from '../../drizzle/schema/index.ts'
import { instantOrNull } from './decode.ts'

export type WebhookAddress = NonNullable<Awaited<ReturnType<typeof readWebhookAddress>>>

/** Whose address this is, by the digest of its unguessable part; undefined when it is nobody's. */
export async function findWebhook(
  database: Database,
  digest: Buffer,
): Promise<{ tenantId: string; connectionId: string } | undefined> {
  const { rows } = await database.outsideTenants.query<{ tenant_id: string; connection_id: string }>(
    'select * from app.tenant_of_webhook($1)',
    [digest],
  )
  const [found] = rows
  return found && { tenantId: found.tenant_id, connectionId: found.connection_id }
}

/** Where the CRM of a connection may send webhooks; undefined while nobody has made an address. */
export async function readWebhookAddress(tx: Tx, connectionId: string) {
  const [address] = await tx
    .select({
      tenantId: webhookAddresses.tenantId,
      connectionId: webhookAddresses.connectionId,
      connector: connections.connector,
      state: connections.state,
      salt: webhookAddresses.salt,
      tokenHash: webhookAddresses.tokenHash,
      account: webhookAddresses.account,
      signingKeyId: webhookAddresses.signingKeyId,
      signingSealed: webhookAddresses.signingSealed,
      lastReceivedAt: sql`${webhookAddresses.lastReceivedAt}`.mapWith(instantOrNull),
    })
    .from(webhookAddresses)
    .innerJoin(
      connections,
      and(
        eq(connections.tenantId, webhookAddresses.tenantId),
        eq(connections.id, webhookAddresses.connectionId),
      ),
    )
    .where(eq(webhookAddresses.connectionId, connectionId))
  return address
}
