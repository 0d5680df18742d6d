import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { accountFor, canEnter, giveTo, openDirectory, type Account } from './embedded/account.ts'
import { locateBinaries } from './embedded/binaries.ts'
import { claim, livingHolder } from './embedded/claim.ts'
import { ensureCluster, type Place } from './embedded/cluster.ts'
import {
  clearOrphan,
  guard,
  PostmasterError,
  startPostmaster,
  stopPostmaster,
} from './embedded/postmaster.ts'

/** A running database. `stop` may be called more than once and returns when no process is left. */
export type Embedded = { url: string; port: number; stop: () => Promise<void> }

export type EmbeddedOptions = {
  /** Server settings on top of ours. */
  settings?: Record<string, string>
  /** Gets one line per thing that is worth telling a person. */
  log?: (line: string) => void
} & ({ dataDir: string; fresh?: false } | { fresh: true })

/** For a small machine that also runs the worker, the web and a browser; measured in our benchmarks. */
const smallMachine = {
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  maintenance_work_mem: '128MB',
  work_mem: '16MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  max_connections: '100',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
}

/** Nothing of a test database has to survive a power cut. */
const throwAway = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '128MB',
}

/**
 * Starts the Postgres that npm brought, on 127.0.0.1 with a random password, and makes the database `tidemark`.
 * The data stay in `dataDir`; `fresh` uses a temporary directory that `stop` removes. A second start on the same
 * directory throws; whatever a killed start left behind is cleared first.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const log = options.log ?? (() => undefined)
  const dataDir = options.fresh ? await temporaryDirectory() : resolve(options.dataDir)
  const { home, account } = await openHome(dataDir)
  const leftovers = options.fresh ? [home, dataDir] : []
  const place = { home, cluster: join(home, 'cluster'), account, binaries: await locateBinaries(account) }
  const release = await claim(home, account)
  let stopped: Promise<void> | undefined
  const stop = () => (stopped ??= stopAndLeave(place, release, leftovers))
  try {
    if (await clearOrphan(place)) log('stopped a database that a killed run had left behind')
    const password = await ensureCluster(place, log)
    const settings = { ...smallMachine, ...(options.fresh ? throwAway : {}), ...options.settings }
    const { server, port } = await startOnFreePort(place, settings, log)
    guard(server, leftovers)
    const url = (database: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`
    await ensureDatabase(url('postgres'), 'tidemark')
    return { url: url('tidemark'), port, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function stopAndLeave(place: Place, release: () => Promise<void>, leftovers: readonly string[]) {
  try {
    await stopPostmaster(place)
  } finally {
    await release()
    for (const path of leftovers) await rm(path, { recursive: true, force: true })
  }
}

/** Ours alone to make, hence ours to open: root's Postgres runs as another user and has to pass through. */
async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tidemark-'))
  await chmod(path, 0o711)
  return path
}

/**
 * The address of the database that another living process runs in this data directory; undefined when none does.
 * For commands beside `npm start`: they use its database instead of starting a second one on the same files.
 */
export async function runningEmbedded(dataDir: string): Promise<string | undefined> {
  const home = join(resolve(dataDir), 'database')
  if (!(await livingHolder(home))) return undefined
  const [password, port] = await Promise.all([
    readFile(join(home, 'password'), 'utf8'),
    readFile(join(home, 'port'), 'utf8'),
  ]).catch(() => [])
  return password && port && `postgres://postgres:${password.trim()}@127.0.0.1:${port.trim()}/tidemark`
}

/**
 * The directory of everything about this database, and who runs it. It is `<dataDir>/database`, or a link there:
 * as root, Postgres runs as another user, who cannot enter a checkout under /root or in a 0700 directory.
 * Then the files live in a directory open to that user, instead of us opening one that somebody closed.
 */
async function openHome(dataDir: string): Promise<{ home: string; account: Account }> {
  const path = join(dataDir, 'database')
  const owner = await stat(path).catch(() => undefined)
  const account = await accountFor(owner)
  if (!owner) await makeHome(dataDir, path, account)
  const home = await realpath(path)
  const { uid } = await stat(home)
  // Root made it and was stopped before giving it away.
  if (account && uid === 0) await giveTo(account, home)
  if (!canEnter(account, home) || (process.getuid && !account && uid !== process.getuid())) {
    throw new Error(
      `The database in ${home} belongs to another user, or a directory above it is closed to the user it runs as. ` +
        'Start Tidemark as the user it was made by, or set TIDEMARK_DATA_DIR to another directory.',
    )
  }
  return { home, account }
}

async function makeHome(dataDir: string, path: string, account: Account): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true })
    // A link that leads nowhere: its target was removed, so there is nothing left to keep.
    if (await lstat(path).catch(() => undefined)) await rm(path)
    if (canEnter(account, dataDir)) {
      await mkdir(path, { mode: 0o700 })
    } else {
      await symlink(await mkdtemp(join(await openDirectory(account), 'database-')), path)
    }
    await giveTo(account, path)
  } catch (cause) {
    throw new Error(
      `The data directory ${dataDir} cannot be made here (${String(cause)}). ` +
        'Set TIDEMARK_DATA_DIR to a directory that this user may write.',
      { cause },
    )
  }
}

/** Keeps the port of the last time while it is free, so that an address noted down stays right. */
async function startOnFreePort(place: Place, settings: Record<string, string>, log: (line: string) => void) {
  const path = join(place.home, 'port')
  const kept = Number(await readFile(path, 'utf8').catch(() => '0'))
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(attempt === 1 ? kept : 0)
    if (kept && port !== kept) log(`port ${kept} is taken; the database listens on ${port}`)
    await writeFile(path, String(port))
    await giveTo(place.account, path)
    try {
      return { server: await startPostmaster(place, port, settings), port }
    } catch (error) {
      // Between our look and its own, somebody took the port; or processes of a killed server are still leaving.
      const passes = /Address already in use|shared memory block .* is still in use/
      if (!(error instanceof PostmasterError && passes.test(error.message)) || attempt === 5) throw error
      await sleep(attempt * 500)
    }
  }
}

/** `wanted` if nobody listens there, otherwise a port the system picks (0 asks for that at once). */
async function freePort(wanted: number): Promise<number> {
  const server = createServer()
  return new Promise((done, fail) => {
    server.once('error', () =>
      wanted ? done(freePort(0)) : fail(new Error('No port is free on 127.0.0.1.')),
    )
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (!rowCount) await client.query(`create database ${client.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}
