import type { SimulatedAccount } from './account.ts'
import { dialectOf } from './dialects.ts'
import { HubSpot } from './hubspot.ts'
import { PORTAL_ID } from './hubspot-options.ts'
import { notFound, ok } from './hubspot-reply.ts'
import type { Reply } from './reply.ts'

// Parameters go in the body; the refresh token comes back with every answer and does not end by itself:
// https://developers.hubspot.com/docs (OAuth tokens, read 2026-11-20). v1 stops on 2027-02-16; ASSUMED: it is not found from then on.

/** Paths of the token endpoint, which all answer alike while they last. */
export const isTokenPath = (path: string): boolean => /^\/oauth\/(v1|v3|2026-03|2026-09)\/token$/.test(path)

const v1EndsAtMs = Date.parse('2027-02-16T00:00:00Z')

/** The answer to a form, and in a word what was done. */
export function answerToken(
  account: SimulatedAccount | undefined,
  path: string,
  form: URLSearchParams,
): { reply: Reply; deed: string } {
  if (account?.grant === undefined)
    return { reply: refusal('BAD_CLIENT_ID', 'missing or unknown client id'), deed: 'BAD_CLIENT_ID' }
  if (path.startsWith('/oauth/v1/') && dialectOf(account, HubSpot).nowMs() >= v1EndsAtMs)
    return { reply: notFound(), deed: 'ended' }
  const { reply, deed } = account.grant.answer(form)
  if (reply.status !== 200) {
    const [status, words] = statuses[deed] ?? [
      'BAD_REFRESH_TOKEN',
      'the refresh token is not valid (any more)',
    ]
    return { reply: refusal(status, words, deed === 'reuse' ? 'invalid_grant' : deed), deed }
  }
  const granted = JSON.parse(reply.body.toString()) as Record<string, unknown>
  const { portalId = PORTAL_ID } = account.options.hubspot ?? {}
  const body = {
    token_type: 'bearer',
    refresh_token: granted.refresh_token ?? form.get('refresh_token'),
    access_token: granted.access_token,
    hub_id: portalId,
    scopes: [...new Set(['oauth', ...dialectOf(account, HubSpot).scopes])],
    expires_in: granted.expires_in,
    token_use: 'access_token',
    user_id: 293_199,
  }
  return { reply: { ...reply, body: Buffer.from(JSON.stringify(body)) }, deed }
}

const statuses: Record<string, [status: string, words: string]> = {
  invalid_client: ['BAD_CLIENT_SECRET', 'missing or invalid client secret'],
  unsupported_grant_type: ['BAD_GRANT_TYPE', 'missing or unknown grant type'],
}

const refusal = (status: string, message: string, error = 'invalid_request'): Reply =>
  ok({ error, error_description: message, status, message }, 400)
