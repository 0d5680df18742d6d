import { ConfigError } from '../drizzle/config.ts'
import { exitCodes, Refusal, type ExitCode } from './exit.ts'
import { scrubber } from './redact.ts'

type Coded = Error & { code?: string; address?: string; port?: number; role?: string }

/** Any failure as one message for people and the code to end with. A stack is never part of it. */
export function explain(
  error: unknown,
  secrets: readonly string[] = [],
): { message: string; exitCode: ExitCode } {
  const { text } = scrubber(secrets)
  if (error instanceof ConfigError) return { message: text(error.message), exitCode: exitCodes.usage }
  if (error instanceof Refusal) return { message: text(error.message), exitCode: error.exitCode }
  const chain = causesOf(error)
  const known = chain.map(meaningOf).find((meaning) => meaning !== undefined)
  const deepest = chain.findLast(({ message }) => message !== '' && !message.startsWith('Failed query'))
  return { message: text(known ?? deepest?.message ?? String(error)), exitCode: exitCodes.failed }
}

/** The error and what caused it; several at once (one per address tried) count by their first. */
function causesOf(error: unknown): Coded[] {
  if (!(error instanceof Error)) return []
  const next: unknown = error.cause ?? (error instanceof AggregateError ? error.errors[0] : undefined)
  return [error, ...causesOf(next)]
}

const toMigrate = 'The database is not at the version of this program. Run: npm run tidemark -- migrate'

const meanings: Record<string, string> = {
  '28P01': 'The database refuses the user or the password. Correct DATABASE_URL.',
  '28000': 'The database refuses this user. Correct DATABASE_URL, or allow the user in pg_hba.conf.',
  '3D000': 'The database that DATABASE_URL names does not exist. Make it, or correct DATABASE_URL.',
  '42P01': toMigrate,
  '42703': toMigrate,
  '42883': toMigrate,
  '3F000': toMigrate,
  '53300':
    'The database takes no more connections. Raise its max_connections, or stop a program that uses it.',
  '57P03': 'The database is starting up. Try again in a moment.',
  ETIMEDOUT: 'The database does not answer in time. Check DATABASE_URL and the network.',
  ENOTFOUND: 'The host that DATABASE_URL names is not known. Correct DATABASE_URL.',
  EAI_AGAIN: 'The host that DATABASE_URL names cannot be looked up at the moment. Check the network.',
  ENOSPC: 'The disk is full. Make room, then try again.',
}

function meaningOf(error: Coded): string | undefined {
  const { code = '', message, address, port } = error
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') {
    const where = address === undefined ? '' : ` at ${address}:${port}`
    return `The database${where} does not answer (${code}). Start it, or correct DATABASE_URL.`
  }
  if (/role "tidemark_\w+" does not exist/.test(message)) return toMigrate
  if (code === '42501' && /set role/.test(message)) {
    return `The user of DATABASE_URL may not act as Tidemark's roles (${message}). Migrate as that user, or grant it the roles.`
  }
  if (/timeout expired|Connection terminated/.test(message)) return meanings['ETIMEDOUT']
  return meanings[code]
}
