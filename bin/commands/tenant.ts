import type { Command } from 'commander'
import { Refusal } from '../exit.ts'
import { invalid } from '../form.ts'
import { openInstallation } from '../installation.ts'
import { print, warn } from '../print.ts'
import { columns } from '../table.ts'

/** `tidemark tenant`: the clients whose CRMs are copied. */
export function addTenantCommands(program: Command): void {
  const tenant = program.command('tenant').summary('the clients whose CRMs are copied').helpCommand(false)
  tenant
    .command('add')
    .description('Adds a client; its connections come next.')
    .argument('<name>', 'as people call it')
    .option('--slug <slug>', 'its word in addresses; made from the name unless given')
    .option('--time-zone <zone>', 'decides what "today" is (default America/New_York)')
    .option('--currency <code>', 'for amounts without one (default USD)')
    .option(
      '--number-format <example>',
      'how numbers are written: 1,234.56 (default), 1.234,56, 1 234,56 or 1’234.56',
    )
    .addHelpText('after', examplesOfAdd)
    .action(add)
  tenant
    .command('write-back')
    .description(
      'Says whether next steps and outcomes are written back to the CRMs of a client; off unless turned on.',
    )
    .argument('<slug>', 'the client')
    .argument('<on|off>', 'whether they are')
    .addHelpText('after', examplesOfWriteBack)
    .action(writeBack)
  tenant.command('list').description('Lists the clients.').addHelpText('after', examplesOfList).action(list)
}

const examplesOfAdd = `
Examples:
  $ npm run tidemark -- tenant add "Copper Kettle Coffee" --time-zone America/Chicago
  $ npm run tidemark -- tenant add "Glühwein & Co" --slug gluehwein --currency EUR --number-format 1.234,56
`
const examplesOfList = `
Examples:
  $ npm run tidemark -- tenant list
`

const examplesOfWriteBack = `
Examples:
  $ npm run tidemark -- tenant write-back copper-kettle on
`

async function writeBack(slug: string, word: string): Promise<void> {
  const { switchWriteBack } = await import('../../src/commands/switch-write-back.ts')
  const { commandLine } = await import('../../src/commands/record-deed.ts')
  const { listWorkspaces } = await import('../../src/queries/workspaces.ts')
  if (word !== 'on' && word !== 'off') throw invalid('switch', { word: 'Say on or off' })
  const installation = await openInstallation(process.env, warn)
  try {
    const database = await installation.connect('tidemark_web')
    const { workspaces } = await listWorkspaces(database)
    const found = workspaces.find((workspace) => workspace.slug === slug)
    if (found === undefined) throw new Refusal(`There is no client with the slug ${slug}.`)
    const outcome = await database.asTenant(found.id, (tx) => switchWriteBack(tx, commandLine, word === 'on'))
    const refused =
      outcome.kind === 'changed' && outcome.refused > 0
        ? ` ${outcome.refused} that waited will not be written.`
        : ''
    print(`Writing to the CRMs of ${found.name} is ${word}.${refused}`)
  } finally {
    await installation.close()
  }
}

async function add(
  name: string,
  options: { slug?: string; timeZone?: string; currency?: string; numberFormat?: string },
) {
  const { addTenant } = await import('../../src/commands/add-tenant.ts')
  const installation = await openInstallation(process.env, warn)
  try {
    const outcome = await addTenant(await installation.connect('tidemark_web'), { name, ...options })
    if (outcome.kind === 'invalid') throw invalid('client', outcome.fields)
    if (outcome.kind === 'slug_taken') {
      throw new Refusal(
        `There is a client with the slug ${outcome.slug} already. Give another one with --slug.`,
      )
    }
    print(`Added ${name} as ${outcome.slug}.`)
    print(`Next: npm run tidemark -- connection add --tenant ${outcome.slug} --help`)
  } finally {
    await installation.close()
  }
}

async function list(): Promise<void> {
  const { listWorkspaces } = await import('../../src/queries/workspaces.ts')
  const installation = await openInstallation(process.env, warn)
  try {
    const { workspaces } = await listWorkspaces(await installation.connect('tidemark_web'))
    if (workspaces.length === 0)
      print('There is no client yet. Add one with: npm run tidemark -- tenant add <name>')
    const rows = workspaces.map(({ slug, name, timeZone, currency, connections }) => [
      slug,
      name,
      timeZone,
      currency,
      `${connections.length} ${connections.length === 1 ? 'connection' : 'connections'}`,
    ])
    for (const line of columns(rows)) print(line)
  } finally {
    await installation.close()
  }
}
