import { spawn, type ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase } from '../support/database.ts'

/** How a command ended, with everything it wrote. */
export type Ended = { code: number | null; out: string; err: string; all: string }

const program = join(import.meta.dirname, '../../bin/tidemark.mjs')

/** Of the surroundings only what every program needs: nobody's settings reach a test. */
const plain = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'] ?? tmpdir(),
  NO_COLOR: '1',
})

/** Starts `tidemark` as a shell would. */
export function launch(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [program, ...args], { env: { ...plain(), ...env }, stdio: 'pipe' })
}

/** Runs `tidemark` to its end. */
export async function tidemark(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = launch(args, env)
  const heard = hear(child)
  child.stdin?.end()
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { code, ...heard }
}

/** What a program writes, as it comes. */
export function hear(child: ChildProcess): { out: string; err: string; all: string } {
  const heard = { out: '', err: '', all: '' }
  for (const [name, stream] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ] as const) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      heard[name] += text
      heard.all += text
    })
  }
  return heard
}

/** An installation without any client: a migrated database, and how to reach it. */
export async function emptyInstallation() {
  const database = await createTestDatabase()
  const env: Record<string, string> = {
    DATABASE_URL: database.url,
    TIDEMARK_SECRET: 'CANARY-SECRET-of-the-installation-0123456789',
    TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: 'true',
  }
  return { ...database, env, run: (...args: string[]) => tidemark(args, env) }
}

export type Installation = Awaited<ReturnType<typeof emptyInstallation>>

/** Adds a client with one connection to an account of the simulator, the way an operator does. */
export async function addClient(
  { env }: Installation,
  { name, connection = 'ClientTether' }: { name: string; connection?: string },
  account: { baseUrl: string; webKey: string; accessToken: string },
): Promise<Ended[]> {
  const tenant = await tidemark(['tenant', 'add', name], env)
  const slug = /as (\S+)\.$/m.exec(tenant.out)?.[1] ?? ''
  const where = ['--tenant', slug, '--connector', 'clienttether', '--name', connection]
  const rate = ['--setting', 'requestsPerSecond=100000']
  const added = await tidemark(['connection', 'add', ...where, ...rate, '--base-url', account.baseUrl], {
    ...env,
    TIDEMARK_SECRET_ACCESS_TOKEN: account.accessToken,
    TIDEMARK_SECRET_WEB_KEY: account.webKey,
  })
  return [tenant, added]
}
