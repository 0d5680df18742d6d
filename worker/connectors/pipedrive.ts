import { z } from 'zod'
import type { AnyConnector, Connector } from './connector.ts'
import { defineConnector } from './connector.ts'
import { mappingIn } from './mapping.ts'
import { opportunities } from './pipedrive/deals.ts'
import { fault } from './pipedrive/fault.ts'
import { activities, notes } from './pipedrive/history.ts'
import { leads } from './pipedrive/leads.ts'
import { channels, pipelines, stages, users } from './pipedrive/lookups.ts'
import { organizations, persons } from './pipedrive/people.ts'
import { quota } from './pipedrive/quota.ts'
import { pipedriveSettings, type PipedriveSettings } from './pipedrive/settings.ts'
import { reads } from './pipedrive/values.ts'
import { webhook } from './pipedrive/webhook.ts'
import { writing } from './pipedrive/writing.ts'
import { readTokenReply } from './tokens.ts'

// Pipedrive API, versions 2 and 1: https://developers.pipedrive.com/docs/api/v1, changes: https://developers.pipedrive.com/changelog
// (read 2026-11-21).
// - Version 2 pages by cursor, 500 rows at most; version 1, by now only for users, leads and notes, by start and limit.
// - updated_since takes seconds, and gives changes only: what was deleted is missing, but for deals, which are listed for 30 days.
// - Instants are UTC, in version 1 without saying so. An activity without a time is for a day.
// - A token sees what its user may see: the connection should be an administrator's.
// - Requests cost tokens of a daily budget of the whole company, 10 to 20 a page; besides, so many requests in two seconds.
// - Lists never say who was merged into whom: the loser is gone, and what was theirs is the winner's.

const pipedriveBase: Omit<Connector<PipedriveSettings>, 'name' | 'label' | 'secrets' | 'authorise'> = {
  docs: 'https://developers.pipedrive.com/docs/api/v1',
  baseUrl: 'https://api.pipedrive.com/',
  settings: pipedriveSettings,
  mapping: mappingIn(pipedriveSettings, reads),
  rateLimit: ({ requestsPerSecond }) => ({ requestsPerSecond, burst: Math.max(1, requestsPerSecond * 2) }),
  quota,
  fault,
  webhook,
  foundLater: ({ wholeListUpTo, wholeListHours }) =>
    `What is deleted in Pipedrive from a list of more than ${wholeListUpTo} records, deals apart, shows up to ${wholeListHours} hours later.`,
  probe: 'owners',
  streams: [
    users,
    pipelines,
    stages,
    channels,
    organizations,
    leads,
    persons,
    opportunities,
    notes,
    activities,
  ],
  writing,
}

/** Pipedrive by a user's own API token, which stays as it is until that user renews it. */
export const pipedrive: AnyConnector = defineConnector<PipedriveSettings>({
  ...pipedriveBase,
  name: 'pipedrive',
  label: 'Pipedrive',
  secrets: { apiToken: 'API token of an administrator (Personal preferences, API)' },
  authorise: ({ apiToken = '' }) => ({ 'x-api-token': apiToken }),
})

const ownCompany = z.looseObject({ data: z.looseObject({ company_id: z.number().transform(String) }) })

/**
 * Pipedrive by the consent of a user to an app: https://pipedrive.readme.io/docs/marketplace-oauth-authorization (read 2026-11-21).
 * Access ends after an hour; each answer names the company's own address, and the next refresh token.
 */
export const pipedriveApp: AnyConnector = defineConnector<PipedriveSettings>({
  ...pipedriveBase,
  name: 'pipedrive-app',
  label: 'Pipedrive (by an app)',
  secrets: {
    clientId: 'Client ID of the app',
    clientSecret: 'Client secret of the app',
    refreshToken: 'Refresh token that the consent gave',
  },
  authorise: ({ accessToken = '' }) => ({ authorization: `Bearer ${accessToken}` }),
  tokens: {
    fields: { accessToken: 'accessToken', refreshToken: 'refreshToken', home: 'apiDomain' },
    home: { within: 'pipedrive.com', path: '/api/' },
    request: ({ clientId = '', clientSecret = '', refreshToken = '' }) => ({
      url: 'https://oauth.pipedrive.com/oauth/token',
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
      },
      form: { grant_type: 'refresh_token', refresh_token: refreshToken },
    }),
    read: readTokenReply('Pipedrive', { homeField: 'api_domain' }),
  },
  consent: {
    crm: 'Pipedrive',
    variables: 'PIPEDRIVE_APP',
    // What is asked for was decided where the app was registered.
    url: 'https://oauth.pipedrive.com/oauth/authorize',
    parameters: {},
    writeScopes: ['deals:full', 'activities:full'],
    takesProofKey: false,
    app: { clientId: 'clientId', clientSecret: 'clientSecret' },
    // A company may take another domain; its id stays.
    whose: { path: 'v1/users/me', read: (body) => ownCompany.safeParse(body).data?.data.company_id ?? null },
  },
})
