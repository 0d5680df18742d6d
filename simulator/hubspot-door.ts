import { bearerOf, type Door, type Incoming } from './door.ts'
import { dialectOf } from './dialects.ts'
import { HubSpot, type HubSpotQuestion } from './hubspot.ts'
import { answerToken, isTokenPath } from './hubspot-oauth.ts'
import { invalid, notFound, unauthorised } from './hubspot-reply.ts'
import { accountOfApp } from './oauth.ts'
import type { Reply } from './reply.ts'

// Paths of v3 and v4 beside those of 2026-09 (and 2026-03), as HubSpot answers them side by side: the versioning page at
// https://developers.hubspot.com/docs (read 2026-11-20).
const version = '(?:v3|v4|2026-03|2026-09)'
const routes: [method: string, path: RegExp, resource: string][] = [
  ['GET', new RegExp(`^/account-info/${version}/details$`), 'account-info'],
  ['GET', new RegExp(`^/crm/(?:v3/owners|owners/${version})/?$`), 'owners'],
  ['GET', new RegExp(`^/crm/(?:v3/pipelines|pipelines/${version})/([^/]+)$`), 'pipelines'],
  ['GET', new RegExp(`^/crm/(?:v3/properties|properties/${version})/([^/]+)$`), 'properties'],
  ['POST', new RegExp(`^/crm/(?:v3/objects|objects/${version})/([^/]+)/search$`), 'search'],
  ['POST', new RegExp(`^/crm/(?:v3/objects|objects/${version})/([^/]+)/batch/read$`), 'batch'],
  ['GET', new RegExp(`^/crm/(?:v3/objects|objects/${version})/([^/]+)$`), 'list'],
  ['GET', new RegExp(`^/crm/(?:v3/objects|objects/${version})/([^/]+)/(\\d+)$`), 'read'],
  ['POST', new RegExp(`^/crm/(?:v3/objects|objects/${version})/([^/]+)$`), 'create'],
  ['PATCH', new RegExp(`^/crm/(?:v3/objects|objects/${version})/([^/]+)/(\\d+)$`), 'update'],
  [
    'POST',
    new RegExp(`^/crm/(?:v4/associations|associations/${version})/([^/]+)/([^/]+)/batch/read$`),
    'associations',
  ],
]

type Route = Pick<HubSpotQuestion, 'resource' | 'parts'>

function routeOf({ method, path }: Incoming): Route | undefined {
  for (const [wanted, pattern, resource] of routes) {
    const match = method === wanted ? pattern.exec(path) : null
    if (match !== null) return { resource, parts: match.slice(1) }
  }
  return undefined
}

/** Operations, as the ledger and faults name them: `owners`, `deals`, `deals.search`, `deals.archived`, `associations.deals.contacts`. */
function operationOf(route: Route | undefined, { path, query }: Incoming): string {
  if (route === undefined) return path.slice(1)
  const { resource, parts } = route
  if (resource === 'list') return `${parts[0]}${query.get('archived') === 'true' ? '.archived' : ''}`
  if (byType.has(resource)) return `${parts[0]}.${resource}`
  return [resource, ...parts].join('.')
}

const byType = new Set(['search', 'batch', 'read', 'create', 'update'])

/** A private app's token, or one that OAuth gave, says whose account it is. */
export const hubSpotDoor: Door = {
  owns: (path) => /^\/(crm|account-info)\//.test(path) || isTokenPath(path),
  read: (house, incoming) => {
    if (isTokenPath(incoming.path)) {
      const form = new URLSearchParams(incoming.body)
      const here = [...house.accounts.values()].filter(({ options }) => options.crm === 'hubspot')
      const account = accountOfApp(here, form)
      return { operation: 'oauth/token', id: '', query: form, account, accounts: house.accounts }
    }
    const account = bearerOf(house, incoming, 'hubspot')
    const query = withPageOf(incoming)
    return {
      operation: operationOf(routeOf(incoming), incoming),
      id: '',
      query,
      account,
      accounts: house.accounts,
    }
  },
  asker: ({ account }) => account?.webKey ?? '',
  answer: (_, exchange, incoming) => {
    const { account, query } = exchange
    if (isTokenPath(incoming.path)) return answerToken(account, incoming.path, query)
    if (account === undefined) return { reply: unauthorised() }
    const dialect = dialectOf(account, HubSpot)
    const route = routeOf(incoming)
    const isSearch = route?.resource === 'search'
    const refusal = dialect.limits.take(isSearch, performance.now(), dialect.nowMs())
    const made = refusal ?? answered(dialect, route, query, incoming)
    const reply = { ...made, headers: { ...made.headers, ...dialect.limits.headers(isSearch) } }
    return isWrite(exchange.operation) ? { reply, deed: `${incoming.path} ${incoming.body}` } : { reply }
  },
  isSpent: ({ operation }) => operation === 'oauth/token' || isWrite(operation),
}

const isWrite = (operation: string): boolean => /\.(create|update)$/.test(operation)

function answered(
  dialect: HubSpot,
  route: Route | undefined,
  query: URLSearchParams,
  { body }: Incoming,
): Reply {
  if (route === undefined) return notFound()
  if (body !== '' && !isJson(body)) return invalid('Invalid input JSON')
  return dialect.answer({ ...route, query, body })
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What a search says of its page stands in its body; faults find it in the query, as that of a list. */
function withPageOf({ path, query, body }: Incoming): URLSearchParams {
  const page = new URLSearchParams(query)
  if (!path.endsWith('/search') || !isJson(body)) return page
  const { limit, after } = JSON.parse(body) as { limit?: number; after?: string }
  if (limit !== undefined) page.set('limit', String(limit))
  if (after !== undefined) page.set('after', after)
  return page
}
