import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { giveTo, type Account } from './account.ts'

/** The process that supervises a database: the start time tells it from a later process with the same number. */
export type Holder = { pid: number; started: string; since: string }

const fileName = 'holder.json'

/**
 * Takes the database in `home` for this process and returns the way to give it back.
 * Throws at once when a living process holds it; what a killed one left behind is taken over.
 */
export async function claim(home: string, account: Account): Promise<() => Promise<void>> {
  const path = join(home, fileName)
  const draft = join(home, `holder-${randomUUID()}.json`)
  const started = (await startOf(process.pid)) ?? ''
  const mine: Holder = { pid: process.pid, started, since: new Date().toISOString() }
  await writeFile(draft, JSON.stringify(mine), { mode: 0o600 })
  await giveTo(account, draft)
  try {
    for (;;) {
      if (await linkNew(draft, path)) return () => rm(path, { force: true })
      const holder = await livingHolder(home)
      if (holder) throw new Error(heldBy(holder, home))
      await setAside(path, `${draft}.stale`)
    }
  } finally {
    await rm(draft, { force: true })
  }
}

function heldBy({ pid, since }: Holder, home: string): string {
  return (
    `The database in ${home} is in use by process ${pid}, running since ${since}. ` +
    `Stop that one first (Ctrl-C where it runs, or \`kill ${pid}\`), or set TIDEMARK_DATA_DIR to another directory.`
  )
}

/** The living process that supervises the database in `home`, if there is one. */
export async function livingHolder(home: string): Promise<Holder | undefined> {
  const holder = await readHolder(join(home, fileName))
  if (!holder) return undefined
  const started = await startOf(holder.pid)
  return started !== undefined && started === holder.started ? holder : undefined
}

/** A link either makes the complete file or fails because one is there: no reader ever sees half a claim. */
async function linkNew(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Two starts may find the same stale claim; the one that moved the other's new claim by mistake puts it back. */
async function setAside(path: string, aside: string): Promise<void> {
  try {
    await rename(path, aside)
  } catch {
    return
  }
  const moved = await readHolder(aside)
  if (moved && (await startOf(moved.pid)) === moved.started) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** When a process began, as the system words it; undefined when it is gone (a zombie is gone). */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') {
      const line = await readFile(`/proc/${pid}/stat`, 'utf8')
      // The program's name is in brackets and may itself hold spaces and brackets: count from the last one.
      const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' ? undefined : fields[19]
    }
    if (process.platform === 'win32') return process.kill(pid, 0) ? 'alive' : undefined
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)])
    return stdout.trim() || undefined
  } catch {
    return undefined
  }
}
