import type { BusinessName } from './businesses.ts'
import type { HubSpotOptions } from './hubspot-options.ts'
import type { OAuthOptions } from './oauth.ts'
import type { SalesforceOptions } from './salesforce-options.ts'
import type { PipedriveOptions } from './pipedrive-limits.ts'
import type { WebhookOptions } from './webhook-options.ts'

/**
 * One simulated account. Where the real behaviour is not documented, both are offered; the first named is the default.
 */
export type AccountOptions = {
  /** Whose wire the account speaks; default ClientTether. */
  crm?: 'clienttether' | 'hubspot' | 'salesforce' | 'pipedrive'
  /** Names the account here, and in ClientTether on the wire: `CT_` and 32 hex digits by custom; any text is taken. */
  webKey: string
  /** In ClientTether it belongs to the enterprise: several accounts may share one. */
  accessToken: string
  seed: number
  /** How many exist at the start, up to 1,000,000. */
  people: number
  /** Default four for every five people. */
  deals?: number
  /** When the people and deals above exist; default the start of the clock. Changes are played from then on. */
  startAt?: Date
  /** Days before `startAt` over which the people came; default 200. */
  historyDays?: number
  /** Default a twentieth of the people, at least 20. */
  changesPerDay?: number
  /** Mean, at most 8; default 3. */
  notesPerPerson?: number
  /** Whether a new note changes the modified instant of its person; default true. */
  notesTouchPeople?: boolean
  /** What is sold; default by seed. */
  business?: BusinessName
  /** For people; default the brand of the business. */
  name?: string
  /** Zone of all dates on the wire; default America/New_York. */
  timeZone?: string
  /** Order of list rows by id. With `newestFirst` every new row shifts the pages behind it. */
  order?: 'oldestFirst' | 'newestFirst'
  /** Spelling of the result code key, and of the codes: `CT_200` or `CT200`. */
  keySpelling?: 'ResultCode' | 'resultCode'
  assignedUser?: 'mixed' | 'plain' | 'json'
  /** What an empty list answers: "no record" or a success with an empty array. */
  emptyList?: 'CT515' | 'emptyArray'
  /** HTTP status of refused operations and parameters: always 200, or 400 and 404. */
  errorStatus?: 'always200' | 'http'
  /** How a missing or unknown credential is answered: 401 JSON, 401 plain text, or 200 with a CT4xx code. */
  unauthorised?: Unauthorised
  /** Whether opportunity rows carry `client_id`; default true. */
  opportunityClientId?: boolean
  /** Whether opportunity rows carry `market`, `units` and `weighted_iff`; default false. */
  franchiseFields?: boolean
  /** Access tokens that end and are renewed at `/oauth/token`, in place of `accessToken`. */
  oauth?: OAuthOptions
  /** What only HubSpot has. */
  hubspot?: HubSpotOptions
  /** What only Salesforce has. */
  salesforce?: SalesforceOptions
  /** What only Pipedrive has. */
  pipedrive?: PipedriveOptions
  /** Where it sends webhooks from its start on; see also `sendWebhooks` of the account. */
  webhooks?: WebhookOptions
  /** Compress answers for clients that accept gzip; default false. */
  gzip?: boolean
}

/** See `AccountOptions.unauthorised`. */
export type Unauthorised = 'json401' | 'text401' | 'code200'
