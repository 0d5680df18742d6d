import type { GenericOAuthConfig } from 'better-auth/plugins'
import type { Config } from '../../drizzle/config.ts'

/** Somebody else who says who a person is. */
export type Provider = { id: string; label: string; issuer: string; clientId: string; clientSecret: string }

/** The providers that are configured; none by default. All speak OpenID Connect and differ in their issuer. */
export function providersOf(config: Config): Provider[] {
  const offered = [
    {
      id: 'google',
      label: 'Google',
      issuer: 'https://accounts.google.com',
      clientId: config.GOOGLE_CLIENT_ID,
      clientSecret: config.GOOGLE_CLIENT_SECRET,
    },
    {
      id: 'microsoft',
      label: 'Microsoft',
      // One directory, never "common": there anybody may give an account any address.
      issuer: `https://login.microsoftonline.com/${config.MICROSOFT_TENANT_ID}/v2.0`,
      clientId: config.MICROSOFT_CLIENT_ID,
      clientSecret: config.MICROSOFT_CLIENT_SECRET,
    },
    {
      id: 'salesforce',
      label: 'Salesforce',
      issuer: config.SALESFORCE_LOGIN_URL,
      clientId: config.SALESFORCE_CLIENT_ID,
      clientSecret: config.SALESFORCE_CLIENT_SECRET,
    },
    {
      id: 'oidc',
      label: config.OIDC_NAME,
      issuer: config.OIDC_ISSUER,
      clientId: config.OIDC_CLIENT_ID,
      clientSecret: config.OIDC_CLIENT_SECRET,
    },
  ]
  return offered.filter((one): one is Provider => one.clientId !== undefined)
}

/** Where a provider says how it is asked (OpenID Connect Discovery 1.0, section 4). */
export const discoveryUrl = ({ issuer }: Pick<Provider, 'issuer'>): string =>
  `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`

/**
 * How the library asks a provider: with PKCE, by its discovery document, believing signed ID tokens only. `heard` is told
 * under which address the provider knows somebody.
 */
export function oauthOf(
  { id, label, issuer, clientId, clientSecret }: Provider,
  heard: (email: string) => void,
): GenericOAuthConfig {
  return {
    providerId: id,
    name: label,
    discoveryUrl: discoveryUrl({ issuer }),
    requireIdTokenVerification: true,
    clientId,
    clientSecret,
    scopes: ['openid', 'email', 'profile'],
    pkce: true,
    // Nobody becomes known by signing in: people are invited.
    disableSignUp: true,
    prompt: 'select_account',
    mapProfileToUser: (profile) => {
      const { name, email } = named(profile)
      heard(email)
      // Some say it in words; "false" must not pass for true. A directory of one company has proven its addresses and says
      // nothing of it in its tokens.
      const isProven = ['true', true].includes(profile['email_verified'] as string | boolean)
      // In lower case some letters beyond ASCII become letters of it (the Kelvin sign is a k): another mailbox with our name.
      const isPlain = /^[\x21-\x7e]+$/.test(email)
      return { name, email, emailVerified: isPlain && (isProven || id === 'microsoft') }
    },
  }
}

function named({ name, email }: { name?: unknown; email?: unknown }) {
  return { name: typeof name === 'string' ? name : '', email: typeof email === 'string' ? email : '' }
}
