import type { KeyScope } from '../../drizzle/schema/access.ts'
import { consentRoute } from '../domain/consent.ts'
import type { Deed } from './access.ts'

/**
 * Who may use an address, and how. `anyone` is not signed in, `person` is, a deed needs a role in the workspace; `scraper` is
 * Prometheus; `crm` is whoever sends a webhook, and shows it by the webhook itself.
 */
export type Door = {
  who: 'anyone' | 'scraper' | 'crm' | 'person' | Deed
  methods: readonly ('GET' | 'POST')[]
  /** What an API key must be allowed to use it; without it the address is closed to programs. */
  scope?: KeyScope
}

const page = (who: Door['who']): Door => ({ who, methods: ['GET'] })
const form = (who: Door['who']): Door => ({ who, methods: ['GET', 'POST'] })
const button = (who: Door['who']): Door => ({ who, methods: ['POST'] })

/** Every address there is. One that is not in here is answered by nobody: a new page is closed until somebody says who may enter. */
export const doors: Readonly<Record<string, Door>> = {
  '/': page('anyone'),
  '/healthz': page('anyone'),
  '/readyz': page('anyone'),
  '/metrics': page('scraper'),
  '/sign-in': form('anyone'),
  '/sign-in/code': form('anyone'),
  '/sign-in/with': button('anyone'),
  '/sign-out': button('anyone'),
  '/forgot': form('anyone'),
  '/reset': form('anyone'),
  '/invite/[token]': form('anyone'),
  '/api/auth/callback/[provider]': page('anyone'),
  '/api/[...unknown]': { who: 'anyone', methods: ['GET', 'POST'] },
  '/api/sync/[...rest]': { who: 'anyone', methods: ['GET', 'POST'] },

  '/density': button('person'),
  '/w': page('person'),
  '/w/[workspace]': page('watch_sync'),
  '/w/[workspace]/overview': page('read_deals'),
  '/w/[workspace]/due': page('read_deals'),
  '/w/[workspace]/due/[opportunity]/complete': form('complete_actions'),
  '/w/[workspace]/due/[opportunity]/move': form('complete_actions'),
  '/w/[workspace]/due/[opportunity]/suggestion': button('complete_actions'),
  '/w/[workspace]/due/[opportunity]/undo': button('complete_actions'),
  '/w/[workspace]/due/[opportunity]/retry': button('complete_actions'),
  '/w/[workspace]/leads': page('read_deals'),
  '/w/[workspace]/pipeline': page('read_deals'),
  '/w/[workspace]/pipeline/[opportunity]': page('read_deals'),
  '/w/[workspace]/hot-list': page('read_deals'),
  '/w/[workspace]/notes': page('read_deals'),
  '/w/[workspace]/schedule': page('read_deals'),
  '/w/[workspace]/export/[table]': { who: 'export', methods: ['GET'], scope: 'export' },
  '/w/[workspace]/views': button('save_views'),
  '/w/[workspace]/jump': page('watch_sync'),
  '/w/[workspace]/calendar': page('read_deals'),
  '/w/[workspace]/events': page('watch_sync'),
  '/w/[workspace]/sync': page('watch_sync'),
  '/w/[workspace]/sync/run-now': button('run_sync'),
  '/w/[workspace]/sync/runs': page('watch_sync'),
  '/w/[workspace]/sync/runs/[id]': page('watch_sync'),

  '/w/[workspace]/settings': page('see_own_security'),
  '/w/[workspace]/settings/security': form('see_own_security'),
  '/w/[workspace]/settings/keys': form('use_api'),
  '/w/[workspace]/settings/members': form('manage_members'),
  '/w/[workspace]/settings/targets': form('change_workspace'),
  '/w/[workspace]/settings/numbers': form('change_workspace'),
  '/w/[workspace]/settings/write-back': form('change_workspace'),
  '/w/[workspace]/settings/connections': page('manage_connections'),
  '/w/[workspace]/settings/connections/new': form('manage_connections'),
  '/w/[workspace]/settings/connections/[id]': form('manage_connections'),
  '/w/[workspace]/settings/connections/[id]/fields': form('manage_connections'),
  '/w/[workspace]/settings/connections/[id]/consent': button('manage_connections'),
  [consentRoute]: page('manage_connections'),
  '/w/[workspace]/settings/audit': page('read_audit'),
  '/w/[workspace]/settings/audit.csv': page('read_audit'),

  '/.well-known/jwks.json': page('anyone'),
  '/api/v1/openapi.json': page('anyone'),
  '/api/v1/webhooks/[token]': button('crm'),
  '/api/v1/browser-errors': button('person'),
  '/api/v1/tokens': { who: 'use_api', methods: ['POST'], scope: 'read' },
  '/api/v1/opportunities/due': { who: 'read_deals', methods: ['GET'], scope: 'read' },
  '/api/v1/opportunities/[id]/complete_action': {
    who: 'complete_actions',
    methods: ['POST'],
    scope: 'write',
  },
  '/api/v1/sync/status': { who: 'watch_sync', methods: ['GET'], scope: 'read' },
  '/api/v1/sync/runs': { who: 'run_sync', methods: ['POST'], scope: 'write' },
}
