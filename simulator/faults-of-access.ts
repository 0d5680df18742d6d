import { textOf, type Effect } from './fault-effect.ts'
import { unauthorised } from './unauthorised.ts'

/** Faults of credentials and of whose data it is. */
export const accessFaults = {
  'unauthorised-json': { after: () => unauthorised('json401', 'Access Token') },
  'unauthorised-text': { after: () => unauthorised('text401', 'Access Token') },
  'unauthorised-200': { after: () => unauthorised('code200', 'Access Token') },
  'unknown-web-key': {
    after: (_reply, { account }) => unauthorised(account?.options.unauthorised ?? 'json401', 'Web Key'),
  },
  'token-rotated': {
    applies: ({ account }) => account !== undefined,
    before: ({ account }, firing) => {
      account?.rotateToken(textOf(firing, 'newToken', `${account.accessToken}-rotated`))
    },
  },
  'other-account': {
    applies: ({ account, accounts }) => account !== undefined && accounts.length > 1,
    before: (exchange, firing) => {
      const { account, accounts } = exchange
      const next = accounts[(accounts.findIndex((other) => other === account) + 1) % accounts.length]
      const wanted = textOf(firing, 'webKey', next?.webKey ?? '')
      exchange.account = accounts.find((other) => other.webKey === wanted) ?? account
    },
  },
} satisfies Record<string, Effect>
