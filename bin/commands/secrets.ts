import type { Command } from 'commander'
import { exitCodes, Refusal, type ExitCode } from '../exit.ts'
import { openInstallation, type Installation } from '../installation.ts'
import { print, warn } from '../print.ts'
import type { Progress, Rotation } from '../sealing/rotate.ts'

/** `tidemark secrets`: what the CRM credentials are sealed with. */
export function addSecretsCommands(program: Command, end: (code: ExitCode) => void): void {
  const secrets = program
    .command('secrets')
    .summary('what the CRM credentials are sealed with')
    .helpCommand(false)
  secrets
    .command('rotate')
    .description(
      'Seals every CRM credential anew with the current secret, while workers run. May be stopped and run again.',
    )
    .addHelpText('after', examples)
    .action(async () => end(await rotate()))
}

const examples = `
With an embedded database this is all: a new secret is made and kept, and the former one is forgotten when nothing needs it
any more. With DATABASE_URL, first give every worker the new secret in TIDEMARK_SECRET and the former one in
TIDEMARK_OLD_SECRETS; drop the former one when this command has nothing left to do.

Exit codes: 0 everything is sealed with the current secret, 1 something is left or cannot be opened.

Examples:
  $ npm run tidemark -- secrets rotate
  $ TIDEMARK_SECRET_FILE=new TIDEMARK_OLD_SECRETS_FILE=old npm run tidemark -- secrets rotate
`

async function rotate(): Promise<ExitCode> {
  const [deed, { alone }] = await Promise.all([
    import('../sealing/rotate.ts'),
    import('../../worker/alone.ts'),
  ])
  const installation = await openInstallation(process.env, warn)
  try {
    const progress = await chooseProgress()
    const place = { databaseUrl: installation.config.DATABASE_URL, name: 'secrets rotate', waitSeconds: 1 }
    const rotation = await alone(place, () => deed.rotate(installation, progress.heard)).catch(refuseCompany)
    progress.ended()
    for (const line of wordsOf(rotation, installation)) print(line)
    return rotation.left + rotation.unopenable.length === 0 ? exitCodes.success : exitCodes.failed
  } finally {
    await installation.close()
  }
}

function refuseCompany(error: unknown): never {
  if ((error as { code?: unknown }).code !== '55P03') throw error
  throw new Refusal('Another `secrets rotate` is at work. Wait until it has ended.', exitCodes.failed, {
    cause: error,
  })
}

/** A bar on a terminal, nothing elsewhere: the last line says it all. */
async function chooseProgress(): Promise<{ heard: Progress; ended: () => void }> {
  if (!process.stdout.isTTY) return { heard: () => undefined, ended: () => undefined }
  const { progress } = await import('@clack/prompts')
  let bar: ReturnType<typeof progress> | undefined
  let shown = 0
  return {
    heard: (done, all) => {
      if (all === 0) return
      if (bar === undefined) {
        bar = progress({ max: all, size: 30 })
        bar.start('Sealing credentials anew')
      }
      bar.advance(done - shown, `${done} of ${all}`)
      shown = done
    },
    ended: () => bar?.stop(`${shown} sealed anew`),
  }
}

function wordsOf(
  { keyId, done, before, left, unopenable, isNew, isKnownToWorkers }: Rotation,
  installation: Installation,
): string[] {
  const number = (count: number) => count.toLocaleString('en-US')
  const lines = [
    ...(isNew ? [`A new secret was made and kept in ${installation.config.TIDEMARK_DATA_DIR}.`] : []),
    `Sealed anew with key ${keyId}: ${number(done)}. Sealed with it before: ${number(before)}. ` +
      `Left: ${number(left)}. Cannot be opened: ${number(unopenable.length)}.`,
    ...unopenable.map(({ connection, why }) => `  ${connection}: ${why}`),
    ...(isKnownToWorkers
      ? []
      : ['No worker was started with this secret yet: restart those that have another one.']),
  ]
  if (left > 0) return [...lines, 'They were being written meanwhile. Run this again.']
  const keepsOld =
    installation.config.TIDEMARK_OLD_SECRETS !== undefined && unopenable.length === 0 && isKnownToWorkers
  return keepsOld ? [...lines, 'Nothing needs TIDEMARK_OLD_SECRETS any more.'] : lines
}
