import '../bin/quick-start.mjs'
import pino from 'pino'
import { tellCost } from './tell-cost.ts'

const { connectWorker, runNow } = await import('../worker/run-now.ts')

// One run of one connection, as `tidemark sync` does it; says at the end what it cost this process.
const [url = '', tenantId = '', connectionId = '', runId = ''] = process.argv.slice(2)
const options = {
  config: {
    DATABASE_URL: url,
    TIDEMARK_SECRET: 'a secret of the benchmark, thirty-two bytes or more',
    SYNC_CRON: '0 * * * *',
    SYNC_CONCURRENCY: 4,
    TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: true,
  },
  log: pino({ level: 'warn' }),
}
const database = connectWorker(options)
const startedMs = performance.now()
const verdict = await runNow(
  options,
  database,
  { tenantId, connectionId, runId },
  new AbortController().signal,
)
const seconds = (performance.now() - startedMs) / 1_000
await database.close()
tellCost({ status: verdict?.status ?? '', seconds })
