import type { AccountOptions, Simulator } from '../simulator/main.ts'

/** One CRM as the benchmark meets it: the account that is read, how we get in, and the lists that hold its people and deals. */
export type BenchCrm = {
  account: Pick<AccountOptions, 'crm' | 'pipedrive' | 'salesforce' | 'oauth'>
  baseUrl: (simulator: Simulator) => string
  secrets: Record<string, string>
  settings: Record<string, unknown>
  streams: readonly string[]
}

export const webKey = 'CT_bench'
export const accessToken = 'bench-token'
const requestsPerSecond = 1_000_000

const app = { clientId: 'bench', clientSecret: 'bench-secret', refreshToken: 'bench-refresh' }

export const crms: Readonly<Record<string, BenchCrm>> = {
  clienttether: {
    account: {},
    baseUrl: ({ baseUrl }) => baseUrl,
    secrets: { accessToken, webKey },
    settings: { requestsPerSecond },
    streams: ['owners', 'stages', 'lead_sources', 'leads', 'opportunities'],
  },
  hubspot: {
    account: { crm: 'hubspot' },
    baseUrl: ({ url }) => `${url}/`,
    secrets: { accessToken },
    settings: { requestsPerSecond, searchesPerSecond: requestsPerSecond },
    streams: ['owners', 'pipelines', 'stages', 'contacts', 'opportunities'],
  },
  pipedrive: {
    account: { crm: 'pipedrive', pipedrive: { dailyTokens: 1e9 } },
    baseUrl: ({ url }) => `${url}/api/`,
    secrets: { apiToken: accessToken },
    // Whole lists in every run, as ClientTether's.
    settings: { requestsPerSecond, wholeListUpTo: 1e9 },
    streams: ['owners', 'stages', 'lead_sources', 'contacts', 'opportunities'],
  },
  'salesforce-app': {
    account: { crm: 'salesforce', salesforce: { dailyRequests: 1e9 }, oauth: app },
    baseUrl: ({ url }) => `${url}/`,
    secrets: { consumerKey: app.clientId, consumerSecret: app.clientSecret, refreshToken: app.refreshToken },
    settings: { requestsPerSecond },
    streams: ['owners', 'stages', 'lead_sources', 'contacts', 'opportunities'],
  },
}

/** The CRM of this name. Throws for one that is not measured. */
export function crmOf(name: string): BenchCrm {
  const crm = crms[name]
  if (crm === undefined)
    throw new Error(`no measurement of ${name}; there are: ${Object.keys(crms).join(', ')}`)
  return crm
}
