import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto'
import { noteEvent } from './events.ts'
import { tellOwner } from './letters.ts'
import { confirmed, type By, type Confirmed } from './own-password.ts'
import { endSessions, forgetProofs } from './people.ts'
import { orRefusal } from './refusal.ts'
import type { Identity } from './start.ts'

/** How long somebody may take between their password and the first code. */
const enrolmentMs = 15 * 60_000

/** What an authenticator app reads, and the same for people who type it. */
export type Enrolment = { uri: string; secret: string }

/**
 * Begins to set up codes. The secret is shown to this session alone and for a quarter of an hour: a session that was stolen
 * later must not learn it, nor put an authenticator of its own in front of the owner.
 */
export async function beginEnrolment(
  identity: Identity,
  by: By & { sessionId: string },
  password: string,
): Promise<Confirmed<void>> {
  return confirmed(identity, by, async () => {
    const answer = await identity.auth().api.enableTwoFactor({ body: { password }, headers: by.headers })
    const { internalAdapter, secretConfig } = await identity.auth().$context
    if (answer.method !== 'totp') throw new Error('the library set up another second factor')
    await internalAdapter.deleteVerificationByIdentifier(identifierOf(by.sessionId))
    await internalAdapter.createVerificationValue({
      identifier: identifierOf(by.sessionId),
      value: await symmetricEncrypt({ key: secretConfig, data: answer.totpURI }),
      expiresAt: new Date(Date.now() + enrolmentMs),
    })
  })
}

/** The enrolment that this session has begun, if it is still open. */
export async function openEnrolment(identity: Identity, sessionId: string): Promise<Enrolment | undefined> {
  const { internalAdapter, secretConfig } = await identity.auth().$context
  const kept = await internalAdapter.findVerificationValue(identifierOf(sessionId))
  if (kept === null || kept.expiresAt <= new Date()) return undefined
  const uri = await symmetricDecrypt({ key: secretConfig, data: kept.value })
  return { uri, secret: new URL(uri).searchParams.get('secret') ?? '' }
}

/** Ends the enrolment with a first code: from now on every way in asks for one. Every other session ends. Gives the recovery codes. */
export async function confirmEnrolment(
  identity: Identity,
  { person, origin, headers, sessionId }: By & { sessionId: string },
  code: string,
): Promise<{ kind: 'on'; cookies: string[]; codes: string[] } | { kind: 'wrong' | 'over' }> {
  if (person.hasSecondFactor || (await openEnrolment(identity, sessionId)) === undefined)
    return { kind: 'over' }
  const { api } = identity.auth()
  const asked = await orRefusal(
    api.verifyTOTP({ body: { code: code.replace(/\D/g, '') }, headers, returnHeaders: true }),
  )
  if (asked.kind === 'refused') return { kind: 'wrong' }
  const cookies = asked.answer.headers.getSetCookie()
  await endSessions(identity, person.id, await tokenOf(identity, cookies))
  await forgetProofs(identity, person.id)
  const { internalAdapter } = await identity.auth().$context
  await internalAdapter.deleteVerificationByIdentifier(identifierOf(sessionId))
  await noteEvent(identity.database, person.id, 'second_factor_on', origin)
  tellOwner(identity, person.email, 'second_factor_on')
  const { backupCodes } = await api.viewBackupCodes({ body: { userId: person.id } })
  return { kind: 'on', cookies, codes: backupCodes }
}

/** Turns codes off. */
export async function turnOff(identity: Identity, by: By, password: string): Promise<Confirmed<string[]>> {
  const outcome = await confirmed(identity, by, () =>
    identity.auth().api.disableTwoFactor({ body: { password }, headers: by.headers, returnHeaders: true }),
  )
  if (outcome.kind !== 'done') return outcome
  await forgetProofs(identity, by.person.id)
  await noteEvent(identity.database, by.person.id, 'second_factor_off', by.origin)
  tellOwner(identity, by.person.email, 'second_factor_off')
  return { kind: 'done', answer: outcome.answer.headers.getSetCookie() }
}

/** Makes ten new recovery codes; the former ones are worth nothing from then on. */
export async function renewRecoveryCodes(
  identity: Identity,
  by: By,
  password: string,
): Promise<Confirmed<string[]>> {
  const outcome = await confirmed(identity, by, () =>
    identity.auth().api.generateBackupCodes({ body: { password }, headers: by.headers }),
  )
  if (outcome.kind !== 'done') return outcome
  await noteEvent(identity.database, by.person.id, 'recovery_codes_made', by.origin)
  return { kind: 'done', answer: outcome.answer.backupCodes }
}

const identifierOf = (sessionId: string) => `enrolment-${sessionId}`

/** The token of the session that these cookies begin. */
async function tokenOf(identity: Identity, cookies: readonly string[]): Promise<string | undefined> {
  const cookie = cookies.map((line) => line.split(';')[0]).join('; ')
  const found = await identity.auth().api.getSession({ headers: new Headers({ cookie }) })
  return found?.session.token
}
