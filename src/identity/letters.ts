import type { Identity } from './start.ts'

/** What the owner of a sign-in is told when something was done in their name. */
const letters = {
  password_locked: {
    subject: 'Somebody tries to sign in to Tidemark as you',
    text: 'Ten wrong passwords were given for your address within an hour, so nobody can sign in with it for 15 minutes, you included. Your password is unchanged. If it was you, wait, or choose a new password on the sign-in page.',
  },
  code_locked: {
    subject: 'Somebody knows your Tidemark password',
    text: 'Somebody signed in as you with the right password and then gave ten wrong codes within an hour. For 15 minutes no code is taken. If it was not you, choose a new password on the sign-in page now.',
  },
  password_changed: {
    subject: 'Your Tidemark password was changed',
    text: 'Your password was changed just now, and every other session of yours has ended. If it was not you, choose a new password on the sign-in page and tell the admin of your workspace.',
  },
  password_reset: {
    subject: 'Your Tidemark password was changed',
    text: 'A new password was chosen by a link just now. Every session of yours has ended, and so has every API key that you had made: a program that used one needs a new key. If it was not you, choose a new password on the sign-in page and tell the admin of your workspace.',
  },
  account_linked: {
    subject: 'Another way to sign in to Tidemark as you',
    text: 'Somebody signed in as you through another provider for the first time just now; its account lets you in from now on. If it was not you, tell the admin of your workspace, and see to it that nobody else has that account.',
  },
  account_unlinked: {
    subject: 'One way less to sign in to Tidemark as you',
    text: 'An account at another provider was unlinked from your sign-in just now, and every other session of yours has ended. If it was not you, choose a new password on the sign-in page and tell the admin of your workspace.',
  },
  second_factor_on: {
    subject: 'Codes are on for your Tidemark sign-in',
    text: 'Signing in as you takes a code of your authenticator from now on. If it was not you, tell the admin of your workspace: whoever runs Tidemark can turn codes off for you.',
  },
  second_factor_off: {
    subject: 'Codes are off for your Tidemark sign-in',
    text: 'Signing in as you takes a password alone from now on. If it was not you, choose a new password on the sign-in page and tell the admin of your workspace.',
  },
} as const

/** Writes to somebody about their sign-in. Not awaited and never a reason to fail: how long it takes must tell nothing. */
export function tellOwner({ mail }: Pick<Identity, 'mail'>, to: string, letter: keyof typeof letters): void {
  void mail.send({ to, ...letters[letter] }).catch(() => undefined)
}
