import { ClientTether } from './clienttether.ts'
import { dialectOf } from './dialects.ts'
import { headerOf, type Door, type Incoming } from './door.ts'
import { accountOfApp, credentialsOf, TOKEN_PATH, unknownClient } from './oauth.ts'
import { unauthorised } from './unauthorised.ts'

/** Path of the API, as in https://api.clienttether.com/v2/api/{operation}. */
export const API_PATH = '/v2/api/'

/** Two static headers name the account; everything else than its paths is an operation that nobody knows. */
export const clientTetherDoor: Door = {
  owns: () => true,
  read: (house, incoming) => {
    const { path, query } = incoming
    const [operation = '', id = ''] = path.startsWith(API_PATH)
      ? path.slice(API_PATH.length).split('/')
      : ['']
    const account = house.accounts.get(headerOf(incoming, 'x-web-key'))
    return { operation, id, query, account, accounts: house.accounts }
  },
  asker: (_, incoming) => headerOf(incoming, 'x-web-key'),
  answer: (house, exchange, incoming) => {
    const owner = house.accounts.get(headerOf(incoming, 'x-web-key'))
    const form =
      owner?.options.unauthorised ?? [...house.accounts.values()][0]?.options.unauthorised ?? 'json401'
    if (!owner || !exchange.account) return { reply: unauthorised(form, 'Web Key') }
    if (!owner.accepts(headerOf(incoming, 'x-access-token')))
      return { reply: unauthorised(form, 'Access Token') }
    const dialect = dialectOf(exchange.account, ClientTether)
    if (incoming.method === 'POST') return { reply: dialect.write(exchange.operation, fieldsOf(incoming)) }
    return { reply: dialect.answer(incoming.method === 'GET' ? exchange.operation : '', exchange) }
  },
  isSpent: ({ operation }) => /^(create|update)_/.test(operation),
}

/** Parameters of a write stand in the query or in a form. */
const fieldsOf = ({ query, body }: Incoming): Record<string, string> =>
  Object.fromEntries([...query, ...new URLSearchParams(body)])

/** The token endpoint of the standard. The ledger notes what was done: `refresh`, `reuse`, or the error. */
export const tokenDoor: Door = {
  owns: (path) => path === TOKEN_PATH,
  read: (house, incoming) => {
    const form = credentialsOf(new URLSearchParams(incoming.body), headerOf(incoming, 'authorization'))
    const account = accountOfApp(house.accounts.values(), form)
    return { operation: TOKEN_PATH.slice(1), id: '', query: form, account, accounts: house.accounts }
  },
  asker: ({ account }) => account?.webKey ?? '',
  answer: (_, { account, query }, incoming) =>
    account?.grant?.answer(query, `http://${headerOf(incoming, 'host')}`) ?? unknownClient(),
  isSpent: () => true,
}
