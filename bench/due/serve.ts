import pino from 'pino'
import { readConfig } from '../../drizzle/config.ts'
import { connect } from '../../drizzle/db.ts'
import { startWeb } from '../../src/server/main.ts'
import { connectors } from '../../worker/connectors/registry.ts'

// The built pages as `tidemark web` serves them, with a limit of requests that one client may not reach.

const [url = ''] = process.argv.slice(2)
const onError = () => undefined
const database = connect({
  url,
  role: 'tidemark_web',
  max: 10,
  statementTimeoutMs: 15_000,
  sendsAhead: true,
  onError,
})
const web = await startWeb({
  config: readConfig({ PORT: '0', DATABASE_URL: url }),
  database,
  databaseUrl: url,
  connectors: await connectors.all(),
  secret: 'a secret of the benchmark, thirty-two bytes or more',
  log: pino({ level: 'info' }, pino.destination({ dest: '/dev/null', sync: false })),
  requestsPerMinute: 100_000_000,
})
process.send?.({ url: web.url })
process.on('message', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  process.send?.({ cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMb: maxRSS / 1_024 })
})
process.on('disconnect', () => process.exit())
