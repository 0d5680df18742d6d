import { noteEvent, type Origin } from './events.ts'
import { emailOf, findPerson } from './people.ts'
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
  const seconds = await throttle.waitSeconds(account, origin.address)
  if (seconds > 0) return { kind: 'wait', seconds }
  const answer = await identity
    .auth()
    .api.signInEmail({ body: { email: account, password }, headers, returnHeaders: true })
    .catch((error: unknown) => {
      if (isRefusal(error)) return undefined
      throw error
    })
  const person = await findPerson(identity, account)
  if (answer === undefined) {
    const isLocked = await throttle.miss(account, origin.address)
    if (person !== undefined) await noteEvent(database, person.id, 'sign_in_failed', origin)
    if (person !== undefined && isLocked) warnOwner(identity, person.email)
    return { kind: 'wrong' }
  }
  await throttle.forgive(account, origin.address)
  const cookies = answer.headers.getSetCookie()
  if ('twoFactorRedirect' in answer.response) return { kind: 'code_needed', cookies }
  if (person !== undefined) await noteEvent(database, person.id, 'signed_in', origin, { with: 'password' })
  return { kind: 'signed_in', cookies }
}

/** The library's word for "no", as against a failure of ours. */
export function isRefusal(error: unknown): boolean {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 && status < 500
}

function warnOwner({ mail }: Identity, to: string): void {
  void mail
    .send({
      to,
      subject: 'Somebody tries to sign in to Tidemark as you',
      text: 'Ten wrong passwords were given for your address within an hour, so nobody can sign in with it for 15 minutes, you included. Your password is unchanged. If it was you, wait, or choose a new password on the sign-in page.',
    })
    .catch(() => undefined)
}
