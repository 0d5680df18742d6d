import type { Browser, Page } from 'playwright-core'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSimulator, type AccountOptions, type Simulator } from '../../../simulator/main.ts'
import { launchBrowser } from '../../support/browser.ts'
import { startAppWorker } from '../app-worker.ts'
import { startApp, type TestApp } from '../app.ts'
import { stranger, visit as signIn, type Visitor } from '../visitor.ts'
import { overflowing, violations, visit } from './browser.ts'

// Connecting a CRM by the consent of a person: the wizard, the CRM's own screen, and back, in a real browser.

const clientSecret = 'CANARY-SECRET-of-the-app'

/** A small company that lets an app in. */
const company = (crm: 'hubspot' | 'pipedrive' | 'salesforce', connector: string): AccountOptions => ({
  crm,
  webKey: crm,
  name: `Orchard ${crm}`,
  accessToken: '',
  seed: 5 + crm.length,
  people: 8,
  changesPerDay: 0,
  oauth: {
    clientId: `app-at-${crm}`,
    clientSecret,
    refreshToken: 'of nobody',
    redirectUris: [`http://127.0.0.1/consent/${connector}`],
    ...(crm === 'pipedrive' && { homeField: 'api_domain' as const, scope: 'base,deals:full' }),
  },
})
const hubSpot = company('hubspot', 'hubspot-oauth')

let app: TestApp
let browser: Browser
let simulator: Simulator
let worker: { stop: () => Promise<void> }
const workerLog: string[] = []
/** Every code and token that was handed out. */
const handedOut = new Set<string>()

beforeAll(async () => {
  ;[app, browser, simulator] = await Promise.all([
    startApp({ TIDEMARK_ALLOW_PRIVATE_CRM_HOSTS: 'true' }),
    launchBrowser(),
    startSimulator({
      accounts: [
        hubSpot,
        { ...hubSpot, webKey: 'another', name: 'Another company', seed: 91, hubspot: { portalId: 777 } },
        company('pipedrive', 'pipedrive-app'),
        company('salesforce', 'salesforce-app'),
      ],
    }),
  ])
  const apps = ['HUBSPOT', 'PIPEDRIVE', 'SALESFORCE'].flatMap((name) => [
    [`${name}_APP_CLIENT_ID`, `app-at-${name.toLowerCase()}`],
    [`${name}_APP_CLIENT_SECRET`, clientSecret],
    [`${name}_APP_URL`, simulator.url],
  ])
  worker = await startAppWorker(
    app,
    Object.fromEntries(apps),
    pino({ level: 'trace' }, { write: (line: string) => void workerLog.push(line) }),
  )
})

afterAll(async () => {
  await worker.stop()
  await browser.close()
  await simulator.close()
  await app.close()
})

const home = (slug: string) => `/w/${slug}/settings/connections`

/** Goes through the wizard to the consent screen of a CRM. */
async function choose(at: Page, label: string, crm: string) {
  await at.getByRole('radio', { name: label }).check()
  await at.getByRole('button', { name: 'Continue' }).click()
  await at.getByRole('button', { name: `Connect with ${crm}` }).click()
  await at.waitForURL(/\/authorize\?/)
}

/** Watches which addresses a page comes to, and what other pages are told of them. */
function watch(at: Page) {
  const told: string[] = []
  at.on('request', (request) => {
    const { searchParams } = new URL(request.url())
    const code = searchParams.get('code')
    if (code !== null) handedOut.add(code)
    told.push(request.headers()['referer'] ?? '')
    if (!request.url().includes('/consent/')) told.push(request.url())
  })
  return () => told.filter((text) => [...handedOut].some((code) => text.includes(code)))
}

const deedsOf = async (tenantId: string) =>
  (
    await app.seed.client.query<{ deed: string }>(
      'select deed from audit_log where tenant_id = $1 order by id',
      [tenantId],
    )
  ).rows.map(({ deed }) => deed)

/** An access token as an app gets it by a consent of its own. */
async function freshToken(account: string): Promise<string> {
  const redirect = `${app.url}/consent/pipedrive-app`
  const code = simulator.account(account).grant?.issueCode({ redirectUri: redirect, challenge: null }) ?? ''
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirect }
  const client = { client_id: `app-at-${account}`, client_secret: clientSecret }
  const answer = await fetch(`${simulator.url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...form, ...client }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

const works = 'The connection works. Nothing is copied until you start it.'

// Side by side: most of the time each CRM makes wait.
test.concurrent.each([
  ['HubSpot', 'HubSpot (OAuth)', { javaScriptEnabled: true }],
  ['Pipedrive', 'Pipedrive (by an app)', { javaScriptEnabled: true }],
  ['Salesforce', 'Salesforce (by an app)', { javaScriptEnabled: false }],
] as const)('%s lets us in by consent, and the first sync copies it', async (crm, label, look) => {
  const slug = `by-${crm.toLowerCase()}`
  const tenantId = await app.seed.tenant(slug)
  const {
    page: at,
    complaints,
    close,
  } = await visit(browser, `${app.url}${home(slug)}/new`, { ...look, as: app.ana })
  const leaks = watch(at)
  await choose(at, label, crm)
  await at.getByRole('button', { name: 'Allow' }).click()
  await at.getByText(works).waitFor()
  expect(await at.getByRole('table').innerText()).toMatch(new RegExp(`${crm} account \\w+ let us in`))
  if (look.javaScriptEnabled) expect(await violations(at)).toEqual([])
  await at.getByRole('button', { name: 'Start syncing' }).click()
  await at.getByRole('link', { name: 'Show what is here now' }).waitFor()
  expect(await at.locator('.progress').innerText()).toMatch(/Opportunities\s+\d+ (of|read)/)
  expect(leaks()).toEqual([])
  expect(complaints).toEqual([])
  await close()
  expect(await deedsOf(tenantId)).toEqual(['connection_added', 'connected_by_consent', 'connection_started'])
})

/** A draft that waits for a consent to HubSpot, and its page. */
async function draft(slug: string, by: Visitor = app.ana): Promise<string> {
  const answer = await by.post(`${home(slug)}/new`, {
    connector: 'hubspot-oauth',
    way: 'consent',
    name: 'HubSpot',
  })
  expect(answer.status).toBe(307)
  return answer.headers.get('location')?.replace(/\/consent$/, '') ?? ''
}

/** Begins a consent on the page of a connection; gives the address of the CRM's screen. */
async function begin(path: string, by: Visitor = app.ana): Promise<URL> {
  const answer = await by.post(`${path}/consent`)
  return new URL(answer.headers.get('refresh')?.replace('0; url=', '') ?? '')
}

/** Answers on the CRM's screen; gives the address that the browser is sent back to, without its host. */
async function decide(screen: URL, answer: 'allow' | 'deny' = 'allow', account = 'hubspot'): Promise<string> {
  const form = new URLSearchParams([...screen.searchParams, ['account', account], ['answer', answer]])
  const sent = await fetch(screen.origin + screen.pathname, {
    method: 'POST',
    body: form,
    redirect: 'manual',
  })
  const back = new URL(sent.headers.get('location') ?? '')
  handedOut.add(back.searchParams.get('code') ?? 'none')
  expect(back.origin).toBe(app.url)
  return back.pathname + back.search
}

/** What the test of a connection says once it is over. */
async function tested(path: string): Promise<string> {
  const id = path.split('/').at(-1)
  const question = `select steps::text as steps from connection_tests where connection_id = $1 and finished_at is not null
    and asked_at = (select max(asked_at) from connection_tests where connection_id = $1)`
  const steps = async () => (await app.seed.client.query<{ steps: string }>(question, [id])).rows[0]?.steps
  await expect.poll(steps).toBeDefined()
  return (await steps()) ?? ''
}

const connectionAt = async (path: string) =>
  (
    await app.seed.client.query<Record<string, unknown>>(
      `select c.state, c.account_id, c.by_consent, coalesce(t.outcome, 'none') as outcome, t.sealed_code,
         (select count(*)::int from connection_tests where connection_id = c.id) as tests
       from connections c left join connection_consents t on t.connection_id = c.id where c.id = $1`,
      [path.split('/').at(-1)],
    )
  ).rows[0]

test('who says no on the screen of the CRM is told so, nothing is connected, and the same draft is begun again', async () => {
  const tenantId = await app.seed.tenant('denied')
  const {
    page: at,
    complaints,
    close,
  } = await visit(browser, `${app.url}${home('denied')}/new`, {
    as: app.ana,
    colorScheme: 'dark',
    viewport: { width: 320, height: 700 },
  })
  await choose(at, 'HubSpot (OAuth)', 'HubSpot')
  await at.getByRole('button', { name: 'Deny' }).click()
  await at.getByRole('alert').getByText('HubSpot was told not to let us in').waitFor()
  expect(await violations(at)).toEqual([])
  expect(await overflowing(at)).toEqual([])
  expect(complaints).toEqual([])
  await close()
  expect(await deedsOf(tenantId)).toEqual(['connection_added', 'consent_failed'])
  const again = await draft('denied')
  expect(await connectionAt(again)).toMatchObject({ state: 'draft', outcome: 'refused', tests: 0 })
})

test('a draft that nobody let in can be discarded, and an answer that comes after that finds nothing', async () => {
  const tenantId = await app.seed.tenant('discarded')
  const path = await draft('discarded')
  const back = await decide(await begin(path))
  const { page: at, close } = await visit(browser, app.url + path, { as: app.ana })
  expect(await violations(at)).toEqual([])
  await at.getByRole('button', { name: 'Discard this draft' }).click()
  await at.getByText('No CRM is connected yet.').waitFor()
  await close()
  expect((await app.ana.get(back)).headers.get('location')).toMatch(/consent=stray$/)
  expect(await connectionAt(path)).toBeUndefined()
  expect((await deedsOf(tenantId)).slice(0, 2)).toEqual(['connection_added', 'draft_discarded'])
})

describe('an answer', () => {
  const stray = /connections\?consent=stray$/
  let path: string
  let back: string

  const bring = async (by: Visitor, address = back) => (await by.get(address)).headers.get('location') ?? ''
  const untouched = { outcome: 'asked', sealed_code: null, tests: 0 }

  beforeAll(async () => {
    await app.seed.tenant('answers')
    path = await draft('answers')
    back = await decide(await begin(path))
  })

  test('is not taken from another person of the workspace, or from another session of the same one', async () => {
    const { rows } = await app.seed.client.query<{ id: string }>(
      `select id from tenants where slug = 'answers'`,
    )
    expect(await bring(await app.as('admin', rows[0]?.id ?? ''))).toMatch(stray)
    expect(await bring(await signIn(app.url, app.ana.email))).toMatch(stray)
    expect(await connectionAt(path)).toMatchObject(untouched)
  })

  test('is no page to a stranger or to another tenant, whom it leads nowhere else', async () => {
    const other = await app.as('admin', await app.seed.tenant('elsewhere'))
    expect((await other.get(back)).status).toBe(404)
    expect(await bring(stranger(app.url))).toBe('/sign-in?next=%2Fw')
    expect(await connectionAt(path)).toMatchObject(untouched)
  })

  test.each([
    [
      'whose proof is another one',
      (address: string) => address.replace(/state=([^.]+\.[^.]+)\.[\w-]{43}/, `state=$1.${'p'.repeat(43)}`),
    ],
    [
      'that comes to the address of another CRM',
      (address: string) => address.replace('hubspot-oauth', 'pipedrive-app'),
    ],
  ])('is not taken %s', async (_, change) => {
    expect(await bring(app.ana, change(back))).toMatch(stray)
    expect(await connectionAt(path)).toMatchObject(untouched)
  })

  test('is not taken when ten minutes are over, and a new attempt makes the one before worthless', async () => {
    await app.seed.client.query(`update connection_consents set expires_at = now() - interval '1 second'`)
    expect(await bring(app.ana)).toMatch(stray)
    const [first, second] = [await begin(path), await begin(path)]
    expect(await bring(app.ana, await decide(first))).toMatch(stray)
    expect(await connectionAt(path)).toMatchObject(untouched)
    back = await decide(second)
  })

  test('is taken once, tells nobody its address, and what it gave stays sealed', async () => {
    const answer = await app.ana.get(back)
    expect(answer.headers.get('location')).toBe(path)
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(await bring(app.ana)).toMatch(stray)
    expect(await tested(path)).toContain('HubSpot account 62515 let us in')
    expect(await connectionAt(path)).toMatchObject({
      account_id: '62515',
      by_consent: true,
      outcome: 'connected',
      sealed_code: null,
      tests: 1,
    })
    expect(simulator.account('hubspot').grant?.uses().reused).toBe(0)
    const list = await (await app.ana.get(`${home('answers')}?consent=stray`)).text()
    expect(list).toContain('older than ten minutes')
  })

  test('without a code says in words what the CRM said', async () => {
    const state = (await begin(path)).searchParams.get('state') ?? ''
    await app.ana.get(`/consent/hubspot-oauth?error=invalid_scope&error_description=<b>no</b>&state=${state}`)
    const html = await (await app.ana.get(path)).text()
    expect(html).toContain('HubSpot refused what the app asks for: its scopes are not those of the app')
    expect(html).not.toContain('<b>no</b>')
  })

  test('of another account of the CRM changes nothing, that of the same one reconnects and keeps what is here', async () => {
    const id = path.split('/').at(-1)
    await app.seed.client.query(
      `update connections set state = 'needs_reconnect', next_due_at = now() + interval '1 hour' where id = $1`,
      [id],
    )
    const { page: at, close } = await visit(browser, app.url + path, { as: app.ana })
    expect(await at.getByText('Choose HubSpot account 62515 again').count()).toBe(1)
    await at.getByRole('button', { name: 'Reconnect with HubSpot' }).click()
    await at.getByLabel('Another company').check()
    await at.getByRole('button', { name: 'Allow' }).click()
    const words = 'this is HubSpot account 777, and what is here was copied from account 62515'
    await at.getByRole('alert').getByText(words).waitFor()
    expect(await violations(at)).toEqual([])
    await close()
    expect(await connectionAt(path)).toMatchObject({ state: 'needs_reconnect', account_id: '62515' })
    await app.ana.get(await decide(await begin(path)))
    expect(await tested(path)).toContain('HubSpot account 62515 let us in')
    expect(await connectionAt(path)).toMatchObject({ state: 'active', account_id: '62515' })
  })
})

describe('leave to write', () => {
  const page = async (slug: string) => (await app.ana.get(`/w/${slug}/settings/write-back`)).text()
  const lacks = 'lets this connection read, and not write: it lacks'

  test('is asked for where the workspace writes, and what is missing is said with a button', async () => {
    await app.seed.tenant('writers')
    const path = await draft('writers')
    const reading = await begin(path)
    expect(reading.search).not.toContain('write')
    await app.ana.get(await decide(reading))
    await tested(path)
    expect(await page('writers')).not.toContain(lacks)
    await app.ana.post('/w/writers/settings/write-back', { deed: 'on' })
    expect(await page('writers')).toContain(
      `HubSpot ${lacks} crm.objects.deals.write and crm.objects.contacts.write`,
    )
    const {
      page: at,
      complaints,
      close,
    } = await visit(browser, `${app.url}/w/writers/settings/write-back`, { as: app.ana })
    expect(await violations(at)).toEqual([])
    await at.getByRole('button', { name: 'Let it write: consent again with HubSpot' }).click()
    await at.waitForURL(/optional_scope=[^&]*crm\.objects\.deals\.write\+crm\.objects\.contacts\.write/)
    await at.getByRole('button', { name: 'Allow' }).click()
    await at.getByText(works).waitFor()
    expect(complaints).toEqual([])
    await close()
    expect(await page('writers')).not.toContain(lacks)
  })

  test('is a matter of the app at Pipedrive, which the page says', async () => {
    const { rows } = await app.seed.client.query<{ id: string }>(
      `select id from connections where connector = 'pipedrive-app' and granted_scopes = '{base,deals:full}'`,
    )
    expect(rows).toHaveLength(1)
    await app.ana.post('/w/by-pipedrive/settings/write-back', { deed: 'on' })
    expect(await page('by-pipedrive')).toContain(`Pipedrive ${lacks} activities:full`)
    expect(await page('by-pipedrive')).toContain('adds them to its app at Pipedrive first')
    const answer = await fetch(`${simulator.url}/api/v2/activities`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await freshToken('pipedrive')}` },
      body: '{}',
    })
    expect([answer.status, await answer.text()]).toEqual([
      403,
      expect.stringContaining('Scope and URL mismatch'),
    ])
  })
})

test('where no app is configured keys are entered, and the page says what to set', async () => {
  await app.seed.tenant('unset')
  await app.seed.client.query(`delete from consent_apps where connector = 'salesforce-app'`)
  const html = await (await app.ana.get(`${home('unset')}/new?connector=salesforce-app`)).text()
  expect(html).toContain('SALESFORCE_APP_CLIENT_ID')
  expect(html).not.toContain('Connect with Salesforce')
})

test('no code, token or secret is in a log or, in clear, in the database', async () => {
  const { rows: tables } = await app.seed.client.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname = 'public'`,
  )
  const words = [clientSecret, ...[...handedOut].filter((code) => code !== 'none')]
  expect(words.length).toBeGreaterThan(5)
  const logs = JSON.stringify(app.logged) + workerLog.join('')
  // What a token begins with at this stand-in.
  for (const word of [...words, 'code-', 'access-', 'refresh-']) expect(logs.includes(word), word).toBe(false)
  for (const { name } of tables) {
    const { rows } = await app.seed.client.query<{ text: string }>(`select t::text as text from ${name} t`)
    const text = rows.map((row) => row.text).join('\n')
    for (const word of words)
      expect(text.includes(word) || text.includes(Buffer.from(word).toString('hex')), name).toBe(false)
  }
})
