import { addConnection } from '../../src/commands/add-connection.ts'
import { addTenant, slugOf } from '../../src/commands/add-tenant.ts'
import { moveConnection } from '../../src/commands/move-connection.ts'
import { listConnections, type ListedConnection } from '../../src/queries/connection-list.ts'
import type { Database } from '../../drizzle/db.ts'
import { sealingKeyOf } from '../../drizzle/seal.ts'
import { demoAccounts } from '../../simulator/demo.ts'
import { readSealingKey } from '../../src/queries/sealing-key.ts'
import { findWorkspace, listWorkspaces } from '../../src/queries/workspaces.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { Refusal } from '../exit.ts'

const connectionName = 'ClientTether'
/** The stand-in is on this machine and has nothing else to do. */
const requestsPerSecond = 400

/**
 * Makes a client and a connection of every company of the demo, unless they are there, and points the connections at
 * `baseUrl`. Throws a `Refusal` where the database already holds other clients: theirs is no place for invented ones.
 */
export async function ensureDemoClients(
  database: Database,
  secret: string,
  baseUrl: string,
): Promise<ListedConnection[]> {
  await refuseRealClients(database)
  for (const account of demoAccounts) await ensureClient(database, secret, baseUrl, account)
  return listConnections(database)
}

async function refuseRealClients(database: Database): Promise<void> {
  const { workspaces } = await listWorkspaces(database)
  const invented = new Set(demoAccounts.map(({ name = '' }) => slugOf(name)))
  const real = workspaces.filter(({ slug }) => !invented.has(slug))
  if (real.length === 0) return
  throw new Refusal(
    `This database holds clients that are not of the demo (${real.map(({ slug }) => slug).join(', ')}), so nothing was added. ` +
      'Run the programs for them instead: npm run tidemark -- worker, and: npm run tidemark -- web',
  )
}

async function ensureClient(
  database: Database,
  secret: string,
  baseUrl: string,
  account: (typeof demoAccounts)[number],
): Promise<void> {
  const { name = account.webKey, timeZone = 'America/New_York', webKey, accessToken } = account
  await addTenant(database, { name, timeZone })
  const tenant = await findWorkspace(database, slugOf(name))
  const connector = await connectors.get('clienttether')
  if (!tenant || !connector) throw new Error(`the client ${name} was not made`)
  // Before the first start no worker has published its key; the one that is started next has this secret.
  const ownKey = await sealingKeyOf(secret)
  const connection = {
    name: connectionName,
    baseUrl,
    settings: { timeZone, requestsPerSecond },
    secrets: { accessToken, webKey },
  }
  const outcome = await database.asTenant(tenant.id, async (tx) =>
    addConnection(tx, connection, {
      connector,
      sealingKey: (await readSealingKey(tx)) ?? ownKey,
      allowPrivateHosts: true,
    }),
  )
  if (outcome.kind === 'invalid')
    throw new Error(`the demo's connection is not valid: ${JSON.stringify(outcome.fields)}`)
  if (outcome.kind === 'added') return
  const there = (await listConnections(database)).find(
    (other) => other.tenantId === tenant.id && other.name === connectionName,
  )
  if (there) await database.asTenant(tenant.id, (tx) => moveConnection(tx, there.id, baseUrl))
}
