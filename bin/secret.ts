import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const pathOf = (dataDir: string): string => join(dataDir, 'secret')
const pathOfFormer = (dataDir: string): string => join(dataDir, 'secret.old')

/**
 * A secret of an embedded installation (`secret` opens the CRM credentials, `web-secret` signs sessions): kept in its data
 * directory, for its owner only, and made at the first need. Two programs that need it at once get the same one.
 */
export async function keptSecret(dataDir: string, name: 'secret' | 'web-secret' = 'secret'): Promise<string> {
  const path = join(dataDir, name)
  const kept = await readSecret(path)
  if (kept !== undefined) return kept
  await mkdir(dataDir, { recursive: true })
  const draft = await writeDraft(path, `${newSecret()}\n`)
  try {
    // A link fails where a file already is: what another program just made is never replaced.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(draft, { force: true })
  }
  return (await readSecret(path)) ?? keptSecret(dataDir, name)
}

/** The secrets that the kept one has replaced, latest first, while anything may be sealed under them. */
export async function formerSecrets(dataDir: string): Promise<string[]> {
  const text = await readText(pathOfFormer(dataDir))
  return (text ?? '').split('\n').filter((line) => line !== '')
}

/** All secrets that are kept here, the present one first; none where none was ever made. */
export async function keptSecrets(dataDir: string): Promise<string[]> {
  // The present one first: if it is replaced in between, it is found among the former ones.
  const present = await readSecret(pathOf(dataDir))
  return [...(present === undefined ? [] : [present]), ...(await formerSecrets(dataDir))]
}

/** Replaces the kept secret by a new one, which it gives. The former one is on disk at every moment, also after a crash. */
export async function replaceSecret(dataDir: string): Promise<string> {
  const present = await keptSecret(dataDir)
  const former = (await formerSecrets(dataDir)).filter((secret) => secret !== present)
  await writeWhole(pathOfFormer(dataDir), [present, ...former, ''].join('\n'))
  const next = newSecret()
  await writeWhole(pathOf(dataDir), `${next}\n`)
  return next
}

/** Forgets the former secrets: nothing is sealed under them any more. */
export async function forgetFormerSecrets(dataDir: string): Promise<void> {
  await rm(pathOfFormer(dataDir), { force: true })
}

const newSecret = (): string => randomBytes(32).toString('hex')

async function writeWhole(path: string, text: string): Promise<void> {
  await rename(await writeDraft(path, text), path)
}

/** Writes a file beside `path`, to be put in its place as a whole. */
async function writeDraft(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await writeFile(draft, text, { mode: 0o600, flush: true })
  return draft
}

async function readSecret(path: string): Promise<string | undefined> {
  const text = (await readText(path))?.trim()
  if (text === undefined || text.length >= 32) return text
  throw new Error(
    `${path} should hold the secret that opens the CRM credentials and is too short. Restore it from a backup, ` +
      'or remove it and enter the credentials of every connection again.',
  )
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}
