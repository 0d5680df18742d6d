import { randomInt } from 'node:crypto'

/** Nothing that reads like something else on paper: no 0 and o, no 1, i and l, no u. */
const letters = '23456789abcdefghjkmnpqrstvwxyz'

/** Ten codes such as `k3vqp-9mz4t`, each good for one sign-in: 49 random bits behind ten tries. */
export function makeRecoveryCodes(): string[] {
  const half = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('')
  return Array.from({ length: 10 }, () => `${half()}-${half()}`)
}

/** What somebody typed, read as a code of the authenticator or as a recovery code, whatever spaces it has. */
export function readCode(typed: string): { kind: 'authenticator' | 'recovery'; code: string } {
  const plain = typed.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase()
  if (/^\d{6}$/.test(plain)) return { kind: 'authenticator', code: plain }
  return { kind: 'recovery', code: `${plain.slice(0, 5)}-${plain.slice(5)}` }
}
