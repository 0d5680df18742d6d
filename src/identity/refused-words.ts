/** What kept somebody from coming in by a provider, in a sentence. `label` is the provider's name, `email` what it calls them. */
export function wordsOfRefusal(
  code: string,
  { label, email }: { label: string; email?: string | undefined },
) {
  switch (code) {
    case 'access_denied':
    case 'login_required':
    case 'interaction_required':
      return `Sign-in with ${label} was cancelled.`
    case 'signup_disabled':
      return email === undefined
        ? `${label} knows you, and nobody here has your address. Ask for an invitation.`
        : `${label} says you are ${email}. Nobody here has that address. Ask for an invitation.`
    case 'account_not_linked':
    case 'email_not_verified':
      return `${label} has not made sure that ${email ?? 'the address'} is yours. Confirm it there, or sign in with your password.`
    case 'email_not_found':
      return `${label} did not tell us your address. Allow it to, or sign in with your password.`
    case 'unreachable':
      return `${label} cannot be reached at the moment. Try again shortly, or sign in with your password.`
    case 'code_over':
      return 'That took too long, or too many codes were tried. Sign in again.'
    default:
      return `Sign-in with ${label} did not work out. Start again from here.`
  }
}
