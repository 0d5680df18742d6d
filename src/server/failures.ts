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
export const isDatabaseAway = (error: unknown): boolean =>
  comesFrom(
    error,
    (code, message) => awayCodes.has(code) || code.startsWith('08') || awayMessages.test(message),
  )

/** True when a statement was given up because it took longer than a page may take. */
export const tookTooLong = (error: unknown): boolean =>
  comesFrom(error, (code, message) => code === '57014' || message === 'Query read timeout')

/** True when what a statement needed was held by others until it was given up. */
export const wasHeld = (error: unknown): boolean =>
  comesFrom(error, (code) => code === '55P03' || code === '40P01')

/** True when a row was refused because there is one like it: somebody was quicker. */
export const isTaken = (error: unknown): boolean => comesFrom(error, (code) => code === '23505')

/** True when a row was refused because what it names is not there. */
export const namesNothing = (error: unknown): boolean => comesFrom(error, (code) => code === '23503')

/** True when a replica ended a question because it stood in the way of what the replica had to copy. */
export const wasInTheWayOfReplay = (error: unknown): boolean => comesFrom(error, (code) => code === '40001')

/** Whether this holds of the code (`''` where there is none) and the message of an error, or of what caused it. */
function comesFrom(error: unknown, holds: (code: string, message: string) => boolean): boolean {
  if (!(error instanceof Error)) return false
  if (holds('code' in error && typeof error.code === 'string' ? error.code : '', error.message)) return true
  return error instanceof AggregateError
    ? error.errors.some((one) => comesFrom(one, holds))
    : comesFrom(error.cause, holds)
}

/** Seconds after which a person or a program may try again when the database is away. */
export const retryAfterSeconds = 30
