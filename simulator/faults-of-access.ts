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
    applies: ({ account, accounts }) => account !== undefined && accounts.size > 1,
    before: (exchange, firing) => {
      const all = [...exchange.accounts.values()]
      const next = all[(all.findIndex((other) => other === exchange.account) + 1) % all.length]
      const wanted = textOf(firing, 'webKey', next?.webKey ?? '')
      exchange.account = exchange.accounts.get(wanted) ?? exchange.account
    },
  },
} satisfies Record<string, Effect>
