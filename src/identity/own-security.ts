import type { Logger } from 'pino'
import { duration } from '../format.ts'
import { noteEvent, type Origin } from './events.ts'
import { guessableWords } from './guessable.ts'
import { unlinkAccount } from './linked-accounts.ts'
import { changePassword, type By, type Confirmed } from './own-password.ts'
import { endSessions, forgetProofs } from './people.ts'
import { longestPassword, shortestPassword } from './password-length.ts'
import { askForReset, type EndKeys } from './reset.ts'
import { beginEnrolment, confirmEnrolment, renewRecoveryCodes, turnOff } from './second-factor.ts'
import { endSession } from './sessions.ts'
import type { Identity } from './start.ts'

/** Words that a page may carry in its address after a deed, and what they say. */
export const securityNews = {
  password: 'Your password is changed. Every other session of yours has ended.',
  off: 'Codes are off. A password alone lets you in.',
  ended: 'That session has ended.',
  unlinked: 'That way in is closed, and every other session of yours has ended.',
  mailed: 'A link with which you choose a password is on its way to you.',
  enrolling: '',
} as const

export type SecurityOutcome =
  | { kind: 'done'; news: keyof typeof securityNews; cookies: string[] }
  /** Shown once, on the page that answers. */
  | { kind: 'codes'; codes: string[]; cookies: string[] }
  /** They are signed out. `keys` is how many API keys have ended. */
  | { kind: 'left'; keys: number }
  | { kind: 'refused'; status: 401 | 409 | 422 | 429; words: string; seconds?: number }

export type SecurityRequest = {
  by: By & { sessionId: string; origin: Origin & { log: Logger } }
  fields: Partial<Record<string, string>>
  /** The workspaces of this person that demand a second factor. */
  demandedBy: readonly string[]
  endKeys: EndKeys
}

/** Does what somebody asked for on the page of their own sign-in. */
export async function changeOwnSecurity(
  identity: Identity,
  { by, fields, demandedBy, endKeys }: SecurityRequest,
): Promise<SecurityOutcome> {
  const { person, origin } = by
  const password = fields['password'] ?? ''
  switch (fields['action']) {
    case 'password': {
      const changed = await changePassword(identity, by, { present: password, next: fields['next'] ?? '' })
      return changed.kind === 'done' ? done('password', changed.answer) : refused(changed)
    }
    case 'choose_password': {
      const seconds = await askForReset(identity, person.email, origin)
      return seconds === 0 ? done('mailed') : refused({ kind: 'wait', seconds })
    }
    case 'enrol': {
      const begun = await beginEnrolment(identity, by, password)
      return begun.kind === 'done' ? done('enrolling') : refused(begun)
    }
    case 'confirm': {
      const confirmed = await confirmEnrolment(identity, by, fields['code'] ?? '')
      if (confirmed.kind === 'on') return { ...confirmed, kind: 'codes' }
      return confirmed.kind === 'wrong'
        ? { kind: 'refused', status: 401, words: wrongCode }
        : { kind: 'refused', status: 409, words: 'That took too long. Start again with your password.' }
    }
    case 'off': {
      if (demandedBy.length > 0) return { kind: 'refused', status: 409, words: demanded(demandedBy) }
      const off = await turnOff(identity, by, password)
      return off.kind === 'done' ? done('off', off.answer) : refused(off)
    }
    case 'codes': {
      const renewed = await renewRecoveryCodes(identity, by, password)
      return renewed.kind === 'done'
        ? { kind: 'codes', codes: renewed.answer, cookies: [] }
        : refused(renewed)
    }
    case 'unlink': {
      const unlinked = await unlinkAccount(identity, by, { account: fields['account'] ?? '', password })
      return unlinked.kind === 'done' ? done('unlinked') : refused(unlinked)
    }
    case 'end':
      await endSession(identity, person.id, fields['session'] ?? '', origin)
      return done('ended')
    case 'end_all': {
      await endSessions(identity, person.id)
      await forgetProofs(identity, person.id)
      const keys = fields['keys'] === 'on' ? await endKeys(person) : 0
      await noteEvent(identity.database, person.id, 'sessions_ended', origin, { which: 'all' })
      return { kind: 'left', keys }
    }
    default:
      return { kind: 'refused', status: 422, words: 'Nothing was changed: the form did not say what to do.' }
  }
}

const done = (news: keyof typeof securityNews, cookies: string[] = []): SecurityOutcome => ({
  kind: 'done',
  news,
  cookies,
})

const wrongCode =
  "That code didn't match. Codes change every 30 seconds and work once; check your phone's clock."

const demanded = (names: readonly string[]) =>
  `${names.join(' and ')} ${names.length === 1 ? 'asks' : 'ask'} for a second factor, so codes stay on.`

function refused(outcome: Exclude<Confirmed<unknown>, { kind: 'done' }>): SecurityOutcome {
  if (outcome.kind === 'wrong_password')
    return { kind: 'refused', status: 401, words: 'That is not your present password.' }
  if (outcome.kind === 'wait') {
    const { seconds } = outcome
    const words = `Too many tries. Wait ${duration(seconds * 1_000)}, then try again.`
    return { kind: 'refused', status: 429, words, seconds }
  }
  const words = refusals.get(outcome.code) ?? 'Nothing was changed. Load the page again and start over.'
  return { kind: 'refused', status: 422, words }
}

const length = `The new password must have ${shortestPassword} to ${longestPassword} characters.`
const refusals = new Map([
  ['PASSWORD_TOO_SHORT', length],
  ['PASSWORD_TOO_LONG', length],
  ['PASSWORD_GUESSABLE', guessableWords],
  ['CREDENTIAL_ACCOUNT_NOT_FOUND', 'You have no password yet. Choose one first.'],
  ['TOTP_ALREADY_ENABLED', 'Codes are on already.'],
  ['TWO_FACTOR_NOT_ENABLED', 'Codes are not on.'],
])
