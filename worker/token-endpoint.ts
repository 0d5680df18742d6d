import { Pool } from 'undici'
import type { ConsentApp } from '../drizzle/consent-apps.ts'
import { guardedConnector } from './address.ts'
import type { AnyConnector, RenewedTokens, TokenRenewal } from './connectors/connector.ts'
import { FatalError, StreamError, SyncError } from './errors.ts'
import { send, understand, withoutSecrets } from './send.ts'
import { statusFault } from './status-fault.ts'

export type TokenEndpoint = {
  connector: AnyConnector
  renewal: TokenRenewal
  /** The installation's app, where the connection has none of its own. */
  app?: ConsentApp | undefined
  baseUrl: string
  allowPrivateHosts: boolean
}

/** A question that was sent is waited for, whatever happens around it, since its answer is given only once; shorter than others wait. */
const timeoutMs = 45_000

/**
 * Asks for tokens: renews access, or, given the form of a `grant`, begins it (RFC 6749 §4.1.3). No transaction is open meanwhile.
 * Throws a `SyncError` when there are none, `FatalError` when the CRM refuses: `E_AUTH_REVOKED` for the consent, `E_SETTINGS` for the
 * app, naming what is to be corrected.
 */
export async function askForTokens(
  endpoint: TokenEndpoint,
  secrets: Record<string, string>,
  grant?: Record<string, string>,
): Promise<RenewedTokens> {
  const { renewal, allowPrivateHosts } = endpoint
  const asked = renewal.request(secrets, endpoint.baseUrl)
  const url = urlOf(endpoint, asked.url)
  const { refresh_token: _, ...ofClient } = asked.form
  const form = grant === undefined ? asked.form : { ...ofClient, ...grant }
  const pool = new Pool(url.origin, { connect: guardedConnector(allowPrivateHosts), connections: 1 })
  const posted = {
    method: 'POST' as const,
    path: `${url.pathname}${url.search}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...asked.headers },
    body: new URLSearchParams(form).toString(),
  }
  try {
    const { raw } = understand(await send(pool, posted, timeoutMs))
    const told =
      raw.status < 300 ? raw : withoutSecrets(raw, [...Object.values(secrets), ...Object.values(grant ?? {})])
    const answer = renewal.read(told) ?? statusFault(told, 'new access')
    if (answer === null)
      throw new StreamError('E_CRM_BAD_REPLY', 'the answer to a renewal of our access was not understood')
    if (answer instanceof SyncError)
      throw answer.code === 'E_SETTINGS' ? sayingWhere(endpoint, answer) : answer
    return answer
  } finally {
    await pool.destroy()
  }
}

/** An app of the installation asks where it is registered, whatever address the connection has. */
function urlOf({ connector, app, baseUrl }: TokenEndpoint, asked: string): URL {
  if (app === undefined) return new URL(asked, baseUrl)
  const usual = new URL(asked, connector.baseUrl)
  return app.address === null ? usual : new URL(usual.pathname, app.address)
}

/** What was set wrong is the same for everybody who consented to an app of the installation. */
function sayingWhere({ connector, app }: TokenEndpoint, { code, message }: SyncError): FatalError {
  const variables = `${connector.consent?.variables}_CLIENT_ID and ${connector.consent?.variables}_CLIENT_SECRET`
  const where =
    app === undefined ? 'the keys of the app that were entered here' : `${variables} of the worker`
  return new FatalError(code, `${message}; correct ${where}`)
}
