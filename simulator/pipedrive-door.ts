import type { SimulatedAccount } from './account.ts'
import { dialectOf } from './dialects.ts'
import { bearerOf, headerOf, type Door, type Incoming } from './door.ts'
import type { House } from './house.ts'
import { pipedriveError } from './pipedrive-errors.ts'
import { Pipedrive } from './pipedrive.ts'

/**
 * Pipedrive is asked for paths, by a company's API token or an OAuth access token. `/v1/…` is how the host for all companies
 * spells `/api/v1/…`. An operation is the path from its version on, such as `v2/deals` or `v2/deals.update`.
 */
export const pipedriveDoor: Door = {
  owns: (path) => versions.test(path),
  read: (house, incoming) => ({
    ...operationOf(incoming),
    query: incoming.query,
    account: accountOf(house, incoming),
    accounts: house.accounts,
  }),
  asker: ({ account }) => account?.webKey ?? '',
  answer: (_house, { account, operation, id, query }, { body }) => {
    if (!account) return { reply: pipedriveError('unauthorised') }
    if (!mayWrite(account, operation)) return { reply: pipedriveError('scopeMismatch') }
    return { reply: dialectOf(account, Pipedrive).answer(operation, query, { id, body }) }
  },
  isSpent: ({ operation }) => /\.(create|update)$/.test(operation),
}

/** An app may write what it was registered for (`deals:full`, `activities:full`); a person's token may all that the person may. */
function mayWrite({ options: { oauth } }: SimulatedAccount, operation: string): boolean {
  const [, list] = /(\w+)\.(?:create|update)$/.exec(operation) ?? []
  return list === undefined || oauth?.scope === undefined || oauth.scope.split(',').includes(`${list}:full`)
}

const deeds: Record<string, string> = { GET: 'get', POST: 'create', PATCH: 'update' }

/** A list is called by its path; what is done to one record by `.get`, `.create` or `.update` behind it. */
function operationOf({ method, path }: Incoming): { operation: string; id: string } {
  const bare = path.replace(/^\/(api\/)?/, '')
  const [, list = bare, id = ''] = /^(.+?)\/(\d+|[0-9a-f-]{36})$/.exec(bare) ?? []
  const isList = method === 'GET' && id === ''
  return { operation: isList ? bare : `${list}.${deeds[method] ?? method}`, id }
}

const versions = /^\/(api\/v[12]|v1)\//

/** Whose token it is: `x-api-token`, or a bearer's where access was granted. */
function accountOf(house: House, incoming: Incoming): SimulatedAccount | undefined {
  const token = headerOf(incoming, 'x-api-token')
  const byToken = [...house.accounts.values()].find(
    (account) => account.options.crm === 'pipedrive' && account.grant === undefined && account.accepts(token),
  )
  return byToken ?? bearerOf(house, incoming, 'pipedrive')
}
