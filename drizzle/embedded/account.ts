import { execFile, spawnSync } from 'node:child_process'
import { chmod, chown, lstat, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The user Postgres runs as; undefined means as ourselves. Postgres refuses to run as root, so root needs one. */
export type Account = { uid: number; gid: number } | undefined

/**
 * The account for a data directory owned by `owner` (undefined: not made yet). Root keeps the owner of a cluster
 * that exists, because Postgres only opens its own files, and else uses the user `postgres`, made when missing.
 */
export async function accountFor(owner: Account): Promise<Account> {
  if (process.getuid?.() !== 0) return undefined
  if (owner && owner.uid !== 0) return owner
  const known = (await lookUp('postgres')) ?? (await lookUp('_postgres'))
  if (known) return known
  try {
    await run('groupadd', ['--force', '--system', 'postgres'])
    await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres'])
  } catch (cause) {
    throw new Error(
      'Postgres does not run as root, and a system user named "postgres" could not be made. ' +
        'Start Tidemark as an ordinary user, make that user, or set DATABASE_URL.',
      { cause },
    )
  }
  return lookUp('postgres')
}

async function lookUp(name: string): Promise<Account> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch {
    return undefined
  }
}

/**
 * What `spawn` needs to start a Postgres program: its user, a directory that user may stand in, and none of our
 * environment, which holds secrets and, on many machines, PGDATA or PGPORT of another server.
 */
export function asAccount(account: Account) {
  return { ...account, cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } }
}

/** Gives a path we made to the account, so that both root and that user can use it in later runs. */
export async function giveTo(account: Account, path: string): Promise<void> {
  if (account) await chown(path, account.uid, account.gid)
}

/**
 * Whether the account can enter a directory. Asked of the system by trying, because mode bits alone
 * miss access lists and the closed directory may be any one above.
 */
export function canEnter(account: Account, directory: string): boolean {
  if (!account) return true
  const attempt = spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', directory], {
    ...asAccount(account),
  })
  return attempt.status === 0
}

/**
 * A directory of root's that every user may enter, for what cannot stay in a checkout that is closed to the
 * account (under /root, or inside a 0700 directory of somebody's). We never open such a directory: it was closed
 * on purpose, and the way around costs only a copy. Only a directory of root's that nobody else can write is used.
 */
export async function openDirectory(account: Account): Promise<string> {
  for (const path of ['/var/lib/tidemark', join(tmpdir(), 'tidemark-root'), '/tmp/tidemark-root']) {
    try {
      const made = await mkdir(path, { recursive: true, mode: 0o755 })
      if (made) await chmod(path, 0o755)
      const { uid, mode } = await lstat(path)
      if (uid === 0 && (mode & 0o170_022) === 0o040_000 && canEnter(account, path)) return path
    } catch {
      continue
    }
  }
  throw new Error(
    'The database cannot live here: its user "postgres" may not enter this directory, and neither /var/lib ' +
      'nor the temporary directory has room for it. Start Tidemark as an ordinary user, or set DATABASE_URL.',
  )
}
