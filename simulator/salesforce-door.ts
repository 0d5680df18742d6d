import { bearerOf, headerOf, type Door, type Incoming } from './door.ts'
import { dialectOf } from './dialects.ts'
import { noSession, Salesforce } from './salesforce.ts'
import { accountOfForm, answerToken, TOKEN_PATH, userInfo } from './salesforce-oauth.ts'

const DATA_PATH = /^\/services\/data\/v\d+\.\d\/(.*)$/

/** An access token says whose org is asked. */
export const salesforceDoor: Door = {
  owns: (path) => path.startsWith('/services/') || path.startsWith('/id/'),
  read: (house, incoming) => {
    const { path, body } = incoming
    if (path === TOKEN_PATH) {
      const form = new URLSearchParams(body)
      const account = accountOfForm(house, form)
      return { operation: TOKEN_PATH.slice(1), id: '', query: form, account, accounts: house.accounts }
    }
    const account = bearerOf(house, incoming, 'salesforce')
    return {
      operation: operationOf(incoming),
      id: '',
      query: incoming.query,
      account,
      accounts: house.accounts,
    }
  },
  asker: ({ account }) => account?.webKey ?? '',
  answer: (house, { account, query }, incoming) => {
    const { path, method, body } = incoming
    const address = `http://${headerOf(incoming, 'host')}`
    if (path === TOKEN_PATH) return answerToken(house, account, query, address)
    if (account === undefined) return { reply: noSession() }
    if (!DATA_PATH.test(path)) return { reply: userInfo(account) }
    const parts = partsOf(path)
    return {
      reply: dialectOf(account, Salesforce).answer({ method, parts, query, body, batch: batchOf(incoming) }),
    }
  },
  isSpent: ({ operation }) => operation === TOKEN_PATH.slice(1) || /^(create|update)\./.test(operation),
}

const partsOf = (path: string): string[] =>
  (DATA_PATH.exec(path)?.[1] ?? '')
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent)

/**
 * As the ledger and faults name it: `query.Opportunity`, `queryAll.Task`, `queryMore`, `describe.Lead`, `deleted.Contact`, `jobs.create`, `jobs.get`, `jobs.results`,
 * `read.Opportunity`, `create.Task`, `update.Opportunity`. */
function operationOf({ method, path, query }: Incoming): string {
  const parts = partsOf(path)
  const [resource = '', name, what] = parts
  if (resource === 'sobjects' && method !== 'GET')
    return `${method === 'POST' ? 'create' : 'update'}.${name ?? ''}`
  if (resource === 'sobjects' && what !== undefined && /^\w{15,18}$/.test(what)) return `read.${name ?? ''}`
  if (resource === 'jobs')
    return method === 'POST' ? 'jobs.create' : parts.at(-1) === 'results' ? 'jobs.results' : 'jobs.get'
  if (resource === 'query' || resource === 'queryAll') {
    const object = /\bFROM\s+(\w+)/i.exec(query.get('q') ?? '')?.[1]
    return name === undefined ? `${resource}.${object ?? ''}` : 'queryMore'
  }
  if (resource === 'sobjects' && name !== undefined) return `${what ?? 'sobject'}.${name}`
  return resource === '' ? path.slice(1) : resource
}

function batchOf(incoming: Incoming): number {
  const wanted = /batchSize=(\d+)/i.exec(headerOf(incoming, 'sforce-query-options'))?.[1]
  return Math.min(2_000, Math.max(200, Number(wanted ?? 2_000)))
}
