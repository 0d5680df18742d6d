import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { noteEvent, type Origin } from './events.ts'
import { isGuessable } from './guessable.ts'
import { tellOwner } from './letters.ts'
import { emailOf, findPerson, findPersonById, forgetProofs, type Person } from './people.ts'
import { orRefusal } from './refusal.ts'
import type { Identity } from './start.ts'

/** Seconds to wait when this address has asked too often; 0 when a link is on its way, if we know whom to send it to. */
export async function askForReset(
  identity: Identity,
  email: string,
  { log, ...origin }: Origin & { log: Logger },
): Promise<number> {
  const account = emailOf(email)
  const { waitSeconds, isEnough } = await identity.letterLimits.take(account, origin.address)
  if (waitSeconds > 0) return waitSeconds
  // Not awaited: how long an answer takes must not tell whether the address is known.
  if (!isEnough)
    void sendLink(identity, account, origin).catch((error: unknown) =>
      log.error({ err: error }, 'a link to a new password was not sent'),
    )
  return 0
}

async function sendLink(identity: Identity, email: string, { address, requestId }: Origin): Promise<void> {
  const person = await findPerson(identity, email)
  if (person === undefined) return
  await noteEvent(identity.database, person.id, 'password_reset_asked', { address, requestId })
  await identity.auth().api.requestPasswordReset({ body: { email } })
}

/** A link with which somebody chooses their first password, good once, for so many days. */
export async function firstPasswordLink(
  { auth, publicUrl }: Pick<Identity, 'auth' | 'publicUrl'>,
  userId: string,
  days: number,
): Promise<string> {
  const { internalAdapter } = await auth().$context
  const token = randomBytes(24).toString('base64url')
  const expiresAt = new Date(Date.now() + days * 86_400_000)
  await internalAdapter.createVerificationValue({ identifier: identifierOf(token), value: userId, expiresAt })
  return `${publicUrl}/reset?token=${token}`
}

export type ResetOutcome =
  /** `keys` is how many API keys have ended. */
  { kind: 'done'; keys: number } | { kind: 'too_short' | 'too_long' | 'guessable' | 'link_over' }

/** Whether a link still opens anything. */
export async function isLinkGood({ auth }: Pick<Identity, 'auth'>, token: string): Promise<boolean> {
  return (await ownerOf(auth, token)) !== undefined
}

/**
 * Sets a new password for whoever holds the link. Every session, every trusted browser and every API key of theirs ends: whoever
 * asks for a new password may do so because somebody else has been in, and that somebody may have made a key to come back with.
 */
export async function resetPassword(
  identity: Identity,
  { token, password, endKeys }: { token: string; password: string; endKeys: EndKeys },
  origin: Origin,
): Promise<ResetOutcome> {
  const userId = await ownerOf(identity.auth, token)
  const person = userId === undefined ? undefined : await findPersonById(identity, userId)
  if (person === undefined) return { kind: 'link_over' }
  if (await isGuessable(password, [person.email, person.name])) return { kind: 'guessable' }
  const asked = await orRefusal(identity.auth().api.resetPassword({ body: { token, newPassword: password } }))
  if (asked.kind === 'refused') return { kind: refusals.get(asked.code) ?? 'link_over' }
  await forgetProofs(identity, person.id)
  // After the sessions: until then one of them could make another key.
  const keys = await endKeys(person)
  await noteEvent(identity.database, person.id, 'password_changed', origin, { by: 'a link' })
  tellOwner(identity, person.email, 'password_reset')
  return { kind: 'done', keys }
}

/** Ends the API keys of a person, which are tenants' rows and out of reach from here. Gives how many. */
export type EndKeys = (person: Person) => Promise<number>

const refusals = new Map<string, 'too_short' | 'too_long'>([
  ['PASSWORD_TOO_SHORT', 'too_short'],
  ['PASSWORD_TOO_LONG', 'too_long'],
])

/** Under which the library keeps the link. */
const identifierOf = (token: string) => `reset-password:${token}`

async function ownerOf(auth: Identity['auth'], token: string): Promise<string | undefined> {
  // Nothing else was ever sent, and some of it (NUL) Postgres would not even read.
  if (!/^[\w-]{1,100}$/.test(token)) return undefined
  const { internalAdapter } = await auth().$context
  const kept = await internalAdapter.findVerificationValue(identifierOf(token))
  return kept !== null && kept.expiresAt > new Date() ? kept.value : undefined
}
