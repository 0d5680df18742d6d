import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, readlink, realpath, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { asAccount, giveTo } from './account.ts'
import type { Place } from './cluster.ts'

const run = promisify(execFile)
const startDeadlineMs = 120_000
const logLimitBytes = 10_000_000

/** The server did not come up; `message` ends with what it wrote to its log. */
export class PostmasterError extends Error {}

/** Starts the server on 127.0.0.1 and returns when it takes connections. Its own words go to `postgres.log`. */
export async function startPostmaster(
  place: Place,
  port: number,
  settings: Record<string, string>,
): Promise<ChildProcess> {
  const { cluster, binaries, account } = place
  const logFile = await openLog(place)
  const { size } = await logFile.stat()
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const network = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=']
  // A group of its own: Ctrl-C then reaches us alone, and the database outlives the programs that still write to it.
  const child = spawn(binaries.postgres, ['-D', cluster, '-p', String(port), ...network, ...flags], {
    ...asAccount(account),
    detached: true,
    stdio: ['ignore', logFile.fd, logFile.fd],
  })
  try {
    await once(child, 'spawn')
  } finally {
    await logFile.close()
  }
  const deadline = Date.now() + startDeadlineMs
  while (!(await isReady(cluster, child.pid))) {
    if (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
      await sleep(25)
      continue
    }
    child.kill('SIGKILL')
    const words = (await readFile(join(place.home, 'postgres.log'), 'utf8')).slice(size).trim()
    throw new PostmasterError(`Postgres did not start. It wrote:\n${words.slice(-2000)}`)
  }
  child.unref()
  return child
}

async function openLog({ home, account }: Place) {
  const path = join(home, 'postgres.log')
  const size = await stat(path).then(
    (file) => file.size,
    () => 0,
  )
  if (size > logLimitBytes) await rename(path, `${path}.1`)
  const file = await open(path, 'a', 0o600)
  await giveTo(account, path)
  return file
}

/** The eighth line of `postmaster.pid` is the server's own word on its state; asking by connecting fills its log. */
async function isReady(cluster: string, pid: number | undefined): Promise<boolean> {
  const lines = await pidFile(cluster)
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}

async function pidFile(cluster: string): Promise<string[]> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  return text.split('\n')
}

/**
 * Stops the server of this cluster, whoever started it: cleanly within 20 s, else the way a power cut would
 * (its log makes that harmless), else by force. Returns when no process of it is left.
 */
export async function stopPostmaster(place: Place): Promise<void> {
  const { cluster, binaries, account } = place
  const pid = Number((await pidFile(cluster))[0])
  for (const [mode, seconds] of [
    ['fast', 20],
    ['immediate', 10],
  ] as const) {
    if (!(await isServing(cluster, pid))) return
    const flags = ['stop', '-D', cluster, '-m', mode, '-w', '-t', String(seconds), '-s']
    await run(binaries.pgCtl, flags, asAccount(account)).catch(() => undefined)
  }
  while (await isServing(cluster, pid)) {
    process.kill(pid, 'SIGKILL')
    await sleep(100)
  }
}

/**
 * Clears what an earlier supervisor left: stops a server that outlived it, and removes a `postmaster.pid` whose
 * number now belongs to another program (Postgres would refuse to start for as long as that one runs).
 * Only the holder of the claim may call this. Returns whether a server was stopped.
 */
export async function clearOrphan(place: Place): Promise<boolean> {
  const pid = Number((await pidFile(place.cluster))[0])
  if (!pid || !isRunning(pid)) return false
  if (!(await isServing(place.cluster, pid))) {
    await rm(join(place.cluster, 'postmaster.pid'), { force: true })
    return false
  }
  await stopPostmaster(place)
  return true
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether this process is the server of this cluster: it stands in its data directory from start to end. */
async function isServing(cluster: string, pid: number): Promise<boolean> {
  if (!pid || !isRunning(pid)) return false
  if (process.platform === 'linux') {
    const [standsIn, data] = await Promise.all([readlink(`/proc/${pid}/cwd`), realpath(cluster)]).catch(
      () => [],
    )
    return standsIn !== undefined && standsIn === data
  }
  if (process.platform === 'win32') return true
  const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }))
  return stdout.includes('postgres')
}

/**
 * Watches over us: when this process dies without a word (kill -9), its end of the pipe closes, and the guard stops
 * the server and removes `leftovers`. So a killed run leaves no process behind. Windows has no such shell.
 */
export function guard(server: ChildProcess, leftovers: readonly string[]): void {
  if (process.platform === 'win32') return
  const script =
    'pid=$1; shift; cat >/dev/null; kill -INT "$pid" || exit 0; [ $# = 0 ] && exit 0; ' +
    'while kill -0 "$pid"; do sleep 0.1; done; rm -rf "$@"'
  const watcher = spawn('/bin/sh', ['-c', script, 'guard', String(server.pid), ...leftovers], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.unref()
  server.once('exit', () => watcher.kill('SIGKILL'))
}
