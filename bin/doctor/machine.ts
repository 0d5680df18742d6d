import { randomUUID } from 'node:crypto'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Config } from '../../drizzle/config.ts'
import { failed, noticed, ok, type Finding } from './finding.ts'

const oldestNode = 24
const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64']
const gigabyte = 1_000_000_000

/** What the machine offers: the Node that runs this, its kind, and room in the data directory. */
export async function checkMachine(config: Config): Promise<Finding[]> {
  const machine = [checkNode(process.versions.node), checkPlatform(config)]
  // With a database elsewhere nothing is kept here.
  return config.DATABASE_URL === undefined
    ? [...machine, await checkDataDir(resolve(config.TIDEMARK_DATA_DIR))]
    : machine
}

function checkNode(version: string): Finding {
  if (Number.parseInt(version, 10) >= oldestNode) return ok('node', `Node ${version}`)
  const mend = 'Run it through npm (npm run tidemark -- doctor), which brings its own Node.'
  return failed('node', `Node ${version} is older than ${oldestNode}`, mend)
}

function checkPlatform({ DATABASE_URL }: Config): Finding {
  const platform = `${process.platform}-${process.arch}`
  if (DATABASE_URL !== undefined || platforms.includes(platform)) return ok('platform', platform)
  const mend = 'Set DATABASE_URL to a Postgres 15 to 18 of your own.'
  return failed('platform', `npm brings no Postgres for ${platform}`, mend)
}

async function checkDataDir(dataDir: string): Promise<Finding> {
  const probe = join(dataDir, `.doctor-${randomUUID()}`)
  try {
    await mkdir(dataDir, { recursive: true })
    await writeFile(probe, '')
    await rm(probe)
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException
    const mend = 'Let this user write there, or set TIDEMARK_DATA_DIR to a directory that it may write.'
    return failed('data directory', `${dataDir} cannot be written (${code})`, mend)
  }
  const { bavail, bsize } = await statfs(dataDir)
  const free = (bavail * bsize) / gigabyte
  const words = `${dataDir} is writable, ${free.toFixed(1)} GB free`
  if (free < 0.3)
    return failed('data directory', words, 'Make room: the database stops when the disk is full.')
  if (free < 2) return noticed('data directory', words, 'Make room soon: raw snapshots grow with every run.')
  return ok('data directory', words)
}
