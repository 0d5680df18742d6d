import type { AccountOptions, SimulatedAccount, Simulator } from '../../simulator/main.ts'

type Name = NonNullable<AccountOptions['crm']>

/** How a connection to a simulated account of one CRM is made. */
export type Crm = {
  connector: string
  /** Small pages, so that even a small account has several; as fast as it goes. */
  settings: Record<string, unknown>
  secrets: (account: SimulatedAccount) => Record<string, string>
  baseUrl: (simulator: Simulator) => string
}

const requestsPerSecond = 100_000

const crms: Record<Name, Crm> = {
  clienttether: {
    connector: 'clienttether',
    // Everything in the calendar.
    settings: { requestsPerSecond, pageSize: 10, eventsPastDays: 20_000, eventsFutureDays: 20_000 },
    secrets: ({ accessToken, webKey }) => ({ accessToken, webKey }),
    baseUrl: ({ baseUrl }) => baseUrl,
  },
  hubspot: {
    connector: 'hubspot',
    settings: {
      requestsPerSecond,
      searchesPerSecond: requestsPerSecond,
      pageSize: 10,
      searchPageSize: 10,
      fields: {
        market: 'market',
        units: 'units',
        weightedFee: 'weighted_fee',
        source: 'lead_source',
        leadSource: 'lead_source',
      },
    },
    secrets: ({ accessToken }) => ({ accessToken }),
    baseUrl: ({ url }) => `${url}/`,
  },
  pipedrive: {
    connector: 'pipedrive',
    settings: { requestsPerSecond, pageSize: 10, timeZone: 'America/New_York' },
    secrets: ({ accessToken }) => ({ apiToken: accessToken }),
    baseUrl: ({ url }) => `${url}/api/`,
  },
  salesforce: {
    connector: 'salesforce-app',
    settings: { requestsPerSecond, pageSize: 10, timeZone: 'America/New_York' },
    secrets: ({ options: { oauth } }) => ({
      consumerKey: oauth?.clientId ?? '',
      consumerSecret: oauth?.clientSecret ?? '',
      refreshToken: oauth?.refreshToken ?? '',
    }),
    baseUrl: ({ url }) => `${url}/`,
  },
}

/** The CRM that an account speaks. */
export const crmOf = ({ options }: SimulatedAccount): Crm => crms[options.crm ?? 'clienttether']
