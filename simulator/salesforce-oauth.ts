import { createVerify } from 'node:crypto'
import type { SimulatedAccount } from './account.ts'
import { dialectOf } from './dialects.ts'
import type { House } from './house.ts'
import { accountOfApp } from './oauth.ts'
import type { Reply } from './reply.ts'
import { salesforceId } from './salesforce-ids.ts'
import { ok } from './salesforce-reply.ts'
import { Salesforce } from './salesforce.ts'

// Salesforce's token endpoint: "OAuth 2.0 Refresh Token Flow" and "OAuth 2.0 JWT Bearer Flow" at https://help.salesforce.com (read
// 2026-11-20). An answer says where the org is, and never how long the session lasts.

/** Where the token endpoint answers. */
export const TOKEN_PATH = '/services/oauth2/token'

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

type Answered = { reply: Reply; deed: string }

/** Whose app a form comes from: the client it names, or the issuer of its assertion. */
export function accountOfForm({ accounts }: House, form: URLSearchParams): SimulatedAccount | undefined {
  const client = form.get('client_id') ?? textOf(claimsOf(form.get('assertion') ?? '').iss)
  const here = [...accounts.values()].filter(({ options }) => options.crm === 'salesforce')
  return accountOfApp(here, form, client)
}

/** Answers a form, and says in a word what was done, for the ledger. */
export function answerToken(
  { clock }: House,
  account: SimulatedAccount | undefined,
  form: URLSearchParams,
  address: string,
): Answered {
  if (account?.grant === undefined) return refused('invalid_client_id', 'client identifier invalid')
  if (form.get('grant_type') === JWT_BEARER) {
    const wrong = wrongWith(account, form.get('assertion') ?? '', clock.nowMs(), address)
    if (wrong !== null) return refused('invalid_grant', wrong)
    return { reply: ok(granted(account, account.grant.begin(), address)), deed: 'assertion' }
  }
  const { reply, deed } = account.grant.answer(form)
  if (reply.status === 200) {
    const { access_token: token, refresh_token: next } = JSON.parse(reply.body.toString()) as Record<
      string,
      string
    >
    return {
      reply: ok({ ...granted(account, token ?? '', address), ...(next && { refresh_token: next }) }),
      deed,
    }
  }
  if (deed === 'invalid_client') return { ...refused('invalid_client', 'invalid client credentials'), deed }
  return { ...refused('invalid_grant', 'expired access/refresh token'), deed }
}

/** Who a session speaks for. */
export function userInfo(account: SimulatedAccount): Reply {
  const organization = dialectOf(account, Salesforce).organizationId
  const user = salesforceId('User', 2)
  return ok({
    user_id: user,
    organization_id: organization,
    preferred_username: usernameOf(account),
    zoneinfo: 'America/New_York',
    locale: 'en_US',
    active: true,
  })
}

function granted(account: SimulatedAccount, token: string, address: string): Record<string, string> {
  return {
    access_token: token,
    signature: 'c2ltdWxhdGVk',
    scope: 'refresh_token api',
    instance_url: address,
    id: `${address}/id/${dialectOf(account, Salesforce).organizationId}/${salesforceId('User', 2)}`,
    token_type: 'Bearer',
    issued_at: String(Date.now()),
  }
}

const usernameOf = ({ options }: SimulatedAccount): string =>
  options.salesforce?.username ?? 'integration@example.org'

/** What speaks against an assertion; null when nothing does. */
function wrongWith(
  account: SimulatedAccount,
  assertion: string,
  nowMs: number,
  address: string,
): string | null {
  const { publicKey } = account.options.salesforce ?? {}
  const [head = '', claims = '', signature = ''] = assertion.split('.')
  const isSigned =
    publicKey !== undefined &&
    createVerify('RSA-SHA256').update(`${head}.${claims}`).verify(publicKey, signature, 'base64url')
  if (!isSigned) return 'invalid assertion'
  const { sub, aud, exp } = claimsOf(assertion)
  const audiences = ['https://login.salesforce.com', 'https://test.salesforce.com', address]
  if (!audiences.includes(String(aud))) return 'audience is invalid'
  const leftMs = Number(exp) * 1_000 - nowMs
  if (!(leftMs > 0 && leftMs <= 310_000)) return 'expired authorization code'
  return sub === usernameOf(account) ? null : "user hasn't approved this consumer"
}

function claimsOf(assertion: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >
  } catch {
    return {}
  }
}

const textOf = (claim: unknown): string => (typeof claim === 'string' ? claim : '')

function refused(error: string, description: string): Answered {
  return { reply: ok({ error, error_description: description }, 400), deed: error }
}
