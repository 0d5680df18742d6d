import { sign } from 'node:crypto'
import type { Consent } from '../../../drizzle/schema/connections.ts'
import { FatalError } from '../../errors.ts'
import type { TokenRenewal } from '../connector.ts'
import { readTokenReply } from '../tokens.ts'

// "OAuth 2.0 JWT Bearer Flow" and "OAuth 2.0 Refresh Token Flow" at https://help.salesforce.com (read 2026-11-20). Neither answer says
// how long the session lasts: it is renewed when it is refused. Both say where the org is.

const url = '/services/oauth2/token'
const home = { within: 'salesforce.com', path: '/services/data/v67.0/' }
const read = readTokenReply('Salesforce', {
  homeField: 'instance_url',
  // https://login.salesforce.com/id/<organisation>/<user>
  account: ({ id }) => (typeof id === 'string' ? /\/id\/(00D\w{12,15})\//.exec(id)?.[1] : undefined),
})

/** By a key of our own: nothing is used up, and nobody has to consent anew. */
export const byAssertion: TokenRenewal = {
  fields: { accessToken: 'accessToken', refreshToken: 'privateKey', home: 'instanceUrl' },
  home,
  request: ({ consumerKey = '', username = '', privateKey = '' }, address) => ({
    url,
    form: {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: assertion({ iss: consumerKey, sub: username, aud: audienceOf(address) }, privateKey),
    },
  }),
  read,
}

/** By the consent of a user to an app: each refresh token is good for one renewal. */
export const byConsent: TokenRenewal = {
  fields: { accessToken: 'accessToken', refreshToken: 'refreshToken', home: 'instanceUrl' },
  home,
  request: ({ consumerKey = '', consumerSecret = '', refreshToken = '' }) => ({
    url,
    form: {
      grant_type: 'refresh_token',
      client_id: consumerKey,
      client_secret: consumerSecret,
      refresh_token: refreshToken,
    },
  }),
  read,
}

/** Where that user is asked. Apps of several customers need a proof key since 2026-05-11. */
export const consent: Consent = {
  crm: 'Salesforce',
  variables: 'SALESFORCE_APP',
  url: 'https://login.salesforce.com/services/oauth2/authorize',
  parameters: { scope: 'api refresh_token' },
  // What the user may write is a matter of the user's own permissions.
  writeScopes: ['api'],
  takesProofKey: true,
  app: { clientId: 'consumerKey', clientSecret: 'consumerSecret' },
}

/** An assertion is good for five minutes at most. */
const lifeSeconds = 180

function assertion(claims: Record<string, string>, privateKey: string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const exp = Math.floor(Date.now() / 1_000) + lifeSeconds
  const bare = `${encode({ alg: 'RS256' })}.${encode({ ...claims, exp })}`
  return `${bare}.${signed(bare, privateKey)}`
}

/** A key that was pasted into one line lacks the breaks that make it one. Throws `FatalError` (`E_SETTINGS`) for what is no key. */
function signed(text: string, privateKey: string): string {
  const [, kind = '', inner = ''] = /-----BEGIN ([A-Z ]+)-----([^-]+)-----END/.exec(privateKey) ?? []
  const lines = inner.replaceAll(/\s+/g, '').match(/.{1,64}/g) ?? []
  const pem = [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`, ''].join('\n')
  try {
    return sign('RSA-SHA256', Buffer.from(text), pem).toString('base64url')
  } catch {
    throw new FatalError(
      'E_SETTINGS',
      'the private key is no RSA key in PEM; enter it again, with its first and last line',
    )
  }
}

/** Whom an assertion is for: the login server of production or of sandboxes, whatever address of an org was given. */
function audienceOf(address: string): string {
  const { hostname, origin } = new URL(address)
  if (!hostname.endsWith('.salesforce.com')) return origin
  const isSandbox = hostname === 'test.salesforce.com' || hostname.includes('.sandbox.')
  return `https://${isSandbox ? 'test' : 'login'}.salesforce.com`
}
