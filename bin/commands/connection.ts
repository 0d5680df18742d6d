import type { Command } from 'commander'
import { addFieldsCommands } from './connection-fields.ts'
import { pair } from '../connection/pairs.ts'
import type { NewConnection } from '../connection/add.ts'
import type { ConnectionChange } from '../connection/change.ts'
import type { WebhookChange } from '../connection/webhook.ts'
import { exitCodes, type ExitCode } from '../exit.ts'
import { openInstallation, type Installation } from '../installation.ts'
import { print, warn } from '../print.ts'
import { columns } from '../table.ts'

/** `tidemark connection`: the accounts in CRMs that are copied. */
export function addConnectionCommands(program: Command, end: (code: ExitCode) => void): void {
  const connection = program
    .command('connection')
    .summary('the accounts in CRMs that are copied')
    .helpCommand(false)
  connection
    .command('add')
    .description('Adds a connection. Its first run is due at once. Secrets are never taken as arguments.')
    .requiredOption('--tenant <slug>', 'whose account it is')
    .requiredOption('--connector <name>', 'which CRM, such as clienttether')
    .requiredOption('--name <name>', 'as people call the connection')
    .option('--base-url <url>', "where the CRM answers, when not at the connector's own address")
    .option(
      '--setting <key=value>',
      'a setting of the connector; repeat it for others, `a.b=1` reaches inside',
      pair,
    )
    .option('--secret-file <field=path>', 'a file with a secret; repeat it for others', pair)
    .option('--draft', 'nothing is read until `connection start`')
    .addHelpText('after', examplesOfAdd)
    .action((options: NewConnection) => within((installation) => add(installation, options)))
  connection
    .command('change')
    .description(
      'Changes a connection, pauses it, or makes it active again. Records follow their new settings.',
    )
    .argument('<name|id>', 'the connection')
    .option('--tenant <slug>', 'whose, when several clients use the name')
    .option('--base-url <url>', 'where the CRM answers')
    .option('--setting <key=value>', 'a setting of the connector; `key=null` takes it back', pair)
    .option('--new-secrets', 'asks for every secret anew')
    .option('--secret-file <field=path>', 'a file with a new secret; repeat it for others', pair)
    .option('--pause', 'no more runs until it is changed again')
    .option('--quota-share <percent>', "our share of the customer's daily limit")
    .option('--quota-limit <number>', 'the daily limit, where it is known better; `none` takes it back')
    .addHelpText('after', examplesOfChange)
    .action((name: string, options: ConnectionChange) =>
      within((installation) => change(installation, name, options)),
    )
  connection
    .command('webhook')
    .description('Makes the address to which the CRM may send webhooks, or another one in place of it.')
    .argument('<name|id>', 'the connection')
    .option('--tenant <slug>', 'whose, when several clients use the name')
    .option('--account <id>', "the CRM's own id of the account; the one before where it is not given")
    .option('--secret-file <field=path>', 'signingSecret=<path>, for a CRM that signs', pair)
    .option('--remove', "the address is nobody's from then on")
    .addHelpText('after', examplesOfWebhook)
    .action((name: string, options: WebhookChange) =>
      within((installation) => webhook(installation, name, options)),
    )
  connection
    .command('start')
    .description('Starts a draft: it is active from then on, and its first run is asked for.')
    .argument('<name|id>', 'the connection')
    .option('--tenant <slug>', 'whose, when several clients use the name')
    .addHelpText('after', examplesOfStart)
    .action((name: string, { tenant }: { tenant?: string }) =>
      within((installation) => start(installation, name, tenant)),
    )
  connection
    .command('test')
    .description(
      'Asks the CRM for the first page of everything and says what it answered. No record is stored.',
    )
    .argument('<name|id>', 'the connection')
    .option('--tenant <slug>', 'whose, when several clients use the name')
    .addHelpText('after', examplesOfTest)
    .action((name: string, { tenant }: { tenant?: string }) =>
      within(async (installation) => end(await test(installation, name, tenant))),
    )
  addFieldsCommands(connection, within)
  connection
    .command('list')
    .description('Lists the connections.')
    .addHelpText('after', examplesOfList)
    .action(() => within(list))
}

const examplesOfAdd = `
Every secret that the connector asks for is taken from --secret-file, else from the environment
(accessToken from TIDEMARK_SECRET_ACCESS_TOKEN), else it is asked for on the terminal.

Examples:
  $ npm run tidemark -- connection add --tenant copper-kettle-coffee --connector clienttether --name ClientTether
  $ npm run tidemark -- connection add --tenant copper-kettle-coffee --connector clienttether --name ClientTether \\
      --secret-file accessToken=token.txt --secret-file webKey=key.txt --setting timeZone=America/Chicago
`
const examplesOfChange = `
A connection that is not paused is active afterwards and due at once, also one that the CRM had turned away.

Examples:
  $ npm run tidemark -- connection change ClientTether --new-secrets
  $ npm run tidemark -- connection change ClientTether --setting timeZone=America/Chicago --setting pageSize=50
  $ npm run tidemark -- connection change ClientTether --pause
`
const examplesOfWebhook = `
What a CRM sends is only a reason to look; nothing is missing without. PUBLIC_URL and TIDEMARK_WEB_SECRET must be
those of the pages. What HubSpot signs with is asked for, or taken from TIDEMARK_SECRET_SIGNING_SECRET.

Examples:
  $ npm run tidemark -- connection webhook Pipedrive --account 15000007
  $ npm run tidemark -- connection webhook HubSpot --account 62515 --secret-file signingSecret=secret.txt
  $ npm run tidemark -- connection webhook Pipedrive --remove
`
const examplesOfStart = `
Examples:
  $ npm run tidemark -- connection start ClientTether --tenant copper-kettle-coffee
`
const examplesOfTest = `
Examples:
  $ npm run tidemark -- connection test ClientTether --tenant copper-kettle-coffee
`
const examplesOfList = `
Examples:
  $ npm run tidemark -- connection list
`

async function within(work: (installation: Installation) => Promise<void>): Promise<void> {
  const installation = await openInstallation(process.env, warn)
  try {
    await work(installation)
  } finally {
    await installation.close()
  }
}

async function add(installation: Installation, options: NewConnection): Promise<void> {
  const deed = await import('../connection/add.ts')
  const id = await deed.add(installation, options)
  const next = options.draft ? 'It is a draft: nothing is read yet.' : 'Its first run is due now.'
  print(`Added ${options.name} (${id}). ${next}`)
  print(`Next: npm run tidemark -- connection test ${id}`)
}

async function change(installation: Installation, name: string, options: ConnectionChange): Promise<void> {
  const deed = await import('../connection/change.ts')
  print(await deed.change(installation, name, options))
}

async function webhook(installation: Installation, name: string, options: WebhookChange): Promise<void> {
  const deed = await import('../connection/webhook.ts')
  for (const line of await deed.changeWebhook(installation, name, options)) print(line)
}

async function start(installation: Installation, name: string, tenant?: string): Promise<void> {
  const deed = await import('../connection/start.ts')
  print(await deed.start(installation, name, tenant))
}

async function test(installation: Installation, name: string, tenant?: string): Promise<ExitCode> {
  const [{ listConnections }, { chooseOne }, deed] = await Promise.all([
    import('../../src/queries/connection-list.ts'),
    import('../sync/choose.ts'),
    import('../connection/test.ts'),
  ])
  const database = await installation.connect('tidemark_worker')
  const connection = chooseOne(await listConnections(database), { tenant, connection: name })
  return (await deed.test(installation, database, connection)) ? exitCodes.success : exitCodes.failed
}

async function list(installation: Installation): Promise<void> {
  const { listConnections } = await import('../../src/queries/connection-list.ts')
  const all = await listConnections(await installation.connect('tidemark_web'))
  if (all.length === 0) print('There is no connection yet. See: npm run tidemark -- connection add --help')
  const rows = all.map(({ tenant, name, connector, state, id, baseUrl }) => [
    tenant,
    name,
    connector,
    state,
    id,
    baseUrl ?? '',
  ])
  for (const line of columns(rows)) print(line)
}
