import type { SimulatedAccount } from './account.ts'
import { dialectOf } from './dialects.ts'
import type { Door } from './door.ts'
import type { House } from './house.ts'
import { HubSpot } from './hubspot.ts'
import type { Reply } from './reply.ts'

// The page on which a person lets an app in: RFC 6749 §4.1.1 and §4.1.2, errors §4.1.2.1, proof keys RFC 7636 (read 2026-11-21). A
// client that is not known, or that wants people sent elsewhere than was registered, is told so on the page and never redirected.

const paths = ['/oauth/authorize', '/services/oauth2/authorize']

/** The consent screens of all CRMs: who stands in front of one may allow any of the accounts that know the app, or none. */
export const consentDoor: Door = {
  owns: (path) => paths.includes(path),
  read: (house, { method, query, body }) => {
    const asked = method === 'POST' ? new URLSearchParams(body) : query
    const account = house.accounts.get(asked.get('account') ?? '') ?? accountsOf(house, asked)[0]
    return { operation: 'oauth/authorize', id: '', query: asked, account, accounts: house.accounts }
  },
  asker: ({ account }) => account?.webKey ?? '',
  answer: (house, { query, account }, { method, path }) => {
    const known = accountsOf(house, query)
    const back = query.get('redirect_uri') ?? ''
    if (account?.grant === undefined || !known.includes(account))
      return { reply: page('There is no such app', '<p>Its client id is not known here.</p>', 400) }
    if (!URL.canParse(back) || !account.grant.mayReturnTo(back))
      return { reply: page('The app sends people elsewhere', `<p>Not registered: ${escape(back)}</p>`, 400) }
    const wrong = wrongWith(account, query)
    if (wrong !== null) return { reply: sendBack(query, { error: wrong }), deed: wrong }
    if (method !== 'POST') return { reply: screen(known, path, query), deed: 'asked' }
    if (query.get('answer') !== 'allow')
      return { reply: sendBack(query, { error: 'access_denied' }), deed: 'access_denied' }
    const code = account.grant.issueCode({ redirectUri: back, challenge: query.get('code_challenge') })
    // HubSpot's app asks for what it wants of what it may have; the token is good for that and no more.
    if (account.options.crm === 'hubspot') dialectOf(account, HubSpot).setScopes(scopesAsked(query))
    return { reply: sendBack(query, { code }), deed: 'allowed' }
  },
}

/** The accounts of whose CRM the app is. */
const accountsOf = ({ accounts }: House, query: URLSearchParams): SimulatedAccount[] =>
  [...accounts.values()].filter(({ grant }) => grant?.isFor(query.get('client_id') ?? ''))

function wrongWith({ options }: SimulatedAccount, query: URLSearchParams): string | null {
  if (query.get('response_type') !== 'code') return 'unsupported_response_type'
  const hasProofKey = query.has('code_challenge')
  if (hasProofKey && query.get('code_challenge_method') !== 'S256') return 'invalid_request'
  return options.crm === 'salesforce' && !hasProofKey ? 'invalid_request' : null
}

function sendBack(query: URLSearchParams, answer: Record<string, string>): Reply {
  const url = new URL(query.get('redirect_uri') ?? '')
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value)
  if (query.has('state')) url.searchParams.set('state', query.get('state') ?? '')
  return { status: 302, headers: { Location: url.href }, body: Buffer.alloc(0) }
}

const labels = {
  clienttether: 'ClientTether',
  hubspot: 'HubSpot',
  salesforce: 'Salesforce',
  pipedrive: 'Pipedrive',
}

function screen(accounts: SimulatedAccount[], path: string, query: URLSearchParams): Reply {
  const crm = labels[accounts[0]?.options.crm ?? 'clienttether']
  const kept = [...query].map(
    ([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`,
  )
  const choices = accounts.map(
    ({ webKey, name }, place) =>
      `<label><input type="radio" name="account" value="${escape(webKey)}"${place === 0 ? ' checked' : ''}> ${escape(name)}</label>`,
  )
  const scopes = scopesAsked(query).join(' ')
  return page(
    `${crm}: let Tidemark in?`,
    `<p>This stands in for ${crm}, with invented companies. Tidemark asks for: ${escape(scopes || 'what the app was registered for')}.</p>
<form method="post" action="${escape(path)}">${kept.join('')}
<fieldset><legend>Account</legend>${choices.join('')}</fieldset>
<button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Deny</button></form>`,
  )
}

/** Required and optional ones (HubSpot), whoever stands in front of the screen grants all. */
const scopesAsked = (query: URLSearchParams): string[] =>
  `${query.get('scope') ?? ''} ${query.get('optional_scope') ?? ''}`
    .split(' ')
    .filter((scope) => scope !== '')

const style =
  ':root{color-scheme:light dark;font:16px/1.5 system-ui}main{max-inline-size:32rem;margin:3rem auto;padding:0 1rem}fieldset{display:grid;gap:.5rem;margin-block-end:1rem;overflow-wrap:anywhere}p{overflow-wrap:anywhere}button{font:inherit;padding:.5rem 1rem}'

function page(heading: string, content: string, status = 200): Reply {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>${escape(heading)}</title><style>${style}</style></head><body><main><h1>${escape(heading)}</h1>${content}</main></body></html>`
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body: Buffer.from(html) }
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
