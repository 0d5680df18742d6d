import type { Command } from 'commander'
import { connectors } from '../../worker/connectors/registry.ts'
import { Refusal } from '../exit.ts'
import { openInstallation } from '../installation.ts'
import { keptDemoPeople } from '../start/demo-people.ts'
import { warn } from '../print.ts'
import { serve } from '../serve.ts'

/** `tidemark web`: serves the pages until it is told to stop. */
export function addWeb(program: Command): void {
  program
    .command('web')
    .summary('serve the pages')
    .description('Serves the built pages and the HTTP interface, until it is stopped.')
    .addHelpText('after', examples)
    .action(() => serve(start))
}

const examples = `
Examples:
  $ npm run build && npm run tidemark -- web
  $ PORT=8080 npm run tidemark -- web
`

async function start() {
  const [{ startWeb }, { connect }, { createLog }] = await Promise.all([
    import('../../src/server/main.ts'),
    import('../../drizzle/db.ts'),
    import('../log.ts'),
  ])
  const installation = await openInstallation(process.env, warn)
  const { config } = installation
  const secret = await installation.webSecret()
  const log = await createLog({ level: config.LOG_LEVEL, secrets: [secret] })
  const open = (url: string, lost: string) =>
    connect({
      url,
      role: 'tidemark_web',
      max: config.DATABASE_POOL,
      statementTimeoutMs: 15_000,
      sendsAhead: true,
      onError: (error) => log.warn({ err: error }, lost),
    })
  const database = open(config.DATABASE_URL, 'database.connection_lost')
  const { DATABASE_REPLICA_URL: replicaUrl } = config
  const replica = replicaUrl === undefined ? undefined : open(replicaUrl, 'replica.connection_lost')
  const closeAll = async () => {
    await database.close()
    await replica?.close()
    await installation.close()
  }
  const web = await startWeb({
    config,
    database,
    databaseUrl: config.DATABASE_URL,
    replica,
    connectors: await connectors.all(),
    secret,
    log,
    demoPeople: await keptDemoPeople(config),
  }).catch(async (error: unknown) => {
    await closeAll()
    throw asRefusal(error, config)
  })
  return {
    address: web.url,
    close: async () => {
      await web.close()
      await closeAll()
    },
  }
}

function asRefusal(error: unknown, { HOST, PORT }: { HOST: string; PORT: number }): unknown {
  const { code } = error as NodeJS.ErrnoException
  const at = `${HOST}:${PORT}`
  if (code === 'EADDRINUSE')
    return new Refusal(`Another program listens on ${at}. Stop it, or set PORT to another number.`)
  if (code === 'EACCES')
    return new Refusal(`This user may not listen on ${at}. Set PORT to a number of 1024 or more.`)
  if (code === 'EADDRNOTAVAIL')
    return new Refusal(`This machine has no address ${HOST}. Set HOST to one it has, such as 127.0.0.1.`)
  return error
}
