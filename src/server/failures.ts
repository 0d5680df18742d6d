/** Codes that say the server is gone, going, not yet there, or full; none of them is about the statement. */
const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOENT',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '53300',
])

/** What pg says without a code: its own errors about a connection that is not there. */
const awayMessages =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error/

/** True when an error, or what caused it, means that the database cannot be reached. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (awayCodes.has(code) || code.startsWith('08') || awayMessages.test(error.message)) return true
  return error instanceof AggregateError ? error.errors.some(isDatabaseAway) : isDatabaseAway(error.cause)
}

/** Seconds after which a person or a program may try again when the database is away. */
export const retryAfterSeconds = 30
