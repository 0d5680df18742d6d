import type { Command } from 'commander'
import type { Identity } from '../../src/identity/start.ts'
import { misuse } from '../exit.ts'
import { openInstallation, type Installation } from '../installation.ts'
import { print, warn } from '../print.ts'
import { columns } from '../table.ts'
import type { Newcomer } from '../user/add.ts'

/** `tidemark user`: the people who may sign in. */
export function addUserCommands(program: Command): void {
  const user = program.command('user').summary('the people who may sign in').helpCommand(false)
  user
    .command('add')
    .description(
      'Makes a person known, with a role in a client or as an operator of the agency, and prints a link with which they choose a password. The first admin of an installation comes in this way; later ones are invited on the members page.',
    )
    .requiredOption('--email <address>', 'under which they sign in')
    .option('--name <name>', 'as people call them; needed for somebody new')
    .option('--tenant <slug>', 'the client they belong to')
    .option('--role <role>', 'what they are there: admin, manager, rep, analyst or viewer')
    .option('--operator', 'staff of the agency: sees every sync, and no deal')
    .addHelpText('after', examplesOfAdd)
    .action(add)
  user
    .command('codes-off')
    .description(
      'Turns codes off for somebody who has lost their phone and their recovery codes. Make sure that it is them.',
    )
    .requiredOption('--email <address>', 'under which they sign in')
    .addHelpText('after', examplesOfCodesOff)
    .action(codesOff)
  user.command('list').description('Lists the people.').addHelpText('after', examplesOfList).action(list)
}

const examplesOfAdd = `
Examples:
  $ npm run tidemark -- user add --email ana@example.com --name "Ana Ruiz" --tenant copper-kettle --role admin
  $ npm run tidemark -- user add --email lena@example.com --name "Lena Fischer" --operator
`
const examplesOfCodesOff = `
Examples:
  $ npm run tidemark -- user codes-off --email ana@example.com
`
const examplesOfList = `
Examples:
  $ npm run tidemark -- user list
`

async function add(options: Newcomer): Promise<void> {
  const { tenant, role, operator } = options
  if ((tenant === undefined) !== (role === undefined)) throw misuse('--tenant and --role go together.')
  if (tenant === undefined && !operator)
    throw misuse('Say where they belong: --tenant with --role, or --operator.')
  const { addUser } = await import('../user/add.ts')
  await withPeople(async (identity, installation) =>
    addUser(identity, await installation.connect('tidemark_web'), options),
  )
}

async function codesOff({ email }: { email: string }): Promise<void> {
  const { turnCodesOff } = await import('../user/codes-off.ts')
  await withPeople((identity) => turnCodesOff(identity, email))
}

async function withPeople(
  work: (identity: Identity, installation: Installation) => Promise<void>,
): Promise<void> {
  const { openIdentity } = await import('../user/identity.ts')
  const installation = await openInstallation(process.env, warn)
  try {
    const identity = await openIdentity(installation)
    try {
      await work(identity, installation)
    } finally {
      await identity.close()
    }
  } finally {
    await installation.close()
  }
}

async function list(): Promise<void> {
  const [{ connectIdentity }, { listUsers }] = await Promise.all([
    import('../../drizzle/identity.ts'),
    import('../user/list.ts'),
  ])
  const installation = await openInstallation(process.env, warn)
  const database = connectIdentity({
    url: installation.config.DATABASE_URL,
    max: 1,
    statementTimeoutMs: 10_000,
    onError: (error) => warn(`the database connection was lost: ${error.message}`),
  })
  try {
    const rows = await listUsers({ database }, await installation.connect('tidemark_web'))
    if (rows.length === 0)
      print('There is nobody yet. Add somebody with: npm run tidemark -- user add --help')
    for (const line of columns(rows)) print(line)
  } finally {
    await database.close()
    await installation.close()
  }
}
