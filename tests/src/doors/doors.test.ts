import { hash, randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doors, type Door } from '../../../src/server/doors.ts'
import { deeds, may, type Deed, type Role } from '../../../src/server/access.ts'
import { startApp, type TestApp } from '../app.ts'
import { seedFailedRun, seedTidewell } from '../seed.ts'
import { stranger, type Visitor } from '../visitor.ts'
import { examples, triedRoles, type Ids } from './examples.ts'
import { astroRoutes, builtRoutes, systemRoutes } from './routes.ts'

let app: TestApp
let ours: Ids
let theirs: Ids
const visitors = {} as Record<
  Role | 'another tenant' | 'another agency' | 'a former member' | 'expired',
  Visitor
>
const keys = {} as Record<'good' | 'revoked' | 'expired' | 'of a former member', string>

beforeAll(async () => {
  app = await startApp()
  ours = await seedIds('tidewell')
  theirs = await seedIds('harbour')
  const another = randomUUID()
  await app.seed.insert('agencies', { id: another, name: 'Another agency' })
  await app.seed.client.query('update tenants set agency_id = $1 where id = $2', [another, theirs.tenant])
  for (const role of triedRoles) visitors[role] = await app.as(role, ours.tenant)
  visitors['another tenant'] = await app.as('admin', theirs.tenant)
  visitors['another agency'] = await app.as('operator', theirs.tenant)
  visitors['a former member'] = await app.as('admin', ours.tenant)
  await endMembership(visitors['a former member'])
  visitors.expired = await app.as('admin', ours.tenant)
  await app.seed.client.query(
    `update auth.sessions set expires_at = now() - interval '1 second' where user_id = (select id from auth.users where email = $1)`,
    [visitors.expired.email],
  )
  keys.good = await seedKey(visitors.admin)
  keys.revoked = await seedKey(visitors.admin, { revoked_at: new Date() })
  keys.expired = await seedKey(visitors.admin, { expires_at: new Date(Date.now() - 1_000) })
  keys['of a former member'] = await seedKey(visitors['a former member'])
})

afterAll(() => app.close())

async function seedIds(slug: string): Promise<Ids> {
  const { tenantId, connection } = await seedTidewell(app.seed, { slug, name: slug })
  const run = await seedFailedRun(app.seed, connection)
  const member = await app.as('viewer', tenantId)
  const invitation = randomUUID()
  await app.seed.insert('invitations', {
    tenant_id: tenantId,
    id: invitation,
    email: `invited@${slug}.test`,
    role: 'viewer',
    token_hash: randomBytes(32),
    inviter: 'Ana Ruiz',
    expires_at: new Date(Date.now() + 86_400_000),
  })
  const view = randomUUID()
  await app.seed.insert('saved_views', {
    tenant_id: tenantId,
    id: view,
    user_id: await idOf(member),
    page: 'leads',
    name: `A view of ${slug}`,
    query: 'show=qualified',
    is_shared: true,
  })
  const ids = {
    slug,
    tenant: tenantId,
    connection: connection.id,
    run,
    member: await idOf(member),
    key: '',
    invitation,
    opportunity: await app.seed.record('opportunities', connection, { status: 'open', title: 'Waco' }),
    view,
  }
  const key = await seedKey(member, {}, tenantId)
  const { rows } = await app.seed.client.query<{ id: string }>('select id from api_keys where hash = $1', [
    digest(key),
  ])
  return { ...ids, key: rows[0]?.id ?? '' }
}

async function idOf({ email }: Visitor): Promise<string> {
  const { rows } = await app.seed.client.query<{ id: string }>('select id from auth.users where email = $1', [
    email,
  ])
  return rows[0]?.id ?? ''
}

const digest = (key: string) => Buffer.from(hash('sha256', key, 'hex'), 'hex')

async function seedKey(
  owner: Visitor,
  row: Record<string, unknown> = {},
  tenantId = ours.tenant,
): Promise<string> {
  const key = `tdm_${randomBytes(32).toString('base64url')}`
  await app.seed.insert('api_keys', {
    tenant_id: tenantId,
    id: randomUUID(),
    user_id: await idOf(owner),
    name: 'a key',
    prefix: key.slice(0, 12),
    hash: digest(key),
    scopes: ['read', 'write', 'export'],
    expires_at: new Date(Date.now() + 86_400_000),
    ...row,
  })
  return key
}

async function endMembership(visitor: Visitor): Promise<void> {
  await app.seed.client.query('update memberships set ended_at = now() where user_id = $1', [
    await idOf(visitor),
  ])
}

type Method = 'GET' | 'POST'
type Form = NonNullable<(typeof examples)[string]['forms']>[number]

/** Uses an address as its example says, with ids of `at` in the path and of `about` in the body. */
async function use(
  visitor: Visitor,
  route: string,
  method: Method,
  {
    at = ours,
    about = at,
    headers = {},
    form = examples[route]?.forms?.[0],
  }: { at?: Ids; about?: Ids; headers?: Record<string, string>; form?: Form | undefined } = {},
): Promise<Response> {
  const example = examples[route]
  if (example === undefined) throw new Error(`${route} has no example`)
  // A record in the path is named by its own id, within the workspace of `at`.
  const path = example.path({ ...about, slug: at.slug, tenant: at.tenant })
  if (method === 'GET') return beginning(await visitor.get(path, headers))
  if (example.json) {
    return visitor.send(path, {
      method,
      headers: { origin: app.url, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(example.json(about)),
    })
  }
  return visitor.post(path, form?.(about) ?? {}, headers)
}

/** A stream has no end to wait for; that it began is the answer. */
async function beginning(answer: Response): Promise<Response> {
  if (answer.headers.get('content-type') !== 'text/event-stream') return answer
  await answer.body?.cancel()
  return new Response('a stream', { status: answer.status })
}

const isApi = (route: string) => route.startsWith('/api/')
const isDeed = (who: Door['who']): who is Deed => deeds.includes(who as Deed)
const closed = Object.entries(doors).flatMap(([route, door]) =>
  door.who === 'anyone' || door.who === 'scraper' || door.who === 'crm'
    ? []
    : door.methods.map((method) => ({ route, method, who: door.who, scope: door.scope })),
)
const inWorkspace = closed.flatMap((one) => (isDeed(one.who) ? [{ ...one, deed: one.who }] : []))
const forPrograms = inWorkspace.filter(({ scope }) => scope !== undefined)

describe('the table of doors', () => {
  test('names every address of the router, and no other', () => {
    const built = builtRoutes()
    expect(built.length).toBeGreaterThan(20)
    expect(built).toEqual(expect.arrayContaining([...astroRoutes, ...systemRoutes]))
    const own = built.filter((route) => ![...astroRoutes, ...systemRoutes].includes(route))
    expect(own).toEqual(Object.keys(doors).toSorted())
  })

  test('is tried whole: every address has an example', () => {
    expect(Object.keys(examples).toSorted()).toEqual(Object.keys(doors).toSorted())
  })

  test.each(astroRoutes)('leaves %s closed', async (route) => {
    expect((await visitors.admin.get(`${route.replace('[name]', 'x')}?href=/favicon.svg`)).status).toBe(404)
  })
})

function expectSignIn(answer: Response, route: string): void {
  if (isApi(route)) {
    expect(answer.status).toBe(401)
    return
  }
  expect(answer.status).toBe(303)
  expect(answer.headers.get('location')).toMatch(/^\/sign-in\?next=%2F/)
}

describe.each(closed)('$method $route', ({ route, method }) => {
  test('asks nobody in: neither a stranger nor somebody whose session has ended', async () => {
    expectSignIn(await use(stranger(app.url), route, method), route)
    expectSignIn(await use(visitors.expired, route, method), route)
    const forged = stranger(app.url)
    forged.cookies.set('tidemark.session_token', `${'x'.repeat(32)}.${'A'.repeat(43)}%3D`)
    expectSignIn(await use(forged, route, method), route)
  })

  test.each(['revoked', 'expired', 'of a former member'] as const)(
    'refuses a key that is %s',
    async (which) => {
      const headers = { authorization: `Bearer ${keys[which]}` }
      const answer = await use(stranger(app.url), route, method, { headers })
      expect(answer.status).toBe(401)
      // The cookie of somebody who may does not help a bad key.
      expect((await use(visitors.admin, route, method, { headers })).status).toBe(401)
    },
  )
})

describe.each(inWorkspace)('$method $route', ({ route, method, deed }) => {
  test.each(['another tenant', 'another agency', 'a former member'] as const)(
    'is not there for %s',
    async (who) => {
      const at =
        isApi(route) && !examples[route]?.path(ours).includes('workspace=')
          ? { 'x-tenant-id': ours.slug }
          : {}
      const answer = await use(visitors[who], route, method, { headers: at as Record<string, string> })
      expect(answer.status).toBe(404)
      expect(await answer.text()).not.toContain(ours.connection)
    },
  )

  test('does for each role what the table of roles says', async () => {
    for (const role of triedRoles) {
      const { status } = await use(visitors[role], route, method)
      const isProgramsOnly = route === '/api/v1/tokens'
      if (!may(role, deed)) expect(status, role).toBe(403)
      else if (!isProgramsOnly) {
        const answers = examples[route]?.answers
        if (answers) expect(answers, role).toContain(status)
        else expect([200, 202, 303, 400, 409, 422], `${role} got ${status}`).toContain(status)
      }
    }
  })
})

describe.each(inWorkspace.filter(({ route }) => examples[route]?.names === 'record'))(
  '$method $route',
  ({ route, method }) => {
    test("answers another tenant's id exactly as one that does not exist, and changes nothing there", async () => {
      const nowhere = {
        ...theirs,
        connection: randomUUID(),
        run: randomUUID(),
        member: randomUUID(),
        key: randomUUID(),
        invitation: randomUUID(),
        opportunity: randomUUID(),
        view: randomUUID(),
      }
      const before = await digestOf(theirs.tenant)
      for (const form of examples[route]?.forms ?? [undefined]) {
        const foreign = await use(visitors.admin, route, method, { at: ours, about: theirs, form })
        const absent = await use(visitors.admin, route, method, { at: ours, about: nowhere, form })
        expect(foreign.status).toBe(absent.status)
        const [one, other] = [await textOf(foreign), await textOf(absent)]
        expect(one).toBe(other)
        const isRecordsOwn = examples[route]?.path(ours).includes(ours.run)
        if (isRecordsOwn || method === 'POST') expect([400, 404, 409]).toContain(foreign.status)
      }
      expect(await digestOf(theirs.tenant)).toBe(before)
    })
  },
)

/** A page without what is different in every answer. */
async function textOf(answer: Response): Promise<string> {
  const changing = [
    /[0-9A-Z]{5}-[0-9A-Z]{5}/g,
    /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g,
    /\d{4}-\d\d-\d\dT[\d:.]+Z/g,
    // How long ago: it grows between two answers. The moment itself is in the title beside it, and is compared.
    /(?<=<rel-time>\s*<time[^>]*>)[^<]*(?=<\/time>)/g,
  ]
  return changing.reduce((text, what) => text.replaceAll(what, ''), await answer.text())
}

async function digestOf(tenantId: string): Promise<string> {
  const { rows: tables } = await app.seed.client.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
     where c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  )
  const parts = []
  for (const { name } of tables) {
    const { rows } = await app.seed.client.query<{ digest: string }>(
      `select md5(coalesce(string_agg(t::text, '' order by t::text), '')) as digest from ${name} t where tenant_id = $1`,
      [tenantId],
    )
    parts.push(`${name} ${rows[0]?.digest}`)
  }
  return parts.join('\n')
}

describe.each(forPrograms)('$method $route with a key', ({ route, method, scope }) => {
  test("opens the key's own workspace, whatever else is named", async () => {
    const program = stranger(app.url)
    const authorization = `Bearer ${keys.good}`
    const own = await use(program, route, method, { headers: { authorization } })
    expect([200, 202, 303, 409], await own.text()).toContain(own.status)
    for (const name of [theirs.slug, theirs.tenant, 'nobody']) {
      const headers = { authorization, 'x-tenant-id': name }
      const path = examples[route]?.path(ours).split('?')[0] ?? ''
      const body = JSON.stringify(examples[route]?.json?.(ours) ?? {})
      const answer = await program.send(path, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(method === 'GET' ? {} : { body }),
      })
      expect(answer.status, name).toBe(404)
    }
  })

  test('needs its scope', async () => {
    const scopes = ['read', 'write', 'export'].filter((one) => one !== scope)
    const key = await seedKey(visitors.admin, { scopes })
    const answer = await use(stranger(app.url), route, method, {
      headers: { authorization: `Bearer ${key}` },
    })
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ error: { code: 'scope' } })
  })
})

describe('a workspace that is not theirs', () => {
  test('leaves a line about who asked, the same whether it exists or not', async () => {
    await visitors.viewer.get(`/w/${theirs.slug}/overview`)
    await visitors.viewer.get('/w/nobody/overview')
    const { rows } = await app.seed.client.query<{ detail: Record<string, string> }>(
      `select detail from auth.events where deed = 'workspace_refused' and user_id = $1 order by id`,
      [await idOf(visitors.viewer)],
    )
    expect(rows.slice(-2).map(({ detail }) => detail['workspace'])).toEqual([theirs.slug, 'nobody'])
  })

  test('takes as long as one that does not exist', async () => {
    const took = async (slug: string) => {
      const startedMs = performance.now()
      await (await visitors.viewer.get(`/w/${slug}/overview`)).text()
      return performance.now() - startedMs
    }
    const [foreign, absent]: [number[], number[]] = [[], []]
    for (let round = 0; round < 40; round += 1) {
      foreign.push(await took(theirs.slug))
      absent.push(await took('nobody'))
    }
    const median = (all: number[]) => all.toSorted((a, b) => a - b)[all.length / 2] ?? 0
    const ratio = median(foreign) / median(absent)
    expect(ratio).toBeGreaterThan(0.6)
    expect(ratio).toBeLessThan(1.67)
  })
})

describe('an operator', () => {
  test('leaves a line in the audit log of the client they look at', async () => {
    await visitors.operator.get(`/w/${ours.slug}/sync`)
    const { rows } = await app.seed.client.query(
      `select actor, target from audit_log where tenant_id = $1 and deed = 'operator_looked' order by id desc limit 1`,
      [ours.tenant],
    )
    expect(rows).toEqual([{ actor: visitors.operator.email, target: '/w/[workspace]/sync' }])
  })

  test('sees the runs, and nothing of what is in the records', async () => {
    const page = await (await visitors.operator.get(`/w/${ours.slug}/sync/runs/${ours.run}`)).text()
    expect(page).toContain('ClientTether had an error')
    expect(page).not.toContain('received')
    expect(page).not.toContain('5512')
  })
})

describe('a form with fields that nobody asked for', () => {
  const posts = Object.entries(doors).filter(([, { methods }]) => methods.includes('POST'))
  /** As somebody would send them who has read the names of our columns. */
  const hostile = (): [string, string][] => [
    ['__proto__', 'role'],
    ['constructor', 'admin'],
    ['tenant_id', theirs.tenant],
    ['tenantId', theirs.tenant],
    ['workspace', theirs.slug],
    ['user_id', theirs.member],
    ['userId', theirs.member],
    ['id', theirs.connection],
    ['isAdmin', 'true'],
    ['emailVerified', 'true'],
    ['scopes', 'export'],
    ['hash', 'x'],
    ['invitedBy', theirs.member],
  ]
  const admins = async () =>
    (
      await app.seed.client.query(
        `select tenant_id, user_id from memberships where role = 'admin' and ended_at is null order by 1, 2`,
      )
    ).rows as unknown[]

  test.each(posts)(
    'sent to %s reaches no other workspace and makes nobody more than they are',
    async (route, door) => {
      const [before, who] = [await digestOf(theirs.tenant), await admins()]
      const forms: Form[] = examples[route]?.forms ?? [() => ({})]
      for (const form of forms) {
        const visitor = isDeed(door.who) ? visitors.admin : stranger(app.url)
        const body = new URLSearchParams([...Object.entries(form(ours)), ...hostile()])
        const path = examples[route]?.path(ours) ?? ''
        const headers = { origin: app.url }
        const answer = await visitor.send(path, { method: 'POST', headers, body })
        expect(answer.status).toBeLessThan(500)
      }
      expect(await digestOf(theirs.tenant)).toBe(before)
      expect(await admins()).toEqual(who)
      expect(({} as Record<string, unknown>)['role']).toBeUndefined()
    },
  )

  test('makes a key for whoever asks, with what they ticked, and an invitation from them', async () => {
    const send = (rest: string, fields: Record<string, string>) =>
      visitors.admin.send(`/w/${ours.slug}/settings/${rest}`, {
        method: 'POST',
        headers: { origin: app.url },
        body: new URLSearchParams([...Object.entries(fields), ...hostile()]),
      })
    await send('keys', { deed: 'make', name: 'odd', days: '9', read: 'yes' })
    await send('members', { deed: 'invite', emails: 'odd@example.com', role: 'viewer' })
    const { rows } = await app.seed.client.query(
      `select k.tenant_id, k.user_id, k.scopes, i.tenant_id as place, i.invited_by, i.role
         from api_keys k, invitations i where k.name = 'odd' and i.email = 'odd@example.com'`,
    )
    const admin = await idOf(visitors.admin)
    expect(rows).toEqual([
      {
        tenant_id: ours.tenant,
        user_id: admin,
        scopes: ['read'],
        place: ours.tenant,
        invited_by: admin,
        role: 'viewer',
      },
    ])
  })
})
