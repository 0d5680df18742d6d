import { pino } from 'pino'
import { readConfig } from '../../drizzle/config.ts'
import { connect } from '../../drizzle/db.ts'
import { startWeb } from '../../src/server/main.ts'
import { connectors } from '../../worker/connectors/registry.ts'

// The pages as `tidemark web` serves them, in a process of their own. Only the limit of requests per minute is another one.
const [databaseUrl = ''] = process.argv.slice(2)
const log = pino({ level: 'warn' })
const onError = (error: Error) => log.error({ err: error }, 'the database connection was lost')
const config = readConfig({ PORT: '0', DATABASE_URL: databaseUrl })
const web = await startWeb({
  config,
  database: connect({
    url: databaseUrl,
    role: 'tidemark_web',
    max: 10,
    statementTimeoutMs: 30_000,
    onError,
    sendsAhead: true,
  }),
  databaseUrl,
  connectors: await connectors.all(),
  secret: 'a secret of the benchmark, thirty-two bytes or more',
  log,
  requestsPerMinute: 1_000_000,
})
process.send?.({ url: web.url })
process.on('disconnect', () => process.exit(0))
