import type { identityDeeds } from '../../drizzle/schema/identity.ts'

/** What people do with their own sign-in, with the words of the audit log. */
export const identityWords = {
  signed_in: 'Signed in',
  sign_in_failed: 'Wrong password given',
  signed_out: 'Signed out',
  sessions_ended: 'Sessions ended',
  password_changed: 'Password changed',
  password_reset_asked: 'Link to a new password asked for',
  second_factor_on: 'Second factor turned on',
  second_factor_off: 'Second factor turned off',
  second_factor_failed: 'Wrong code given',
  recovery_codes_made: 'New recovery codes made',
  account_linked: 'Provider linked',
  account_unlinked: 'Provider unlinked',
  workspace_refused: 'Refused at another workspace',
  user_added: 'Became known',
  operator_added: 'Made an operator of the agency',
} as const satisfies Record<(typeof identityDeeds)[number], string>

export type IdentityDeed = keyof typeof identityWords
