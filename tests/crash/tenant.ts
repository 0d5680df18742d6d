import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { seal, sealingKeyOf } from '../../drizzle/seal.ts'

/** What the worker opens the sealed secrets with. */
export const installationSecret = 'a secret of the crash test, 32 bytes long'

export type Connections = { tenantId: string; clientTether: string; quayside: string }

/** A client with two connections, one to each CRM, both due. */
export async function addTenant(
  client: pg.Client,
  addresses: { clientTether: string; quayside: string },
  secrets: { accessToken: string; webKey: string; key: string },
): Promise<Connections> {
  const ids = { tenantId: randomUUID(), clientTether: randomUUID(), quayside: randomUUID() }
  await client.query(`insert into tenants (id, slug, name) values ($1, 'harbour-lane', 'Harbour Lane')`, [
    ids.tenantId,
  ])
  // Windows and speeds of a test: nothing falls out of sight by its date, and no call waits for another.
  const settings = {
    clienttether: {
      pageSize: 8,
      requestsPerSecond: 10_000,
      notesSweepHours: 2,
      eventsPastDays: 3_650,
      eventsFutureDays: 3_650,
    },
    quayside: { pageSize: 5 },
  }
  const { accessToken, webKey, key } = secrets
  await addConnection(
    client,
    ids.tenantId,
    ids.clientTether,
    'clienttether',
    `${addresses.clientTether}v2/api/`,
    settings.clienttether,
    { accessToken, webKey },
  )
  await addConnection(client, ids.tenantId, ids.quayside, 'quayside', addresses.quayside, settings.quayside, {
    key,
  })
  return ids
}

async function addConnection(
  client: pg.Client,
  tenantId: string,
  connectionId: string,
  connector: string,
  baseUrl: string,
  settings: object,
  secrets: Record<string, string>,
): Promise<void> {
  await client.query(
    `insert into connections (tenant_id, id, connector, name, base_url, settings) values ($1, $2, $3, $3, $4, $5)`,
    [tenantId, connectionId, connector, baseUrl, JSON.stringify(settings)],
  )
  const keys = await sealingKeyOf(installationSecret)
  for (const [field, secret] of Object.entries(secrets)) {
    const { keyId, sealed, hint } = await seal(keys, { tenantId, connectionId, field }, secret)
    await client.query(
      `insert into connection_secrets (tenant_id, connection_id, field, key_id, sealed, hint) values ($1, $2, $3, $4, $5, $6)`,
      [tenantId, connectionId, field, keyId, sealed, hint],
    )
  }
}
