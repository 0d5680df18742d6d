import { z } from 'zod'
import { FatalError, StreamError, type SyncError } from '../errors.ts'
import type { RawReply, RenewedTokens } from './connector.ts'

// RFC 6749 §5.1 and §5.2 (read 2026-11-20). `expires_in` comes as text from some servers; scopes are parted by blanks, by commas
// (Pipedrive), or are a list (HubSpot).
const granted = z.looseObject({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).optional(),
  expires_in: z.coerce.number().positive().optional(),
  scope: z.string().optional(),
  scopes: z.array(z.string()).optional(),
})
const refused = z.looseObject({
  error: z.string(),
  error_description: z.string().optional(),
  status: z.string().optional().catch(undefined),
})

/** Errors after which the same refresh token will never do again. */
const final = ['invalid_grant', 'access_denied']

/**
 * Errors about the app that asks, which say nothing about anybody's consent: whoever set the app up corrects it, and the same refresh
 * token does again. Salesforce has a code of its own for an unknown id; HubSpot calls it an invalid request, and says in `status` which.
 */
const ofApp = [
  'invalid_client',
  'unauthorized_client',
  'invalid_client_id',
  'BAD_CLIENT_ID',
  'BAD_CLIENT_SECRET',
]

/** What a CRM says besides tokens: in which field the account's API is, and how it names the account. */
type Further = { homeField?: string; account?: (granted: Record<string, unknown>) => unknown }

/**
 * Reads the answer of a token endpoint that keeps to the standard. `crm` is the connector's label. A refusal of the app itself is a
 * `FatalError` (`E_SETTINGS`), one of the consent is `E_AUTH_REVOKED`.
 */
export const readTokenReply =
  (crm: string, { homeField, account }: Further = {}) =>
  ({ status, body }: RawReply): RenewedTokens | SyncError | null => {
    const error = refused.safeParse(body)
    if (status >= 400 && status < 500 && status !== 429 && error.success) {
      const { error: code, error_description: said = 'no more words', status: named } = error.data
      if (ofApp.includes(code) || (named !== undefined && ofApp.includes(named)))
        return new FatalError(
          'E_SETTINGS',
          `${crm} does not know the app by its id and secret: ${code.slice(0, 80)} (${said.slice(0, 200)})`,
        )
      const message = `${crm} refused to renew our access: ${code.slice(0, 80)} (${said.slice(0, 200)})`
      return final.includes(code)
        ? new FatalError('E_AUTH_REVOKED', message)
        : new StreamError('E_CRM_BAD_REPLY', message)
    }
    if (status < 200 || status > 299) return null
    const tokens = granted.safeParse(body)
    if (!tokens.success)
      return new StreamError('E_CRM_BAD_REPLY', `${crm} answered a renewal of our access without a token`)
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: seconds } = tokens.data
    const renewed = { accessToken, refreshToken: refreshToken ?? null, seconds: seconds ?? null }
    const home = homeField === undefined ? undefined : tokens.data[homeField]
    const whose = account?.(tokens.data)
    const scopes = tokens.data.scopes ?? tokens.data.scope?.split(/[\s,]+/).filter((scope) => scope !== '')
    return {
      ...renewed,
      ...(typeof home === 'string' && { home }),
      ...(['string', 'number'].includes(typeof whose) && { account: String(whose) }),
      ...(scopes !== undefined && { scopes }),
    }
  }
