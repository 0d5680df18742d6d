import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { interactionPolicy, Provider } from 'oidc-provider'
import type { Provider as Settings } from '../../../src/identity/providers.ts'
import { stranger, type Visitor } from '../visitor.ts'

/** Whom a provider knows. */
export type Account = { sub: string; email: string; email_verified: boolean | string; name?: string }

export type OidcServer = {
  /** What the web is configured with. */
  settings: Settings
  /** Who sits in front of it and agrees, or `cancels`. */
  signedIn: Account | 'cancels'
  /** Lets it send people back to this web. */
  trust: (url: string) => void
  /** Gives the port that is free again. */
  close: () => Promise<number>
}

const clientSecret = 'what the provider and the web alone know'

/** A real OpenID provider on this machine that asks its people nothing. It insists on PKCE. */
export async function startProvider(id: string, atPort = 0): Promise<OidcServer> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }
  const accounts = new Map<string, Account>()
  const server = createServer((req, res) => {
    void (req.url?.startsWith('/interaction/') ? agree(req, res) : provider.callback()(req, res))
  }).listen(atPort, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const policy = interactionPolicy.base()
  policy.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0)
  const made = (redirectUri: string) =>
    new Provider(issuer, {
      clients: [{ client_id: 'tidemark', client_secret: clientSecret, redirect_uris: [redirectUri] }],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      cookies: { keys: ['of this provider'] },
      features: { devInteractions: { enabled: false } },
      findAccount: (_ctx: unknown, accountId: string) => ({
        accountId,
        claims: () => accounts.get(accountId),
      }),
      interactions: { policy, url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
      jwks: { keys: [key] },
      pkce: { required: () => true },
    })
  let provider = made('http://127.0.0.1:1/nowhere')

  const agree = async (req: IncomingMessage, res: ServerResponse) => {
    const { params } = await provider.interactionDetails(req, res)
    const { signedIn } = it
    if (signedIn === 'cancels') return provider.interactionFinished(req, res, { error: 'access_denied' })
    accounts.set(signedIn.sub, signedIn)
    const grant = new provider.Grant({ accountId: signedIn.sub, clientId: params['client_id'] })
    grant.addOIDCScope('openid email profile')
    const result = {
      select_account: {},
      login: { accountId: signedIn.sub },
      consent: { grantId: await grant.save() },
    }
    return provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false })
  }

  const it: OidcServer = {
    settings: { id, label: id.toUpperCase(), issuer, clientId: 'tidemark', clientSecret },
    signedIn: 'cancels',
    trust: (url) => {
      provider = made(`${url}/api/auth/callback/${id}`)
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      return port
    },
  }
  return it
}

/** Presses "Continue with …". Gives the address at the provider to which the browser is sent. */
export async function depart(visitor: Visitor, provider: string, next = '/w'): Promise<URL> {
  const answer = await visitor.post('/sign-in/with', { provider, next })
  return new URL(/url=(.*)/.exec(answer.headers.get('refresh') ?? '')?.[1] ?? 'about:blank')
}

/** Goes through the provider's pages. Gives the path of ours, with its query, that it sends the browser back to. */
export async function goThrough(there: URL): Promise<string> {
  const browser = stranger(there.origin)
  let url = there
  for (let step = 0; step < 12; step++) {
    const answer = await browser.get(url.pathname + url.search)
    const location = answer.headers.get('location')
    if (location === null) throw new Error(`${answer.status} at ${url.pathname}: ${await answer.text()}`)
    url = new URL(location, there)
    if (url.origin !== there.origin) return url.pathname + url.search
  }
  throw new Error('the provider never sent the browser back')
}
