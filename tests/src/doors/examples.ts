import type { Role } from '../../../src/server/access.ts'

/** What an address is tried with: ids of one tenant and of another. */
export type Ids = {
  slug: string
  tenant: string
  connection: string
  run: string
  member: string
  key: string
  invitation: string
  opportunity: string
  view: string
}

export type Example = {
  path: (ids: Ids) => string
  /** Forms that somebody who may would send; the first stands for the address where one is enough. */
  forms?: ((ids: Ids) => Record<string, string>)[]
  /** Sent as JSON instead. */
  json?: (ids: Ids) => unknown
  /** The ids of a record are part of the path or the body: those of another tenant must read as if they did not exist. */
  names?: 'record'
  /** What somebody gets who may. */
  answers?: number[]
}

const inside = (rest: string) => (ids: Ids) => `/w/${ids.slug}${rest}`

/** One way to use each address. A route that is not in here fails the test. */
export const examples: Readonly<Record<string, Example>> = {
  '/': { path: () => '/', answers: [301, 302, 303, 308] },
  '/healthz': { path: () => '/healthz' },
  '/readyz': { path: () => '/readyz', answers: [200, 503] },
  '/metrics': { path: () => '/metrics' },
  '/sign-in': {
    path: () => '/sign-in',
    forms: [() => ({ email: 'nobody@example.com', password: 'wrong wrong wrong' })],
  },
  '/sign-in/code': { path: () => '/sign-in/code', forms: [() => ({ code: '000000' })] },
  '/sign-in/with': { path: () => '/sign-in/with', forms: [() => ({ provider: 'none' })] },
  '/sign-out': { path: () => '/sign-out', forms: [() => ({})] },
  '/forgot': { path: () => '/forgot', forms: [() => ({ email: 'nobody@example.com' })] },
  '/reset': { path: () => '/reset?token=none', forms: [() => ({ token: 'none', password: 'x' })] },
  '/invite/[token]': {
    path: () => '/invite/none',
    forms: [() => ({ name: 'N', password: 'none none none' })],
  },
  '/api/auth/callback/[provider]': { path: () => '/api/auth/callback/google?code=1&state=1' },
  '/api/[...unknown]': { path: () => '/api/v1/nothing', answers: [404] },
  '/api/sync/[...rest]': { path: () => '/api/sync/status', answers: [308] },
  '/.well-known/jwks.json': { path: () => '/.well-known/jwks.json' },

  '/density': { path: () => '/density', forms: [() => ({ density: 'compact', back: '/w' })] },
  '/w': { path: () => '/w' },
  '/w/[workspace]': { path: inside(''), answers: [301, 302, 303, 308] },
  '/w/[workspace]/overview': { path: inside('/overview') },
  '/w/[workspace]/due': { path: inside('/due') },
  '/w/[workspace]/due/[opportunity]/complete': {
    path: (ids) => `/w/${ids.slug}/due/${ids.opportunity}/complete`,
    forms: [() => ({ ending: 'lost', reason: 'Chose another brand' })],
    names: 'record',
  },
  '/w/[workspace]/due/[opportunity]/move': {
    path: (ids) => `/w/${ids.slug}/due/${ids.opportunity}/move`,
    forms: [() => ({ day: '2035-01-15', time: '09:00' })],
    names: 'record',
  },
  '/w/[workspace]/due/[opportunity]/suggestion': {
    path: (ids) => `/w/${ids.slug}/due/${ids.opportunity}/suggestion`,
    forms: [({ opportunity }) => ({ activity: opportunity, version: '0' })],
    names: 'record',
  },
  '/w/[workspace]/due/[opportunity]/undo': {
    path: (ids) => `/w/${ids.slug}/due/${ids.opportunity}/undo`,
    forms: [() => ({ version: '1' })],
    names: 'record',
  },
  '/w/[workspace]/due/[opportunity]/retry': {
    path: (ids) => `/w/${ids.slug}/due/${ids.opportunity}/retry`,
    forms: [() => ({ version: '1' })],
    names: 'record',
    answers: [303, 404],
  },
  '/w/[workspace]/leads': { path: inside('/leads') },
  '/w/[workspace]/pipeline': { path: inside('/pipeline') },
  '/w/[workspace]/pipeline/[opportunity]': {
    path: (ids) => `/w/${ids.slug}/pipeline/${ids.opportunity}`,
    names: 'record',
  },
  '/w/[workspace]/hot-list': { path: inside('/hot-list') },
  '/w/[workspace]/notes': { path: inside('/notes') },
  '/w/[workspace]/schedule': { path: inside('/schedule') },
  '/w/[workspace]/export/[table]': { path: inside('/export/hot-list?format=csv') },
  '/w/[workspace]/views': {
    path: inside('/views'),
    forms: ['update', 'rename', 'share', 'unshare', 'delete', 'restore'].map((deed) => ({ view }: Ids) => ({
      deed,
      page: 'leads',
      query: 'q=x',
      name: 'Another name',
      view,
    })),
    names: 'record',
    answers: [303, 404],
  },
  '/w/[workspace]/jump': { path: inside('/jump?q=and') },
  '/w/[workspace]/calendar': { path: inside('/calendar') },
  '/w/[workspace]/events': { path: inside('/events') },
  '/w/[workspace]/sync': { path: inside('/sync') },
  '/w/[workspace]/sync/run-now': {
    path: inside('/sync/run-now'),
    forms: [({ connection }) => ({ connection })],
    names: 'record',
  },
  '/w/[workspace]/sync/runs': { path: inside('/sync/runs') },
  '/w/[workspace]/sync/runs/[id]': { path: (ids) => `/w/${ids.slug}/sync/runs/${ids.run}`, names: 'record' },
  '/w/[workspace]/settings': { path: inside('/settings'), answers: [301, 302, 303, 308] },
  '/w/[workspace]/settings/security': {
    path: inside('/settings/security'),
    forms: [() => ({ action: 'none' })],
  },
  '/w/[workspace]/settings/keys': {
    path: inside('/settings/keys'),
    forms: [({ key }) => ({ deed: 'revoke', key })],
    names: 'record',
  },
  '/w/[workspace]/settings/members': {
    path: inside('/settings/members'),
    forms: [
      ({ member }) => ({ deed: 'role', member, role: 'viewer' }),
      ({ member }) => ({ deed: 'remove', member }),
      ({ invitation }) => ({ deed: 'withdraw', invitation }),
    ],
    names: 'record',
  },
  '/w/[workspace]/settings/targets': {
    path: inside('/settings/targets'),
    forms: [() => ({ currency: 'USD', amount: '500,000' })],
  },
  '/w/[workspace]/settings/numbers': {
    path: inside('/settings/numbers'),
    forms: [() => ({ format: '1.234,56' })],
  },
  '/w/[workspace]/settings/write-back': {
    path: inside('/settings/write-back'),
    forms: [() => ({ deed: 'on' })],
  },
  '/w/[workspace]/settings/connections': { path: inside('/settings/connections') },
  '/w/[workspace]/settings/connections/new': {
    path: inside('/settings/connections/new'),
    forms: [() => ({ connector: 'clienttether' })],
  },
  '/w/[workspace]/settings/connections/[id]': {
    path: (ids) => `/w/${ids.slug}/settings/connections/${ids.connection}`,
    forms: [
      ...['test', 'start', 'discard', 'replace', 'pause', 'resume'].map((action) => () => ({ action })),
      () => ({ action: 'quota', percent: '30', limit: '' }),
      () => ({ action: 'webhook', account: '62515', signingSecret: 'a secret of nobody' }),
    ],
    names: 'record',
  },
  '/w/[workspace]/settings/connections/[id]/fields': {
    path: (ids) => `/w/${ids.slug}/settings/connections/${ids.connection}/fields`,
    forms: [
      () => ({ deed: 'preview', version: '1', market: 'market' }),
      () => ({ deed: 'save', version: '1', market: 'region' }),
      () => ({ deed: 'back', version: '1', to: '1' }),
    ],
    names: 'record',
  },
  '/w/[workspace]/settings/connections/[id]/consent': {
    path: (ids) => `/w/${ids.slug}/settings/connections/${ids.connection}/consent`,
    forms: [() => ({})],
    names: 'record',
  },
  '/consent/[connector]': {
    path: ({ tenant, connection }) =>
      `/consent/hubspot-oauth?code=c&state=${tenant}.${connection}.${'p'.repeat(43)}`,
  },
  '/w/[workspace]/settings/audit': { path: inside('/settings/audit') },
  '/w/[workspace]/settings/audit.csv': { path: inside('/settings/audit.csv') },

  '/api/v1/openapi.json': { path: () => '/api/v1/openapi.json' },
  '/api/v1/webhooks/[token]': { path: () => '/api/v1/webhooks/none', json: () => ({}), answers: [404] },
  '/api/v1/browser-errors': {
    path: ({ slug }) => `/api/v1/browser-errors?workspace=${slug}`,
    json: () => ({ page: '/w', name: 'TypeError', message: '', frames: ['/_/a.js:1:1'] }),
    answers: [204],
  },
  '/api/v1/tokens': { path: () => '/api/v1/tokens', json: () => ({}) },
  '/api/v1/opportunities/due': { path: ({ slug }) => `/api/v1/opportunities/due?workspace=${slug}` },
  '/api/v1/opportunities/[id]/complete_action': {
    path: ({ slug, opportunity }) => `/api/v1/opportunities/${opportunity}/complete_action?workspace=${slug}`,
    json: () => ({ outcome: 'lost', reason: 'Chose another brand' }),
    names: 'record',
    answers: [200],
  },
  '/api/v1/sync/status': { path: ({ slug }) => `/api/v1/sync/status?workspace=${slug}` },
  '/api/v1/sync/runs': {
    path: ({ slug }) => `/api/v1/sync/runs?workspace=${slug}`,
    json: ({ connection }) => ({ connection }),
    names: 'record',
  },
}

/** Every role, and whether it is tried. */
export const triedRoles: readonly Role[] = ['admin', 'manager', 'rep', 'analyst', 'viewer', 'operator']
