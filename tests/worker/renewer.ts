import { openKeyring } from '../../drizzle/seal.ts'
import { SyncError } from '../../worker/errors.ts'
import { connectWorker } from '../../worker/run-now.ts'
import { openConnection } from '../../worker/open.ts'
import { testSecret, workerOptions } from './arrange.ts'
import { oauthConnectors } from './oauth-tether.ts'

// A process that asks a CRM like a worker, when it is told to, and says how it went.
const databaseUrl = process.argv[2] ?? ''
const database = connectWorker(workerOptions(databaseUrl))
const keyring = await openKeyring([testSecret])
process.on('message', (who: { tenantId: string; connectionId: string } | 'end') => {
  if (who === 'end') void database.close().then(() => process.disconnect?.())
  else void ask(who).then((answer) => process.send?.(answer))
})
process.send?.('ready')

async function ask(who: { tenantId: string; connectionId: string }): Promise<string> {
  const stopping = new AbortController().signal
  const options = { database, databaseUrl, connectors: oauthConnectors, keyring, allowPrivateHosts: true }
  const { fetcher } = await openConnection({ ...options, stopping, retryWaitsMs: [] }, who)
  try {
    const { reply } = await fetcher.ask({ method: 'GET', path: 'read_user_list' }, 'owners')
    return `status ${reply.status}`
  } catch (error) {
    return error instanceof SyncError ? `${error.code}: ${error.message}` : String(error)
  } finally {
    await fetcher.close()
  }
}
