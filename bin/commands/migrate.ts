import type { Command } from 'commander'
import { openInstallation } from '../installation.ts'
import { print, warn } from '../print.ts'

/** `tidemark migrate`: brings the database to the version of this program. */
export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .summary('bring the database up to date')
    .description(
      'Brings the database to the version of this program. Safe at any time and by several at once.',
    )
    .addHelpText('after', examples)
    .action(migrateNow)
}

const examples = `
Examples:
  $ DATABASE_URL=postgres://tidemark:…@db:5432/tidemark npm run tidemark -- migrate
`

async function migrateNow(): Promise<void> {
  const { migrate, pendingMigrations } = await import('../../drizzle/migrate.ts')
  const installation = await openInstallation(process.env, warn)
  try {
    const { DATABASE_URL } = installation.config
    const pending = await pendingMigrations(DATABASE_URL)
    await migrate(DATABASE_URL)
    for (const name of pending) print(`applied ${name}`)
    print('The database is up to date.')
  } finally {
    await installation.close()
  }
}
