import { sql } from 'drizzle-orm'
import { readApps } from '../../drizzle/consent-apps.ts'
import type { Tx } from '../../drizzle/db.ts'
import { connections } from '../../drizzle/schema/index.ts'

/** How many writes of a connection stand where; refused ones of the last seven days. */
export type WriteCounts = { connectionId: string; waiting: number; sent: number; refused: number }

/** Whether this workspace writes next steps and outcomes back to its CRMs. */
export async function readWriteBack(tx: Tx): Promise<boolean> {
  const { rows } = await tx.execute<{ on: boolean }>(
    sql`select writes_back as "on" from tenants where id = app.tenant_id()`,
  )
  return rows[0]?.on ?? false
}

/** Of each connection with any; nothing of what they say. */
export async function countWrites(tx: Tx): Promise<WriteCounts[]> {
  const { rows } = await tx.execute<{
    connection_id: string
    waiting: number
    sent: number
    refused: number
  }>(sql`
    select connection_id, count(*) filter (where state in ('pending', 'sending'))::int as waiting,
      count(*) filter (where state = 'sent')::int as sent,
      count(*) filter (where state = 'refused' and attempts > 0 and settled_at > now() - interval '7 days')::int as refused
    from crm_writes group by connection_id`)
  return rows.map(({ connection_id: connectionId, ...counts }) => ({ connectionId, ...counts }))
}

/** What each connection's access is good for (null: the CRM never said), and whether it can be consented to here. */
export async function readGranted(
  tx: Tx,
): Promise<Map<string, { scopes: string[] | null; canConsent: boolean }>> {
  const apps = await readApps(tx)
  const rows = await tx
    .select({ id: connections.id, connector: connections.connector, scopes: connections.grantedScopes })
    .from(connections)
  return new Map(rows.map(({ id, connector, scopes }) => [id, { scopes, canConsent: apps.has(connector) }]))
}
