import { appsOf } from '../../drizzle/consent-apps.ts'
import type { Database } from '../../drizzle/db.ts'
import { openKeyring } from '../../drizzle/seal.ts'
import type { TestStep } from '../../drizzle/schema/access.ts'
import type { ListedConnection } from '../../src/queries/connection-list.ts'
import { connectors } from '../../worker/connectors/registry.ts'
import { probe } from '../../worker/probe.ts'
import type { Installation } from '../installation.ts'
import { print } from '../print.ts'

const marks: Record<TestStep['state'], string> = { ok: 'ok    ', failed: 'FAILED', skipped: '-     ' }

/** Tests a connection as a worker would, and prints each step as it becomes known. `database` is the worker's. */
export async function test(
  installation: Installation,
  database: Database,
  connection: ListedConnection,
): Promise<boolean> {
  const { config } = installation
  let shown = 0
  const { ok } = await probe(
    {
      database,
      databaseUrl: config.DATABASE_URL,
      connectors,
      keyring: await openKeyring([await installation.secret(), ...(await installation.oldSecrets())]),
      apps: appsOf(config),
      allowPrivateHosts: config.TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS,
      stopping: new AbortController().signal,
      told: async (steps) => {
        for (const { state, words } of steps.slice(shown)) print(`${marks[state]}  ${words}`)
        shown = steps.length
      },
    },
    { tenantId: connection.tenantId, connectionId: connection.id },
  )
  return ok
}
