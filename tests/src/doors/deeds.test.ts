import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKeyring } from '../../../drizzle/seal.ts'
import { auditDeeds, type AuditDeed } from '../../../src/domain/audit-deeds.ts'
import { identityWords, type IdentityDeed } from '../../../src/domain/identity-words.ts'
import { startApp, type TestApp } from '../app.ts'
import { enrol, wrongCodes } from '../identity/authenticator.ts'
import { idOf, seedKey } from '../keys.ts'
import { password } from '../people.ts'
import { seedTidewell } from '../seed.ts'
import { stranger, type Visitor } from '../visitor.ts'

let app: TestApp
let tenantId: string
let connection: string
const settings = '/w/tidewell/settings'

beforeAll(async () => {
  app = await startApp()
  const tidewell = await seedTidewell(app.seed)
  tenantId = tidewell.tenantId
  connection = tidewell.connection.id
  const { current } = await openKeyring(['a secret that only the worker of this test knows'])
  await app.seed.insert('sealing_keys', { key_id: current.keyId, public_key: current.publicKey })
})
afterAll(() => app.close())

type Line = {
  deed: string
  actor: string
  road: string | null
  address: string | null
  request_id: string | null
}

/** The lines in both logs that this answer's request has left. */
async function linesOf(answer: Response): Promise<Line[]> {
  const { rows } = await app.seed.client.query<Line>(
    `select deed, actor, road, address, request_id from audit_log where request_id = $1
     union all select deed, u.email, null, e.address, e.request_id from auth.events e join auth.users u on u.id = e.user_id where e.request_id = $1`,
    [answer.headers.get('x-request-id')],
  )
  return rows
}

const membership = async (role: 'rep' | 'admin' | 'manager') => {
  const visitor = await app.as(role, tenantId)
  return { visitor, id: await idOf(app.seed, visitor.email) }
}
/** The link that would have been mailed. */
const linkFor = (email: string) =>
  new URL(String(app.logged.findLast(({ to, link }) => to === email && link !== undefined)?.['link']))
const members = (fields: Record<string, string>) => app.ana.post(`${settings}/members`, fields)
const ofConnection = (fields: Record<string, string>) =>
  app.ana.post(`${settings}/connections/${connection}`, fields)
const keysOf = { 'secret.accessToken': 'a token of this test', 'secret.webKey': 'CT_0123456789abcdef' }
/** The one view there is, once it was saved. */
const ofView = async (fields: Record<string, string>) => {
  const { rows } = await app.seed.client.query<{ id: string }>('select id from saved_views')
  const view = rows[0] && { view: rows[0].id }
  return app.ana.post('/w/tidewell/views', { page: 'leads', query: 'q=x', ...view, ...fields })
}
const security = `${settings}/security`

/** Somebody with codes, before they have given one. */
async function halfIn(): Promise<{ visitor: Visitor; secret: string }> {
  const { visitor } = await membership('rep')
  const { secret } = await enrol(visitor, 'tidewell')
  const half = stranger(app.url, visitor.email)
  await half.post('/sign-in', { email: visitor.email, password })
  return { visitor: half, secret }
}

type Deed = AuditDeed | IdentityDeed

/** How each deed is done, and what else it leaves besides the line of its own. Done in this order. */
const ways: Partial<Record<Deed, () => Promise<Response>>> = {
  member_invited: async () => members({ deed: 'invite', emails: 'bo@example.com', role: 'rep' }),
  invitation_revoked: async () => {
    const { rows } = await app.seed.client.query<{ id: string }>(
      `select id from invitations where revoked_at is null`,
    )
    return members({ deed: 'withdraw', invitation: rows[0]?.id ?? '' })
  },
  member_joined: async () => {
    await members({ deed: 'invite', emails: 'cy@example.com', role: 'rep' })
    const { pathname } = linkFor('cy@example.com')
    return stranger(app.url).post(pathname, { deed: 'new', name: 'Cy', password: 'a tide of their own' })
  },
  user_added: async () => {
    await members({ deed: 'invite', emails: 'dee@example.com', role: 'rep' })
    const { pathname } = linkFor('dee@example.com')
    return stranger(app.url).post(pathname, { deed: 'new', name: 'Dee', password: 'a tide of their own' })
  },
  role_changed: async () => members({ deed: 'role', member: (await membership('rep')).id, role: 'viewer' }),
  member_removed: async () => members({ deed: 'remove', member: (await membership('rep')).id }),
  second_factor_demanded: async () => members({ deed: 'demand' }),
  second_factor_no_longer_demanded: async () => {
    await app.seed.client.query('update auth.users set two_factor_enabled = true where email = $1', [
      app.ana.email,
    ])
    const answer = await members({ deed: 'relent' })
    await app.seed.client.query('update auth.users set two_factor_enabled = false')
    return answer
  },
  api_key_made: async () =>
    app.ana.post(`${settings}/keys`, { deed: 'make', name: 'nightly', days: '9', read: 'yes' }),
  api_key_revoked: async () => {
    const { id } = await seedKey(app.seed, tenantId, app.ana.email)
    return app.ana.post(`${settings}/keys`, { deed: 'revoke', key: id })
  },
  connection_added: async () =>
    app.ana.post(`${settings}/connections/new`, { connector: 'clienttether', name: 'Another', ...keysOf }),
  connection_tested: async () => ofConnection({ action: 'test' }),
  draft_discarded: async () => {
    const draft = await app.seed.connection(tenantId, { name: 'Begun', state: 'draft' })
    return app.ana.post(`${settings}/connections/${draft.id}`, { action: 'discard' })
  },
  connection_started: async () => {
    await app.seed.client.query(`update connections set state = 'draft' where id = $1`, [connection])
    return ofConnection({ action: 'start' })
  },
  credentials_changed: async () => ofConnection({ action: 'replace', ...keysOf }),
  connection_paused: async () => ofConnection({ action: 'pause' }),
  connection_resumed: async () => ofConnection({ action: 'resume' }),
  quota_changed: async () => ofConnection({ action: 'quota', percent: '30', limit: '' }),
  fields_mapped: async () =>
    app.ana.post(`${settings}/connections/${connection}/fields`, {
      deed: 'save',
      version: '0',
      market: 'region',
    }),
  webhook_address_made: async () => {
    const crm = await app.seed.connection(tenantId, { connector: 'pipedrive', name: 'Pipedrive' })
    const fields = { action: 'webhook', account: '15000007' }
    return app.ana.post(`${settings}/connections/${crm.id}`, fields)
  },
  sync_asked_for: async () => app.ana.post('/w/tidewell/sync/run-now', { connection }),
  write_back_changed: async () => app.ana.post(`${settings}/write-back`, { deed: 'on' }),
  target_set: async () => app.ana.post(`${settings}/targets`, { currency: 'USD', amount: '500,000' }),
  number_format_set: async () => app.ana.post(`${settings}/numbers`, { format: '1.234,56' }),
  view_shared: async () => ofView({ deed: 'save', name: 'Ours', shared: 'yes' }),
  view_changed: async () => ofView({ deed: 'rename', name: 'Theirs' }),
  view_unshared: async () => {
    const answer = await ofView({ deed: 'unshare' })
    await ofView({ deed: 'share' })
    return answer
  },
  view_deleted: async () => ofView({ deed: 'delete' }),
  view_restored: async () => ofView({ deed: 'restore' }),
  exported: async () => app.ana.get('/w/tidewell/export/notes?format=csv'),
  operator_looked: async () => (await app.as('operator', tenantId)).get('/w/tidewell/sync'),
  workspace_refused: async () => app.ana.get('/w/nobody/sync'),
  signed_in: async () => stranger(app.url).post('/sign-in', { email: app.ana.email, password }),
  sign_in_failed: async () =>
    stranger(app.url).post('/sign-in', { email: app.ana.email, password: 'not this one' }),
  signed_out: async () => (await membership('rep')).visitor.post('/sign-out'),
  sessions_ended: async () => (await membership('rep')).visitor.post(security, { action: 'end_all' }),
  password_changed: async () =>
    (await membership('rep')).visitor.post(security, {
      action: 'password',
      password,
      next: 'a tide of their own',
    }),
  password_reset_asked: async () => {
    const answer = await stranger(app.url).post('/forgot', { email: app.ana.email })
    await expect.poll(() => linesOf(answer)).not.toEqual([])
    return answer
  },
  second_factor_on: async () => (await enrol((await membership('rep')).visitor, 'tidewell')).answer,
  second_factor_failed: async () => {
    const { visitor, secret } = await halfIn()
    return visitor.post('/sign-in/code', { code: wrongCodes(secret, 1)[0] ?? '' })
  },
  recovery_codes_made: async () => {
    const { visitor } = await membership('rep')
    await enrol(visitor, 'tidewell')
    return visitor.post(security, { action: 'codes', password })
  },
  second_factor_off: async () => {
    const { visitor } = await membership('rep')
    await enrol(visitor, 'tidewell')
    return visitor.post(security, { action: 'off', password })
  },
}

/** Done elsewhere than by a form, with the test that looks for the line. */
const elsewhere: Partial<Record<Deed, string>> = {
  action_completed: 'tests/src/commands/actions.test.ts',
  action_planned: 'tests/src/commands/actions.test.ts',
  write_retried: 'tests/worker/outbox.test.ts',
  connection_changed: 'tests/bin/connection.test.ts',
  connected_by_consent: 'tests/src/pages/consent.test.ts',
  consent_failed: 'tests/src/pages/consent.test.ts',
  webhook_address_removed: 'tests/bin/connection.test.ts',
  credentials_resealed: 'tests/bin/secrets.test.ts',
  account_linked: 'tests/src/identity/provider.test.ts',
  account_unlinked: 'tests/src/identity/provider.test.ts',
  operator_added: 'tests/bin/user.test.ts',
}

/** Words of deeds that nobody can do on a page yet. */
const waiting: Deed[] = ['action_moved', 'suggestion_used', 'action_undone']

test('every deed that a log has a word for is done here, or looked for elsewhere', () => {
  const all = [...Object.keys(auditDeeds), ...Object.keys(identityWords)]
  const known = [...Object.keys(ways), ...Object.keys(elsewhere), ...waiting]
  expect(known.toSorted()).toEqual(all.toSorted())
  for (const [deed, file] of Object.entries(elsewhere))
    expect(readFileSync(file, 'utf8'), file).toContain(deed)
})

test.each(Object.keys(ways) as Deed[])(
  '%s leaves a line with who, from where and by which request',
  async (deed) => {
    const answer = await ways[deed]?.()
    if (answer === undefined) throw new Error(`nobody knows how to do ${deed}`)
    const line = (await linesOf(answer)).find((one) => one.deed === deed)
    expect(line, `${answer.status}: ${await answer.text()}`).toMatchObject({
      actor: expect.stringMatching(/@/) as string,
      address: '127.0.0.1',
    })
    if (deed in auditDeeds) expect(line?.road).toBe('session')
  },
)
