import { InvalidArgumentError, type Command } from 'commander'
import type { AccountOptions } from '../../simulator/main.ts'
import { Refusal } from '../exit.ts'
import { print } from '../print.ts'
import { serve } from '../serve.ts'

type Options = { port: number; people?: number; seed: number; changesPerDay?: number; startedAt: Date }

/** `tidemark simulator`: a stand-in for the CRMs, with invented companies, until it is told to stop. */
export function addSimulator(program: Command): void {
  program
    .command('simulator')
    .summary('run a stand-in for the CRMs')
    .description(
      'Answers as a CRM would, with invented companies: the three of the demo, or one of any size.',
    )
    .option('--port <number>', 'port on 127.0.0.1; 0 takes a free one', wholeNumber, 4400)
    .option('--people <number>', 'one company with so many people, instead of those of the demo', wholeNumber)
    .option('--seed <number>', 'which company it is', wholeNumber, 1)
    .option('--changes-per-day <number>', 'how lively it is', wholeNumber)
    .option(
      '--started-at <instant>',
      'when its changes began; a later start goes on from there',
      instant,
      new Date(),
    )
    .addHelpText('after', examples)
    .action((options: Options) => serve(() => start(options)))
}

const examples = `
Examples:
  $ npm run tidemark -- simulator
  $ npm run tidemark -- simulator --port 4400 --people 20000 --changes-per-day 50000
`

async function start(options: Options) {
  const [{ startSimulator }, { demoAccounts, demoConsents }] = await Promise.all([
    import('../../simulator/main.ts'),
    import('../../simulator/demo.ts'),
  ])
  const { people, seed, startedAt, changesPerDay } = options
  const chosen: AccountOptions[] =
    people === undefined
      ? [...demoAccounts, ...demoConsents(ownPages(process.env['PUBLIC_URL']))]
      : [{ webKey: 'CT_simulated', accessToken: 'simulated-token', seed, people, franchiseFields: true }]
  const accounts = chosen.map((account) => ({
    ...account,
    startAt: startedAt,
    changesPerDay: changesPerDay ?? account.changesPerDay,
  }))
  const clock = { startAt: new Date(), speed: 1 }
  const simulator = await startSimulator({ port: options.port, accounts, clock }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new Refusal(`Another program listens on port ${options.port}. Give another one with --port.`)
  })
  if (!process.connected) introduce(simulator.baseUrl, accounts)
  return { address: simulator.baseUrl, close: () => simulator.close() }
}

/** Where consents lead back to besides this machine: the address that people use for the pages, if there is one. */
function ownPages(publicUrl = ''): string[] {
  return URL.canParse(publicUrl) ? [new URL(publicUrl).origin] : []
}

/** Its credentials open nothing but invented data, hence they may be shown. */
function introduce(baseUrl: string, accounts: AccountOptions[]): void {
  print(`The stand-in answers at ${baseUrl} until you press Ctrl-C.`)
  for (const { name, webKey, accessToken } of accounts.filter(({ oauth }) => oauth === undefined))
    print(`  ${name ?? 'an invented company'}: web key ${webKey}, access token ${accessToken}`)
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

function instant(text: string): Date {
  const at = new Date(text)
  if (!Number.isNaN(at.getTime())) return at
  throw new InvalidArgumentError('It must be an instant such as 2026-11-20T15:00:00Z.')
}
