import { readFile } from 'node:fs/promises'
import { misuse, Refusal } from '../exit.ts'

/**
 * The secret fields of a new connection: from files, else from the environment, else typed in unseen. Never from the
 * arguments, which every user of the machine can read in the list of processes.
 */
export async function gatherSecrets(
  wanted: Record<string, string>,
  files: Record<string, string>,
  environment: Record<string, string | undefined>,
): Promise<Record<string, string>> {
  const unknown = Object.keys(files).filter((field) => !(field in wanted))
  if (unknown.length > 0) {
    throw misuse(`There is no secret ${unknown.join(', ')}. There are: ${Object.keys(wanted).join(', ')}.`)
  }
  const secrets: Record<string, string> = {}
  for (const [field, label] of Object.entries(wanted)) {
    const path = files[field]
    const given = path === undefined ? environment[variableOf(field)] : await readSecret(field, path)
    secrets[field] = (given || (await ask(field, label))).trim()
  }
  return secrets
}

/** "accessToken" is given in TIDEMARK_SECRET_ACCESS_TOKEN. */
export const variableOf = (field: string): string =>
  `TIDEMARK_SECRET_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

async function readSecret(field: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Refusal(`The file ${path} for ${field} cannot be read (${code ?? 'unknown reason'}).`, 2, {
      cause: error,
    })
  }
}

async function ask(field: string, label: string): Promise<string> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw misuse(
      `The secret ${field} is missing (${label}). Give it with --secret-file ${field}=<path>, in ${variableOf(field)}, or on a terminal.`,
    )
  }
  const { password } = await import('@clack/prompts')
  const typed = await password({ message: label, mask: '•' })
  if (typeof typed !== 'string') throw new Refusal('Nothing was added.')
  return typed
}
