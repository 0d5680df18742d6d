import type { Command } from 'commander'
import { pair } from '../connection/pairs.ts'
import type { FieldsSet } from '../connection/fields.ts'
import type { Installation } from '../installation.ts'
import { print } from '../print.ts'

type Within = (work: (installation: Installation) => Promise<void>) => Promise<void>
type OfTenant = { tenant?: string }

/** `tidemark connection fields`: where our fields of a deal stand in the CRM. */
export function addFieldsCommands(connection: Command, within: Within): void {
  const fields = connection
    .command('fields')
    .description(
      'Says, and changes, where market, units, weighted fee, likely % and further fields stand in the CRM.',
    )
    .helpCommand(false)
    .addHelpText('after', examples)
  const one = (command: string, words: string) =>
    fields
      .command(command)
      .description(words)
      .argument('<name|id>', 'the connection')
      .option('--tenant <slug>', 'whose, when several clients use the name')
      .addHelpText('after', examples)
  const say = (work: (deed: Deed, installation: Installation) => Promise<string[]>) =>
    within(async (installation) => {
      for (const line of await work(await import('../connection/fields.ts'), installation)) print(line)
    })
  one('list', 'Lists our fields, and those of the CRM to choose from.').action(
    (name: string, { tenant }: OfTenant) =>
      say((deed, installation) => deed.listFields(installation, name, tenant)),
  )
  one('history', 'Lists every version.').action((name: string, { tenant }: OfTenant) =>
    say((deed, installation) => deed.listVersions(installation, name, tenant)),
  )
  one('set', 'Makes the next version. A worker reads the stored answers again; the CRM is not asked.')
    .option('--map <field=CRM field>', 'market, units, weightedFee or likely; empty for none', pair)
    .option(
      '--custom <name=CRM field>',
      'a further field under a name of your choosing; empty takes it away',
      pair,
    )
    .option('--note <words>', 'why')
    .option('--preview', 'only says what it would give')
    .action((name: string, options: FieldsSet) =>
      say((deed, installation) => deed.setFields(installation, name, options)),
    )
  one('back', 'Goes back to an older version, as a new one.')
    .argument('<version>', 'the older one')
    .action((name: string, version: string, { tenant }: OfTenant) =>
      say((deed, installation) => deed.backToFields(installation, name, version, tenant)),
    )
}

type Deed = typeof import('../connection/fields.ts')

const examples = `
Examples:
  $ npm run tidemark -- connection fields list ClientTether --tenant copper-kettle-coffee
  $ npm run tidemark -- connection fields set ClientTether --map market=territory --custom "Net worth=net_worth" --preview
  $ npm run tidemark -- connection fields history ClientTether
  $ npm run tidemark -- connection fields back ClientTether 1
`
