import { ConfigError } from '../../drizzle/config.ts'
import { openKeyring } from '../../drizzle/seal.ts'
import type { Installation } from '../installation.ts'
import { readStatus } from '../status/read.ts'
import { checkConnections } from './connections.ts'
import { checkDatabase } from './database.ts'
import { failed, ok, type Finding } from './finding.ts'
import { checkReplica } from './replica.ts'
import { checkWorker } from './worker.ts'

/** Everything about a database and what it holds. What needs a part that is broken is left out. */
export async function examine(installation: Installation, isLive: boolean): Promise<Finding[]> {
  const { config } = installation
  const { findings, isUsable } = await checkDatabase(config.DATABASE_URL)
  if (!isUsable) return findings
  if (config.DATABASE_REPLICA_URL !== undefined)
    findings.push(await checkReplica(config.DATABASE_URL, config.DATABASE_REPLICA_URL))
  const secret = await installation.secret().catch((error: unknown) => {
    if (error instanceof ConfigError) return error
    throw error
  })
  const web = await installation.connect('tidemark_web')
  const worker = await checkWorker(web)
  if (secret instanceof Error) {
    return [...findings, worker, failed('secret', secret.message, 'Set TIDEMARK_SECRET and run this again.')]
  }
  const parts = {
    database: await installation.connect('tidemark_worker'),
    databaseUrl: config.DATABASE_URL,
    keyring: await openKeyring([secret, ...(await installation.oldSecrets())]),
    isLive,
    allowPrivateHosts: config.TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS,
    standings: await readStatus(web, config.STALE_AFTER_MINUTES),
  }
  return [...findings, worker, ok('secret', 'it is set'), ...(await checkConnections(parts))]
}
