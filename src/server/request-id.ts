import { randomBytes } from 'node:crypto'

/** Crockford's alphabet: no I, L, O, U, so that an id survives being read over the telephone. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** A reference a person can read out, such as `7F3K9-2QMXA`: in the answer, in the log, on the error page. */
export function newRequestId(): string {
  const letters = Array.from(randomBytes(10), (byte) => alphabet.charAt(byte % 32)).join('')
  return `${letters.slice(0, 5)}-${letters.slice(5)}`
}
