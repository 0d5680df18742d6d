import type { Command } from 'commander'
import { openInstallation } from '../installation.ts'
import { warn } from '../print.ts'
import { serve } from '../serve.ts'

/** `tidemark worker`: copies what is due, every hour, until it is told to stop. */
export function addWorker(program: Command): void {
  program
    .command('worker')
    .summary('copy every connection when it is due')
    .description(
      'Copies every connection when it is due, until it is stopped. Any number of workers share the work.',
    )
    .addHelpText('after', examples)
    .action(() => serve(start))
}

const examples = `
Examples:
  $ npm run tidemark -- worker
  $ SYNC_CONCURRENCY=8 LOG_LEVEL=debug npm run tidemark -- worker
`

async function start() {
  const [{ startWorker }, { createLog }, { rereadSecrets }] = await Promise.all([
    import('../../worker/main.ts'),
    import('../log.ts'),
    import('../sealing/reread.ts'),
  ])
  const installation = await openInstallation(process.env, warn)
  const secret = await installation.secret()
  const oldSecrets = await installation.oldSecrets()
  const { config } = installation
  const log = await createLog({ level: config.LOG_LEVEL, secrets: [secret, ...oldSecrets] })
  const worker = await startWorker({
    config: { ...config, TIDEMARK_SECRET: secret, TIDEMARK_OLD_SECRETS: oldSecrets },
    log,
    rereadSecrets: () => rereadSecrets(process.env),
  })
  return {
    close: async () => {
      await worker.stop()
      await installation.close()
    },
  }
}
