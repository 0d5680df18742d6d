import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The secret that opens the CRM credentials of an embedded database: kept in its data directory, for its owner only,
 * and made at the first need. Two programs that need it at once get the same one.
 */
export async function keptSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, 'secret')
  const kept = await readSecret(path)
  if (kept !== undefined) return kept
  await mkdir(dataDir, { recursive: true })
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  try {
    // A link fails where a file already is: what another program just made is never replaced.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(draft, { force: true })
  }
  return (await readSecret(path)) ?? keptSecret(dataDir)
}

async function readSecret(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  if (text.trim().length >= 32) return text.trim()
  throw new Error(
    `${path} should hold the secret that opens the CRM credentials and is too short. Restore it from a backup, ` +
      'or remove it and enter the credentials of every connection again.',
  )
}
