import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium, type Browser } from 'playwright-core'
import { inject } from 'vitest'

const run = promisify(execFile)

/** The first that starts is taken. A shell without windows costs a third of the time for each page that a test opens. */
const programs = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Flags that work headless, as root, on a network that leads nowhere. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts the browser of this test run. Throws, and so fails the test, when the machine has none and could get none. */
export async function launchBrowser(): Promise<Browser> {
  const browser = inject('browser')
  if ('missing' in browser) throw new Error(browser.missing)
  // Chromium keeps crash and cache files even for a throw-away profile, and stops where HOME is read-only.
  const env = { ...process.env, XDG_CONFIG_HOME: tmpdir(), XDG_CACHE_HOME: tmpdir() }
  return chromium.launch({ executablePath: browser.program, args: flags, env })
}

/** The browser this machine has, if it has one that starts: on some systems the name is a stub that only says what to install. */
export async function findBrowser(): Promise<string | undefined> {
  for (const program of [...programs, chromium.executablePath()]) {
    const works = await run(program, ['--version'], { timeout: 60_000 }).then(
      () => true,
      () => false,
    )
    if (works) return program
  }
  return undefined
}

/** Installs a browser: by the system's packages as root on Debian, else by Playwright's installer into its cache. */
export async function installBrowser(): Promise<string> {
  const reasons: string[] = []
  const attempt = async (command: string, ...args: string[]) => {
    try {
      await run(command, args, {
        timeout: 300_000,
        maxBuffer: 1e8,
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      })
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error))
    }
  }
  if (process.getuid?.() === 0) {
    const patience = ['-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=1']
    await attempt('apt-get', ...patience, 'update')
    for (const name of ['chromium-headless-shell', 'chromium']) {
      await attempt('apt-get', ...patience, 'install', '--yes', '--no-install-recommends', name)
      const installed = await findBrowser()
      if (installed) return installed
    }
  }
  const cli = fileURLToPath(new URL('cli.js', import.meta.resolve('playwright-core/package.json')))
  await attempt(process.execPath, cli, 'install', '--no-shell', 'chromium')
  const installed = await findBrowser()
  if (installed) return installed
  throw new Error(
    `No browser: install Chromium so that /usr/bin/chromium starts, then run the tests again (${reasons.join('; ')}).`,
  )
}
