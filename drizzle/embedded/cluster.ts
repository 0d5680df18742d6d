import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { lstat, open, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { asAccount, giveTo, type Account } from './account.ts'
import type { Binaries } from './binaries.ts'

const run = promisify(execFile)

/** Where a database's files are, what runs them and as whom. */
export type Place = { home: string; cluster: string; binaries: Binaries; account: Account }

/**
 * Makes the cluster unless it is there, and returns the password of its superuser `postgres`.
 * Initialisation happens beside the final name: what is called `cluster` is finished and is never deleted here.
 */
export async function ensureCluster(place: Place, log: (line: string) => void): Promise<string> {
  const { home, cluster, binaries } = place
  if (await isMissing(cluster)) {
    log(`making a database in ${home}`)
    const password = (await readPassword(home)) ?? (await newPassword(place))
    await initialise(place)
    return password
  }
  await checkVersion(cluster, binaries.major)
  const password = await readPassword(home)
  if (password) return password
  log('the database password was lost; setting a new one')
  return resetPassword(place)
}

/** An empty directory counts as missing: volumes are mounted that way. */
async function isMissing(cluster: string): Promise<boolean> {
  if (!(await lstat(cluster).catch(() => undefined))) return true
  return rmdir(cluster).then(
    () => true,
    () => false,
  )
}

async function initialise({ home, cluster, binaries, account }: Place): Promise<void> {
  const draft = join(home, 'cluster.unfinished')
  await rm(draft, { recursive: true, force: true })
  const access = ['--username=postgres', `--pwfile=${join(home, 'password')}`, '--auth=scram-sha-256']
  // Postgres' own C.UTF-8 sorts the same on every machine and needs no locale of the system.
  const text = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  await run(binaries.initdb, [`--pgdata=${draft}`, ...access, ...text], asAccount(account))
  await rename(draft, cluster)
  if (process.platform === 'win32') return
  // Otherwise a power cut could bring the old name back, and the next start would take the data for unfinished.
  const directory = await open(home)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function checkVersion(cluster: string, major: number): Promise<void> {
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => undefined)
  const control = await lstat(join(cluster, 'global/pg_control')).catch(() => undefined)
  if (version === undefined || !control) {
    throw new Error(
      `${cluster} is not empty and is not a complete database, so it was left alone. Restore it from a backup, ` +
        'move it away to begin with an empty database, or set TIDEMARK_DATA_DIR to another directory.',
    )
  }
  if (Number(version) === major) return
  throw new Error(
    `The database in ${cluster} was made by Postgres ${version.trim()}, and this Tidemark brings Postgres ${major}. ` +
      'Nothing was changed. Use the Tidemark that made it, carry the data over with pg_dump or pg_upgrade, ' +
      'or set TIDEMARK_DATA_DIR to another directory.',
  )
}

async function readPassword(home: string): Promise<string | undefined> {
  const text = await readFile(join(home, 'password'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.trim() || undefined
}

async function newPassword({ home, account }: Place): Promise<string> {
  const path = join(home, 'password')
  const password = randomBytes(32).toString('base64url')
  await writeFile(path, `${password}\n`, { mode: 0o600 })
  await giveTo(account, path)
  return password
}

/** Single-user mode asks nobody for a password; it works because only the owner of the files can start it. */
async function resetPassword(place: Place): Promise<string> {
  const { cluster, binaries, account } = place
  const password = await newPassword(place)
  const session = run(binaries.postgres, ['--single', '-D', cluster, 'postgres'], asAccount(account))
  session.child.stdin?.end(`ALTER ROLE postgres PASSWORD '${password}';\n`)
  await session
  return password
}
