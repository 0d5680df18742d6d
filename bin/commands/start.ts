import { InvalidArgumentError, type Command } from 'commander'
import { openInstallation } from '../installation.ts'
import { print } from '../print.ts'
import { untilAsked } from '../signals.ts'

type Options = { changesPerDay?: number }

/** `npm start`: database, invented CRMs, worker and pages as one tree of processes, until Ctrl-C. */
export function addStart(program: Command): void {
  program
    .command('start')
    .summary('everything at once, with invented CRMs')
    .description(
      'Starts a database, stand-ins for three CRMs, a worker and the pages, and keeps them running.',
    )
    .option(
      '--changes-per-day <number>',
      'how lively the invented CRMs are; decided at the first start',
      wholeNumber,
    )
    .addHelpText('after', examples)
    .action(start)
}

const examples = `
Examples:
  $ npm start
  $ PORT=8080 TIDEMARK_DATA_DIR=/var/lib/tidemark npm start
  $ npm start -- --changes-per-day 20000        # something new every few seconds
`

async function start(options: Options): Promise<void> {
  const stop = untilAsked()
  const { startTree } = await import('../start/tree.ts')
  const installation = await openInstallation(process.env, print, { alone: true })
  try {
    await startTree(installation, options, stop.signal)
  } finally {
    await installation.close()
    stop.dispose()
    if (stop.signal.aborted) print('Everything is stopped.')
  }
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}
