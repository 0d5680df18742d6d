import type { Command } from 'commander'
import { openInstallation } from '../installation.ts'
import { print, warn } from '../print.ts'

/** `tidemark status`: how fresh every connection is. */
export function addStatus(program: Command): void {
  program
    .command('status')
    .summary('how fresh every connection is')
    .description('Says of every connection its state, its last run and verdict, its age, and when it is due.')
    .option('--json', 'one JSON object per connection and line')
    .addHelpText('after', examples)
    .action(status)
}

const examples = `
Examples:
  $ npm run tidemark -- status
  $ npm run tidemark -- status --json | jq 'select(.is_stale)'
`

async function status({ json = false }: { json?: boolean }): Promise<void> {
  const { readStatus } = await import('../status/read.ts')
  const installation = await openInstallation(process.env, warn)
  try {
    const database = await installation.connect('tidemark_web')
    const connections = await readStatus(database, installation.config.STALE_AFTER_MINUTES)
    const { asJson, asText } = await import('../status/words.ts')
    if (json) for (const connection of connections) print(asJson(connection))
    else for (const line of asText(connections)) print(line)
  } finally {
    await installation.close()
  }
}
