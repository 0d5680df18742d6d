import type { Command } from 'commander'
import { readConfig, type Config } from '../../drizzle/config.ts'
import type { Finding } from '../doctor/finding.ts'
import { exitCodes, type ExitCode } from '../exit.ts'
import { openInstallation } from '../installation.ts'
import { print, warn } from '../print.ts'

type Options = { live?: boolean; tell?: boolean; json?: boolean }

/** `tidemark doctor`: looks for what is wrong, and says how to mend it. */
export function addDoctor(program: Command, end: (code: ExitCode) => void): void {
  program
    .command('doctor')
    .summary('find what is wrong, and how to mend it')
    .description(
      'Checks the machine, the database, the worker and every connection. Exit code 1 if anything failed.',
    )
    .option('--live', 'also ask every CRM for one page')
    .option('--tell', 'also send a trial by each way in which operators are told of alerts')
    .option('--json', 'one JSON object per check and line')
    .addHelpText('after', examples)
    .action(async (options: Options) => end(await doctor(options)))
}

const examples = `
Examples:
  $ npm run tidemark -- doctor
  $ npm run tidemark -- doctor --live
  $ npm run tidemark -- doctor --tell
`

async function doctor({ live = false, tell = false, json = false }: Options): Promise<ExitCode> {
  const { checkMachine } = await import('../doctor/machine.ts')
  const config = readConfig(process.env)
  const findings = await checkMachine(config)
  const isSick = () => findings.some(({ level }) => level === 'failed')
  // On a full or closed disk the embedded database would only fail in less clear words.
  if (!isSick()) findings.push(...(await examineInstallation(live)))
  if (tell) findings.push(...(await tryWays(config)))
  for (const finding of findings) print(json ? JSON.stringify(finding) : lineOf(finding))
  return isSick() ? exitCodes.failed : exitCodes.success
}

async function examineInstallation(isLive: boolean): Promise<Finding[]> {
  const { examine } = await import('../doctor/examine.ts')
  const installation = await openInstallation(process.env, warn)
  try {
    return await examine(installation, isLive)
  } finally {
    await installation.close()
  }
}

async function tryWays(config: Config): Promise<Finding[]> {
  const { tryAlertWays } = await import('../doctor/alert-ways.ts')
  return tryAlertWays(config)
}

const marks = { ok: '✓', noticed: '!', failed: '✗' }

function lineOf(finding: Finding): string {
  const line = `${marks[finding.level]} ${finding.check}: ${finding.words}`
  return finding.level === 'ok' ? line : `${line}\n    ${finding.mend}`
}
