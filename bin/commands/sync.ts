import type { Command } from 'commander'
import { gravest, misuse, type ExitCode } from '../exit.ts'
import { openInstallation } from '../installation.ts'
import { print, warn } from '../print.ts'
import { untilAsked } from '../signals.ts'
import type { Ending, Report } from '../sync/report.ts'

type Options = {
  tenant?: string
  connection?: string
  stream?: string[]
  full?: boolean
  acceptAbsence?: boolean
  json?: boolean
}

/** `tidemark sync`: carries out a run of each connection that is meant, in this process, one after the other. */
export function addSync(program: Command, end: (code: ExitCode) => void): void {
  program
    .command('sync')
    .summary('copy connections now')
    .description('Copies connections now, in this process, and says how each run ended.')
    .option('--tenant <slug>', 'only the connections of this workspace')
    .option('--connection <name|id>', 'only this connection')
    .option('--stream <name...>', 'only these streams, such as leads opportunities')
    .option('--full', 'read everything from the beginning')
    .option('--accept-absence', 'retire what the CRM no longer lists, however much it is')
    .option('--json', 'one JSON object per line')
    .addHelpText('after', examples)
    .action(async (options: Options) => end(await sync(options)))
}

const examples = `
Exit codes: 0 success, 1 failed, 2 usage, 3 suspect, 4 partial; of several connections the gravest.

Examples:
  $ npm run tidemark -- sync
  $ npm run tidemark -- sync --tenant copper-kettle-coffee --stream leads opportunities
  $ npm run tidemark -- sync --connection ClientTether --full --json
  $ npm run tidemark -- sync --tenant copper-kettle-coffee --accept-absence   # after a look at what is missing
`

async function sync(options: Options): Promise<ExitCode> {
  const [{ listConnections }, { connectWorker }, { chooseConnections }, { carryOut }, { createLog }] =
    await Promise.all([
      import('../../src/queries/connection-list.ts'),
      import('../../worker/run-now.ts'),
      import('../sync/choose.ts'),
      import('../sync/carry-out.ts'),
      import('../log.ts'),
    ])
  await refuseUnknownStreams(options.stream)
  const installation = await openInstallation(process.env, warn)
  try {
    const [secret, oldSecrets] = await Promise.all([installation.secret(), installation.oldSecrets()])
    const { config } = installation
    // The report says what happens; the log speaks up only when it is asked to.
    const level = process.env['LOG_LEVEL'] ? config.LOG_LEVEL : 'fatal'
    const log = await createLog({ level, secrets: [secret, ...oldSecrets], to: 'stderr' })
    const worker = { config: { ...config, TIDEMARK_SECRET: secret, TIDEMARK_OLD_SECRETS: oldSecrets }, log }
    const database = connectWorker(worker)
    const stop = untilAsked()
    try {
      const chosen = chooseConnections(await listConnections(database), options)
      const report = await chooseReport(options.json ?? false)
      const { full = false, acceptAbsence = false, stream: streams = null } = options
      const wishes = { full, acceptAbsence, streams }
      const parts = { options: worker, database, wishes, isNamed: options.connection !== undefined, report }
      const endings: Ending[] = []
      for (const connection of chosen) {
        if (stop.signal.aborted) break
        endings.push(await carryOut({ ...parts, stopping: stop.signal }, connection))
      }
      const code = gravest(endings.map(({ exitCode }) => exitCode))
      report.finished(endings, code)
      return code
    } finally {
      stop.dispose()
      await database.close()
    }
  } finally {
    await installation.close()
  }
}

async function refuseUnknownStreams(streams: string[] = []): Promise<void> {
  if (streams.length === 0) return
  const { streamNames } = await import('../../worker/connectors/connector.ts')
  const unknown = streams.filter((name) => !streamNames.some((known) => known === name))
  if (unknown.length === 0) return
  throw misuse(`There is no stream ${unknown.join(', ')}. There are: ${streamNames.join(', ')}.`)
}

async function chooseReport(json: boolean): Promise<Report> {
  if (json) return (await import('../sync/json.ts')).jsonReport(print)
  if (process.stdout.isTTY) return (await import('../sync/bar.ts')).barReport()
  return (await import('../sync/lines.ts')).lineReport(print)
}
