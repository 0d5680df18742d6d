import { noteEvent, type Origin } from './events.ts'
import { tellOwner } from './letters.ts'
import { findPersonById } from './people.ts'
import { readCode } from './recovery-codes.ts'
import { orRefusal } from './refusal.ts'
import type { Identity } from './start.ts'

export type CodeOutcome =
  | { kind: 'signed_in'; cookies: string[] }
  /** Also for a code that was used before. */
  | { kind: 'wrong' }
  | { kind: 'wait'; seconds: number }
  /** Nobody has shown a first factor in this browser, or it is too long ago, or too many codes were tried since. */
  | { kind: 'over' }

/** From whom this browser owes a code, if from anybody. */
export async function challengedPerson(identity: Identity, headers: Headers) {
  const { userId } = await identity.auth().api.challengedUser({ headers })
  return userId === undefined ? undefined : findPersonById(identity, userId)
}

/** Ends a sign-in with a code of the authenticator, or with a recovery code. */
export async function giveCode(
  identity: Identity,
  { code: typed, trustBrowser, headers }: { code: string; trustBrowser: boolean; headers: Headers },
  origin: Origin,
): Promise<CodeOutcome> {
  const { throttle, database } = identity
  const person = await challengedPerson(identity, headers)
  if (person === undefined) return { kind: 'over' }
  // Counted apart from passwords: the right password must not wipe out the misses of its codes.
  const account = `code ${person.id}`
  const { waitSeconds, isLast } = await throttle.enter(account, origin.address)
  if (waitSeconds > 0) return { kind: 'wait', seconds: waitSeconds }

  const { kind, code } = readCode(typed)
  const { api } = identity.auth()
  const call = { body: { code, trustDevice: trustBrowser }, headers, returnHeaders: true } as const
  const asked = await orRefusal(kind === 'recovery' ? api.verifyBackupCode(call) : api.verifyTOTP(call))
  if (asked.kind === 'refused') {
    await throttle.miss(account, origin.address)
    await noteEvent(database, person.id, 'second_factor_failed', origin)
    if (isLast) tellOwner(identity, person.email, 'code_locked')
    if (asked.code === 'ACCOUNT_TEMPORARILY_LOCKED') return { kind: 'wait', seconds: lockSeconds }
    return { kind: spent.has(asked.code) ? 'over' : 'wrong' }
  }
  await throttle.forgive(account, origin.address)
  const how = kind === 'recovery' ? 'a recovery code' : 'a code'
  await noteEvent(database, person.id, 'signed_in', origin, { with: how })
  return { kind: 'signed_in', cookies: asked.answer.headers.getSetCookie() }
}

/** As long as the library locks. */
const lockSeconds = 15 * 60
const spent = new Set(['INVALID_TWO_FACTOR_COOKIE', 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE'])
