import { defineConnector, type AnyConnector, type Connector } from './connector.ts'
import { activities, notes } from './hubspot/history.ts'
import { fault, passing } from './hubspot/faults.ts'
import { owners, pipelines, stages } from './hubspot/lookups.ts'
import { contacts, leads, opportunities } from './hubspot/records.ts'
import { quota } from './hubspot/quota.ts'
import { hubSpotSettings, keepAsking, type HubSpotSettings } from './hubspot/settings.ts'
import { reads } from './hubspot/values.ts'
import { paths } from './hubspot/versions.ts'
import { webhook } from './hubspot/webhook.ts'
import { writing } from './hubspot/writing.ts'
import { mappingIn } from './mapping.ts'
import { readTokenReply } from './tokens.ts'

// HubSpot CRM API, dated versions: https://developers.hubspot.com/docs/api-reference (read 2026-11-20).
// - A private app has one token without an end; an OAuth app renews every 30 minutes, with parameters in the body.
// - Lists are ordered by id and paged by a word of HubSpot's own; searches are ordered by us and end at the ten thousandth record.
// - Archiving and associations change no instant that a search could find: hence a list of archived records every day, and all
//   lists from their beginning every week.
// - Every value of a property is text or null. Which limit was reached is said by `policyName`, not by Retry-After.
// - Two merged records become a third; the third lists the ids of both.

const hubSpotOf = (
  auth: Pick<Connector<HubSpotSettings>, 'name' | 'label' | 'secrets' | 'tokens' | 'consent'>,
): AnyConnector =>
  defineConnector<HubSpotSettings>({
    ...auth,
    docs: 'https://developers.hubspot.com/docs/api-reference',
    baseUrl: 'https://api.hubapi.com/',
    settings: hubSpotSettings,
    mapping: mappingIn(hubSpotSettings, reads, keepAsking),
    rateLimit: ({ requestsPerSecond }) => ({ requestsPerSecond, burst: Math.max(1, requestsPerSecond) }),
    authorise: ({ accessToken = '' }) => ({ authorization: `Bearer ${accessToken}` }),
    quota,
    fault,
    webhook,
    foundLater: ({ fullListDays }) =>
      `What is archived in HubSpot shows up to a day later; what is restored or deleted for good, and whom a deal, a lead, a note or an activity is about, when only that changes, up to ${fullListDays} days later.`,
    probe: 'owners',
    streams: [owners, pipelines, stages, contacts, leads, opportunities, notes, activities],
    writing,
  })

/** HubSpot by the token of a private app. */
export const hubSpot = hubSpotOf({
  name: 'hubspot',
  label: 'HubSpot',
  secrets: { accessToken: 'Access token of a private app (Settings, Integrations, Private Apps; pat-…)' },
})

/** What every account has, and what not every edition has or allows. */
const scopes = ['oauth', 'crm.objects.contacts.read', 'crm.objects.deals.read', 'crm.objects.owners.read']
const optionalScopes = ['crm.objects.leads.read', 'sales-email-read']

/** For outcomes, and for tasks, which go by the scope of contacts: https://developers.hubspot.com/docs (scopes, read 2026-11-21). */
const writeScopes = ['crm.objects.deals.write', 'crm.objects.contacts.write']
const asking = (optional: readonly string[]) => ({
  scope: scopes.join(' '),
  optional_scope: optional.join(' '),
})

const readTokens = readTokenReply('HubSpot', { account: ({ hub_id }) => hub_id })

/** HubSpot by OAuth. */
export const hubSpotOAuth = hubSpotOf({
  name: 'hubspot-oauth',
  label: 'HubSpot (OAuth)',
  secrets: {
    clientId: 'Client id of the app',
    clientSecret: 'Client secret of the app',
    refreshToken: 'Refresh token that the consent gave',
  },
  tokens: {
    fields: { accessToken: 'accessToken', refreshToken: 'refreshToken' },
    request: ({ clientId = '', clientSecret = '', refreshToken = '' }) => ({
      url: paths.token,
      form: {
        grant_type: 'refresh_token',
        client_id: clientId,
        client_secret: clientSecret,
        refresh_token: refreshToken,
      },
    }),
    // Of an account that is being moved, or locked, no tokens come either; its zone is not known here.
    read: (reply) => passing(reply, null) ?? readTokens(reply),
  },
  consent: {
    crm: 'HubSpot',
    variables: 'HUBSPOT_APP',
    // Both lists have to be those of the app, or HubSpot asks nobody.
    url: 'https://app.hubspot.com/oauth/authorize',
    parameters: asking(optionalScopes),
    toWrite: asking([...optionalScopes, ...writeScopes]),
    writeScopes,
    takesProofKey: false,
    app: { clientId: 'clientId', clientSecret: 'clientSecret' },
  },
})
