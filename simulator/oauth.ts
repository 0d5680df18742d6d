import { hash, randomBytes } from 'node:crypto'
import type { Clock } from './clock.ts'
import { jsonReply, type Reply } from './reply.ts'

// Token endpoint of an OAuth 2.0 server: RFC 6749 (§4.1.3 codes, §5.1 answer, §5.2 errors, §6 refreshing), with the refresh token
// rotation of RFC 6819 §5.2.2.3: a spent refresh token that comes back is a sign of theft, and ends everything granted with it
// (read 2026-11-20).

/** Where the token endpoint answers. */
export const TOKEN_PATH = '/oauth/token'

/** How an account hands out access that ends. */
export type OAuthOptions = {
  clientId: string
  clientSecret: string
  /** The refresh token that a person's consent gave. */
  refreshToken: string
  /** Where the app may have people sent back to; on this machine any port will do (RFC 8252 §7.3). */
  redirectUris?: string[]
  /** How long an access token is good for; default 1,800. */
  accessSeconds?: number
  /** False: one refresh token for ever, as some CRMs have it. Default true. */
  rotates?: boolean
  /** What the app was registered for, as its CRM writes it; it is said with every token. Default: nothing is said, and all is allowed. */
  scope?: string
  /** The field of the answer that says where the API is, for CRMs that say so. */
  homeField?: 'api_domain' | 'instance_url'
  /** What stands in that field; default the address that was asked. */
  home?: string
}

/** What happened at the endpoint so far. */
export type TokenUses = {
  /** Times a refresh token was used well. */
  refreshed: number
  /** Times a spent one came back. */
  reused: number
  isRevoked: boolean
}

/** All that one consent led to: its refresh tokens, of which one is good, and its access tokens with their ends. */
export class Grant {
  readonly #options: OAuthOptions
  readonly #clock: Clock
  readonly #spent = new Set<string>()
  readonly #access = new Map<string, number>()
  readonly #codes = new Map<string, IssuedCode>()
  #refreshToken: string
  #refreshed = 0
  #reused = 0
  #isRevoked = false

  constructor(options: OAuthOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#refreshToken = options.refreshToken
  }

  /** Whether a request signed with this access token is let in. */
  accepts(accessToken: string): boolean {
    return !this.#isRevoked && (this.#access.get(accessToken) ?? 0) > this.#clock.nowMs()
  }

  uses(): TokenUses {
    return { refreshed: this.#refreshed, reused: this.#reused, isRevoked: this.#isRevoked }
  }

  /** Ends every access token at once; the refresh token stays good. */
  endAccess(): void {
    this.#access.clear()
  }

  /** The person takes their consent back. */
  revoke(): void {
    this.#isRevoked = true
  }

  /** The person consents anew, which gives another refresh token. */
  consent(refreshToken: string): void {
    this.#isRevoked = false
    this.#refreshToken = refreshToken
  }

  /** The code that a consent gave, for the app to exchange once, within ten minutes. */
  issueCode(given: { redirectUri: string; challenge: string | null }): string {
    const code = newToken('code')
    this.#codes.set(code, { ...given, until: this.#clock.nowMs() + codeMs, isSpent: false })
    return code
  }

  /** Whether a form for the token endpoint speaks of this consent. */
  isMeant(form: URLSearchParams): boolean {
    const [code, token] = [form.get('code') ?? '', form.get('refresh_token') ?? '']
    return this.#codes.has(code) || token === this.#refreshToken || this.#spent.has(token)
  }

  /** Whether people may be sent back to this address. */
  mayReturnTo(address: string): boolean {
    const { redirectUris = [] } = this.#options
    return redirectUris.some((registered) => withoutLocalPort(registered) === withoutLocalPort(address))
  }

  /** Begins access without a refresh token, for whoever proved in another way who they are. */
  begin(): string {
    this.#isRevoked = false
    return this.#newAccess()
  }

  /** Whether the form names this client. */
  isFor(clientId: string): boolean {
    return clientId === this.#options.clientId
  }

  /** Answers a form posted to the token endpoint at this address, and says in a word what was done, for the ledger. */
  answer(form: URLSearchParams, address = ''): { reply: Reply; deed: string } {
    if (form.get('client_secret') !== this.#options.clientSecret) return refused('invalid_client', 401)
    if (form.get('grant_type') === 'authorization_code') return this.#exchange(form, address)
    if (form.get('grant_type') !== 'refresh_token') return refused('unsupported_grant_type')
    const token = form.get('refresh_token')
    if (token === null) return refused('invalid_request')
    if (this.#spent.has(token)) {
      this.#reused += 1
      this.#isRevoked = true
      return { ...refused('invalid_grant'), deed: 'reuse' }
    }
    if (this.#isRevoked || token !== this.#refreshToken) return refused('invalid_grant')
    return { reply: this.#refresh(address), deed: 'refresh' }
  }

  #exchange(form: URLSearchParams, address: string): { reply: Reply; deed: string } {
    const issued = this.#codes.get(form.get('code') ?? '')
    if (issued === undefined || issued.until < this.#clock.nowMs()) return refused('invalid_grant')
    if (issued.isSpent) {
      this.#reused += 1
      this.#isRevoked = true
      return { ...refused('invalid_grant'), deed: 'reuse' }
    }
    issued.isSpent = true
    const proof = form.get('code_verifier')
    const isProven = issued.challenge === (proof === null ? null : hash('sha256', proof, 'base64url'))
    if (form.get('redirect_uri') !== issued.redirectUri || !isProven) return refused('invalid_grant')
    this.consent(newToken('refresh'))
    return { reply: this.#granted(address, this.#refreshToken), deed: 'code' }
  }

  #newAccess(): string {
    const accessToken = newToken('access')
    this.#access.set(accessToken, this.#clock.nowMs() + (this.#options.accessSeconds ?? 1_800) * 1_000)
    return accessToken
  }

  #refresh(address: string): Reply {
    this.#refreshed += 1
    if (this.#options.rotates === false) return this.#granted(address)
    this.#spent.add(this.#refreshToken)
    this.#refreshToken = newToken('refresh')
    return this.#granted(address, this.#refreshToken)
  }

  #granted(address: string, refreshToken?: string): Reply {
    const { accessSeconds = 1_800, homeField, home = address, scope } = this.#options
    return unstored({
      access_token: this.#newAccess(),
      token_type: 'Bearer',
      expires_in: accessSeconds,
      ...(scope !== undefined && { scope }),
      ...(homeField && { [homeField]: home }),
      ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    })
  }
}

type IssuedCode = { redirectUri: string; challenge: string | null; until: number; isSpent: boolean }

const codeMs = 600_000

function withoutLocalPort(address: string): string {
  const url = new URL(address)
  if (/^(127\.0\.0\.1|localhost)$/.test(url.hostname)) url.port = ''
  return url.href
}

/** The account that a form for the token endpoint is about: several of one CRM may have let in the same app. */
export function accountOfApp<A extends { grant: Grant | undefined }>(
  accounts: Iterable<A>,
  form: URLSearchParams,
  client = form.get('client_id') ?? '',
): A | undefined {
  const ofApp = [...accounts].filter(({ grant }) => grant?.isFor(client))
  return ofApp.find(({ grant }) => grant?.isMeant(form)) ?? ofApp[0]
}

/** The form with the client's own credentials in it, wherever they came: in the form, or by HTTP Basic (RFC 6749 §2.3.1). */
export function credentialsOf(form: URLSearchParams, authorization: string): URLSearchParams {
  const [, encoded] = /^Basic (\S+)$/.exec(authorization) ?? []
  if (encoded === undefined) return form
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString().split(':').map(decodeURIComponent)
  form.set('client_id', id)
  form.set('client_secret', secret)
  return form
}

/** The answer to a client that nobody knows. */
export const unknownClient = (): { reply: Reply; deed: string } => refused('invalid_client', 401)

const newToken = (kind: string): string => `${kind}-${randomBytes(24).toString('base64url')}`

function refused(error: string, status = 400): { reply: Reply; deed: string } {
  return {
    reply: unstored({ error, error_description: `the request was refused: ${error}` }, status),
    deed: error,
  }
}

function unstored(value: unknown, status = 200): Reply {
  const reply = jsonReply(JSON.stringify(value), status)
  return { ...reply, headers: { ...reply.headers, 'Cache-Control': 'no-store', Pragma: 'no-cache' } }
}
