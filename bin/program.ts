import { Command, CommanderError } from 'commander'
import { addConnectionCommands } from './commands/connection.ts'
import { addDoctor } from './commands/doctor.ts'
import { addMigrate } from './commands/migrate.ts'
import { addReplay } from './commands/replay.ts'
import { addSecretsCommands } from './commands/secrets.ts'
import { addSimulator } from './commands/simulator.ts'
import { addStart } from './commands/start.ts'
import { addStatus } from './commands/status.ts'
import { addSync } from './commands/sync.ts'
import { addTenantCommands } from './commands/tenant.ts'
import { addUserCommands } from './commands/user.ts'
import { addWeb } from './commands/web.ts'
import { addWorker } from './commands/worker.ts'
import { exitCodes, type ExitCode } from './exit.ts'
import { warn } from './print.ts'

/** Runs the command line. Sets the exit code and returns; what is still open decides when the process ends. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that went away (`| head`) is no failure of ours.
  process.stdout.on('error', () => process.exit(process.exitCode ?? 0))
  const program = commandLine((code) => {
    process.exitCode = code
  })
  try {
    await program.parseAsync(argv)
  } catch (error) {
    process.exitCode = await failure(error)
    // What a half-started program left open must not keep it.
    setTimeout(() => process.exit(), 1_000).unref()
  }
}

/** Every command with its options; none of them has loaded yet what it needs to run. */
export function commandLine(end: (code: ExitCode) => void): Command {
  const program = new Command('tidemark')
    .description("An hourly, trustworthy copy of a company's CRM in Postgres.")
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(sentence(text)) })
    .addHelpText('after', footer)
  addStart(program)
  addSync(program, end)
  addReplay(program, end)
  addStatus(program)
  addDoctor(program, end)
  addTenantCommands(program)
  addUserCommands(program)
  addConnectionCommands(program, end)
  addSecretsCommands(program, end)
  addMigrate(program)
  addWorker(program)
  addWeb(program)
  addSimulator(program)
  return program
}

const footer = `
Examples:
  $ npm start                                   # everything, with invented CRMs, on this machine
  $ npm run tidemark -- status
  $ npm run tidemark -- sync --help             # the options of a command, with examples
`

/** "error: unknown option '--x'" becomes "Unknown option '--x'." */
function sentence(text: string): string {
  const words = text.replace(/^error: /, '').trim()
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.?)]$/.test(words) ? '' : '.'}\n`
}

async function failure(error: unknown): Promise<ExitCode> {
  // Commander has printed its own; help and version end here, too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage
  const { explain } = await import('./explain.ts')
  const secrets = [process.env['TIDEMARK_SECRET'] ?? ''].filter((secret) => secret !== '')
  const { message, exitCode } = explain(error, secrets)
  warn(message)
  if (process.env['LOG_LEVEL'] === 'debug' && error instanceof Error) {
    const { scrubber } = await import('./redact.ts')
    warn(scrubber(secrets).text(error.stack ?? ''))
  }
  return exitCode
}
