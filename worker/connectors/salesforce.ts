import { mappingIn } from './mapping.ts'
import { defineConnector, type AnyConnector, type Connector } from './connector.ts'
import { byAssertion, byConsent, consent } from './salesforce/access.ts'
import { activities } from './salesforce/activities.ts'
import { enough, fault } from './salesforce/fault.ts'
import { leadSources, stages, users } from './salesforce/lookups.ts'
import { notes } from './salesforce/notes.ts'
import { opportunities } from './salesforce/opportunities.ts'
import { accounts, contacts, leads } from './salesforce/people.ts'
import { quota } from './salesforce/quota.ts'
import { stageChanges } from './salesforce/stage-changes.ts'
import { salesforceSettings, type SalesforceSettings } from './salesforce/settings.ts'
import { reads } from './salesforce/values.ts'
import { webhook } from './salesforce/webhook.ts'
import { writing } from './salesforce/writing.ts'

// Salesforce REST API v67.0: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta (read 2026-11-20).
// - Every pass first asks what the user may see: one hidden field would make a whole query fail.
// - Records are paged by (SystemModstamp, Id): equal stamps are common, and places in an answer ("locators") get lost.
// - queryAll shows deleted records for 15 days, merged ones with the id of the one that stays, and archived activities.
// - Formulas change without a stamp, and lost access looks like deletion: once a day everything is read.
// - Requests are counted for the whole org over 24 hours, and every answer tells how many are used.
// - Instants are UTC with an offset without a colon; a task is for a day; amounts are in the record's own currency.

const salesforceBase: Omit<
  Connector<SalesforceSettings>,
  'name' | 'label' | 'secrets' | 'authorise' | 'tokens'
> = {
  docs: 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta',
  baseUrl: 'https://login.salesforce.com/',
  settings: salesforceSettings,
  mapping: mappingIn(salesforceSettings, reads),
  rateLimit: ({ requestsPerSecond }) => ({ requestsPerSecond, burst: Math.max(1, requestsPerSecond) }),
  quota,
  fault,
  enough,
  webhook,
  foundLater: ({ wholeListHours }) =>
    `A formula of Salesforce’s that comes to something else by itself, and a record that went out of our sight, show up to ${wholeListHours} hours later.`,
  probe: 'owners',
  streams: [
    users,
    stages,
    leadSources,
    accounts,
    leads,
    contacts,
    opportunities,
    stageChanges,
    notes,
    activities,
  ],
  writing,
}

const bearer = ({ accessToken = '' }: Record<string, string>) => ({ authorization: `Bearer ${accessToken}` })

/** Salesforce by a certificate: an app signs for one user, and no consent ever runs out. The better way for a program. */
export const salesforce: AnyConnector = defineConnector<SalesforceSettings>({
  ...salesforceBase,
  name: 'salesforce',
  label: 'Salesforce',
  secrets: {
    consumerKey: 'Consumer key of the app',
    username: 'Username of the user it signs for',
    privateKey: 'Private key of the app’s certificate (PEM)',
  },
  authorise: bearer,
  tokens: byAssertion,
})

/** Salesforce by the consent of a user to an app. */
export const salesforceApp: AnyConnector = defineConnector<SalesforceSettings>({
  ...salesforceBase,
  name: 'salesforce-app',
  label: 'Salesforce (by an app)',
  secrets: {
    consumerKey: 'Consumer key of the app',
    consumerSecret: 'Consumer secret of the app',
    refreshToken: 'Refresh token that the consent gave',
  },
  authorise: bearer,
  tokens: byConsent,
  consent,
})
