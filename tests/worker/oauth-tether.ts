import { clientTether } from '../../worker/connectors/clienttether.ts'
import type { AnyConnector } from '../../worker/connectors/connector.ts'
import { readTokenReply } from '../../worker/connectors/tokens.ts'

/** ClientTether, were its access to end by itself: the stand-in renews it at its token endpoint. */
export const oauthTether: AnyConnector = {
  ...clientTether,
  name: 'oauth-tether',
  secrets: {
    ...clientTether.secrets,
    refreshToken: 'Refresh token',
    clientId: 'Client id',
    clientSecret: 'Client secret',
  },
  tokens: {
    fields: { accessToken: 'accessToken', refreshToken: 'refreshToken' },
    request: ({ refreshToken = '', clientId = '', clientSecret = '' }) => ({
      url: '/oauth/token',
      form: {
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        client_id: clientId,
        client_secret: clientSecret,
      },
    }),
    read: readTokenReply('ClientTether'),
  },
}

export const oauthConnectors: ReadonlyMap<string, AnyConnector> = new Map([
  ['clienttether', clientTether],
  ['oauth-tether', oauthTether],
])

export const oauth = {
  clientId: 'tidemark',
  clientSecret: 'CANARY-CLIENT-SECRET',
  refreshToken: 'CANARY-REFRESH-0',
  accessSeconds: 1_800,
}
