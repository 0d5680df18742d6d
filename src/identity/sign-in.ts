import { noteEvent, type Origin } from './events.ts'
import { tellOwner } from './letters.ts'
import { emailOf, findPerson } from './people.ts'
import { orRefusal } from './refusal.ts'
import type { Identity } from './start.ts'

export type SignInOutcome =
  | { kind: 'signed_in'; cookies: string[] }
  /** The password was right; the second factor comes next. */
  | { kind: 'code_needed'; cookies: string[] }
  | { kind: 'wrong' }
  | { kind: 'wait'; seconds: number }

/** Signs somebody in with a password. Whether the address is known shows in no answer and in no time it takes. */
export async function signIn(
  identity: Identity,
  { email, password, headers }: { email: string; password: string; headers: Headers },
  origin: Origin,
): Promise<SignInOutcome> {
  const { throttle, database } = identity
  const account = emailOf(email)
  const { waitSeconds, isLast } = await throttle.enter(account, origin.address)
  if (waitSeconds > 0) return { kind: 'wait', seconds: waitSeconds }
  const asked = await orRefusal(
    identity.auth().api.signInEmail({ body: { email: account, password }, headers, returnHeaders: true }),
  )
  const person = await findPerson(identity, account)
  if (asked.kind === 'refused') {
    await throttle.miss(account, origin.address)
    if (person !== undefined) await noteEvent(database, person.id, 'sign_in_failed', origin)
    if (person !== undefined && isLast) tellOwner(identity, person.email, 'password_locked')
    return { kind: 'wrong' }
  }
  await throttle.forgive(account, origin.address)
  const { headers: given, response } = asked.answer
  const cookies = given.getSetCookie()
  if ('twoFactorRedirect' in response) return { kind: 'code_needed', cookies }
  if (person !== undefined) await noteEvent(database, person.id, 'signed_in', origin, { with: 'password' })
  return { kind: 'signed_in', cookies }
}
