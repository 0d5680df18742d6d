import { events, notes } from './clienttether/history.ts'
import { leadSources, salesCycles, users } from './clienttether/lookups.ts'
import { fault } from './clienttether/pages.ts'
import { clients, opportunities } from './clienttether/records.ts'
import { quota } from './clienttether/quota.ts'
import { clientTetherSettings, type ClientTetherSettings } from './clienttether/settings.ts'
import { reads } from './clienttether/values.ts'
import { writing } from './clienttether/writing.ts'
import { defineConnector } from './connector.ts'
import { mappingIn } from './mapping.ts'

// ClientTether API 2.0: https://support.clienttether.com/api-document/clienttether-api-2-0-doc, field names from the types of
// a public integration, behaviour from its history (all read 2026-11-20).
// - Two static headers. The access token changes by itself when the account's data changes: a 401 after months is normal.
// - Lists are paged by limit and offset, 100 rows at most; TotalRecord is the full count. No list can be asked for changes.
// - Every value is text. An empty sales cycle means New Lead. contact_type 1 is a prospect; counting the others doubles the KPI.
// - assigned_user is a name, or {"first_name":…,"last_name":…} as JSON inside the text. Rows name users and stages by name only.
// - Notes are listed per contact only. The shape of notes, users and events was never seen: ASSUMED.

export const clientTether = defineConnector<ClientTetherSettings>({
  name: 'clienttether',
  label: 'ClientTether',
  docs: 'https://support.clienttether.com/api-document/clienttether-api-2-0-doc',
  baseUrl: 'https://api.clienttether.com/v2/api/',
  secrets: {
    accessToken: 'Access token (Settings, API; for the whole enterprise)',
    webKey: 'Web key of this account (CT_…)',
  },
  settings: clientTetherSettings,
  mapping: mappingIn(clientTetherSettings, reads),
  rateLimit: ({ requestsPerSecond }) => ({ requestsPerSecond, burst: Math.max(1, requestsPerSecond) }),
  quota,
  authorise: ({ accessToken = '', webKey = '' }) => ({ 'X-Access-Token': accessToken, 'X-Web-Key': webKey }),
  fault,
  foundLater: ({ notesSweepHours }) =>
    `New notes of a client that ClientTether does not list as changed appear up to ${notesSweepHours} hours later.`,
  probe: 'owners',
  streams: [users, salesCycles, leadSources, clients, opportunities, notes, events],
  writing,
})
