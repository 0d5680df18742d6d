import { hash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { doors } from '../../../src/server/doors.ts'
import type { Role } from '../../../src/server/access.ts'
import { seedEveryTable } from '../../drizzle/two-tenants.ts'
import { serve, startApp, type TestApp } from '../app.ts'
import { stranger, type Visitor } from '../visitor.ts'
import { examples, triedRoles, type Ids } from './examples.ts'

/** Each tenant's word stands in every text of every one of its rows, and nowhere else. */
const ours = { tenantId: 'aaaaaaaa-0000-4000-8000-00000000000c', word: 'canary-ours' }
const theirs = { tenantId: 'bbbbbbbb-0000-4000-8000-00000000000d', word: 'canary-theirs' }
/** Stands wherever a secret is kept, of whatever tenant. */
const secret = 'CANARY-SECRET'
const secretOfScraper = 'of the scraper alone'

let app: TestApp
const people = new Map<Role, Visitor>()
let apiKey: string

beforeAll(async () => {
  app = await startApp({ METRICS_TOKEN: secretOfScraper })
  const { client } = app.seed
  await seedEveryTable(client, [ours, theirs])
  // All ids of a tenant are the same one; connections must be of a CRM that exists.
  await client.query(`update connections set connector = 'clienttether'`)
  await client.query(`update tenants set time_zone = 'UTC', currency = 'USD'`)
  await client.query(`update connection_secrets set sealed = $1`, [Buffer.from(secret)])
  await client.query(`update api_keys set hash = $1`, [Buffer.from(secret)])
  await client.query(`update invitations set token_hash = $1`, [Buffer.from(secret)])
  await client.query(`update saved_views set page = 'leads', is_shared = true`)
  await client.query(
    `update crm_writes w set state = 'refused', refused_because = t.name, settled_at = now(), attempts = 1, number = o.version
     from tenants t, opportunities o where t.id = w.tenant_id and o.tenant_id = w.tenant_id and o.id = w.opportunity_id`,
  )
  await client.query(`update raw_snapshots set body = $1`, [Buffer.from(secret)])
  for (const role of triedRoles) people.set(role, await app.as(role, ours.tenantId))
  await app.as('admin', theirs.tenantId)
  await client.query(`update auth.accounts set access_token = $1, refresh_token = $1, id_token = $1`, [
    secret,
  ])
  apiKey = `tdm_${Buffer.alloc(32, 7).toString('base64url')}`
  const { rows } = await client.query<{ id: string }>('select id from auth.users where email = $1', [
    people.get('admin')?.email,
  ])
  await app.seed.insert('api_keys', {
    tenant_id: ours.tenantId,
    id: randomUUID(),
    user_id: rows[0]?.id,
    name: 'crawler',
    prefix: apiKey.slice(0, 12),
    hash: Buffer.from(hash('sha256', apiKey, 'hex'), 'hex'),
    scopes: ['read', 'write', 'export'],
    expires_at: new Date(Date.now() + 86_400_000),
  })
})

afterAll(() => app.close())

const idsOf = (slug: string, id: string): Ids => ({
  slug,
  tenant: id,
  connection: id,
  run: id,
  member: id,
  key: id,
  invitation: id,
  opportunity: id,
  view: id,
})

/** Every address that can be read: of our workspace with our ids and with theirs, of their workspace with either. */
const paths = Object.entries(doors).flatMap(([route, { methods }]) => {
  const path = examples[route]?.path
  if (!methods.includes('GET') || path === undefined) return []
  return [ours, theirs].flatMap(({ word }) =>
    [ours, theirs].map(({ tenantId }) => path(idsOf(word, tenantId))),
  )
})

/** Reads everything from `paths` on, and whatever the pages link to; gives each answer whole, headers included. */
async function crawl(visitor: Visitor, headers: Record<string, string> = {}): Promise<Map<string, string>> {
  const waiting = [...new Set(paths)]
  const seen = new Map<string, string>()
  for (let path = waiting.shift(); path !== undefined && seen.size < 400; path = waiting.shift()) {
    if (seen.has(path)) continue
    const answer = await visitor.get(path, headers)
    const isStream = answer.headers.get('content-type') === 'text/event-stream'
    const text = isStream ? ((await answer.body?.cancel()) ?? '') : await answer.text()
    seen.set(
      path,
      [`${answer.status}`, ...[...answer.headers].map((pair) => pair.join(': ')), text].join('\n'),
    )
    // Nobody works here, and /readyz says so.
    if (path !== '/readyz') expect(answer.status, path).toBeLessThan(500)
    for (const [, link = ''] of text.matchAll(/href="(\/[^"#]*)"/g)) {
      const found = link.replaceAll('&amp;', '&')
      if (!found.startsWith('/_/') && !seen.has(found)) waiting.push(found)
    }
  }
  return seen
}

/** The word of a path that was asked for may come back in it; nothing else of that tenant may. */
function findings(seen: Map<string, string>, words: string[]): string[] {
  return [...seen].flatMap(([path, text]) => {
    const asked = [path, encodeURIComponent(path)]
    // The page of one's own sign-in tells which workspaces one was refused, by the word one asked with.
    const own = path.endsWith('/settings/security')
      ? text.replaceAll(/(data-label="How">\/w\/\[workspace\][^<,]*), [\w-]+</g, '$1<')
      : text
    const rest = asked.reduce((left, one) => left.replaceAll(one, ''), own)
    return words
      .filter((word) => rest.includes(word))
      .map((word) => `${path}: ${word} in ${around(rest, word)}`)
  })
}

const around = (text: string, word: string) =>
  text.slice(Math.max(0, text.indexOf(word) - 60), text.indexOf(word) + 60)

describe('a crawl of every address', () => {
  test.each(triedRoles)('as %s finds nothing of another tenant, and no secret', async (role) => {
    const seen = await crawl(people.get(role) ?? stranger(app.url))
    expect(seen.size).toBeGreaterThan(25)
    expect(findings(seen, [theirs.word, theirs.tenantId, secret])).toEqual([])
    // It looked at pages with something on them.
    expect([...seen.values()].some((text) => text.includes(ours.word))).toBe(true)
  })

  test('as an operator finds nothing that stands in a record', async () => {
    const { client } = app.seed
    const tables = ['opportunities', 'leads', 'contacts', 'notes', 'activities', 'quarantine']
    for (const table of tables) {
      const { rows } = await client.query<{ name: string }>(
        `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
           and atttypid = 'text'::regtype and attname not in ('deleted_because', 'currency', 'status', 'kind', 'stream', 'error_code', 'next_action_details', 'own_outcome')`,
        [table],
      )
      const columns = rows.map(({ name }) => `${name} = 'of-a-record'`).join(', ')
      await client.query(`update ${table} set ${columns} where tenant_id = $1`, [ours.tenantId])
    }
    await client.query(
      `insert into next_actions (tenant_id, opportunity_id, number, how, due_at, details)
       select tenant_id, id, version + 1, 'moved', next_action_at, 'of-a-record' from opportunities where tenant_id = $1`,
      [ours.tenantId],
    )
    const seen = await crawl(people.get('operator') ?? stranger(app.url))
    expect(findings(seen, ['of-a-record'])).toEqual([])
    const asAdmin = await crawl(people.get('admin') ?? stranger(app.url))
    expect(findings(asAdmin, ['of-a-record']).length).toBeGreaterThan(0)
  })

  test('with an API key finds nothing of another tenant', async () => {
    const seen = await crawl(stranger(app.url), { authorization: `Bearer ${apiKey}` })
    expect(findings(seen, [theirs.word, theirs.tenantId, secret])).toEqual([])
  })

  test('by nobody finds nothing of anybody', async () => {
    const seen = await crawl(stranger(app.url))
    expect(findings(seen, [ours.word, theirs.word, secret])).toEqual([])
  })

  test('has left no secret in the log, and of other tenants only what was asked for', () => {
    const log = app.logged.map((line) => JSON.stringify(line))
    expect(log.filter((line) => line.includes(secret) || line.includes(apiKey))).toEqual([])
    const spoken = log.filter((line) => line.includes(theirs.word))
    for (const line of spoken)
      expect((JSON.parse(line) as { path?: string }).path, line).toContain(theirs.word)
  })
})

describe('what a page can be asked for', () => {
  beforeAll(async () => {
    // Every stream has been read to its end, so that the lists show what they hold.
    await app.seed.client.query(
      `insert into stream_cursors (tenant_id, connection_id, stream, fresh_at, fence, updated_at)
       select tenant_id, id, stream, now(), 1, now() from connections,
         unnest(array['owners', 'stages', 'lead_sources', 'leads', 'opportunities', 'notes', 'activities']) stream
       on conflict do nothing`,
    )
  })

  /** Every name that a filter of a page goes by: those of its forms and of its links. */
  async function parametersOf(path: string): Promise<string[]> {
    const text = await ((await people.get('admin')?.get(path))?.text() ?? '')
    const forms = [...text.matchAll(/<form(?![^>]*method="post").*?<\/form>/gis)]
      .map(([form]) => form)
      .join('')
    const fields = [...forms.matchAll(/name="([^"]+)"/g)].map(([, name = '']) => name)
    const links = [...text.matchAll(/href="[^"#]*\?([^"#]+)"/g)].flatMap(([, search = '']) => [
      ...new URLSearchParams(search.replaceAll('&amp;', '&')).keys(),
    ])
    return [...new Set([...fields, ...links])]
  }

  test("another tenant's ids and words, as any filter of any page, find what ids and words of nobody find", async () => {
    const nowhere = { id: '99999999-0000-4000-8000-00000000000e', word: 'canary-nobody' }
    let tried = 0
    for (const [route, { methods, who }] of Object.entries(doors)) {
      const path = examples[route]?.path(idsOf(ours.word, ours.tenantId)).split('?')[0] ?? ''
      if (!methods.includes('GET') || !path.startsWith(`/w/${ours.word}/`) || route.endsWith('/events'))
        continue
      if (who === 'export') continue
      // A place in a list is compared with, not looked for: what comes before it differs with the place.
      const names = (await parametersOf(path)).filter((name) => !/^(before|after)$/.test(name))
      for (const name of names) {
        const answerTo = async (given: string) => {
          const answer = await people.get('admin')?.get(`${path}?${name}=${encodeURIComponent(given)}`)
          const text = await (answer?.text() ?? '')
          expect(answer?.status, `${path}?${name}`).toBeLessThan(500)
          return text
            .replaceAll(given, 'GIVEN')
            .replaceAll(/<rel-time>.*?<\/rel-time>/gs, '')
            .replaceAll(/[0-9A-Z]{5}-[0-9A-Z]{5}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '')
        }
        expect(await answerTo(theirs.tenantId), `${path}?${name}`).toBe(await answerTo(nowhere.id))
        expect(await answerTo(theirs.word), `${path}?${name}`).toBe(await answerTo(nowhere.word))
        tried += 1
      }
    }
    expect(tried).toBeGreaterThan(8)
  })

  test('a search finds what is ours alone', async () => {
    await app.seed.client.query(`update notes set body = 'what both of us said'`)
    await app.seed.client.query(`update notes set author = 'somebody of theirs' where tenant_id = $1`, [
      theirs.tenantId,
    ])
    const finds = async (words: string) => {
      const answer = await people.get('admin')?.get(`/w/${ours.word}/notes?q=${encodeURIComponent(words)}`)
      return !(await (answer?.text() ?? '')).includes('No notes mention')
    }
    expect([await finds('both of us'), await finds('somebody of theirs')]).toEqual([true, false])
  })
})

describe('the numbers for Prometheus', () => {
  const scrape = (headers: Record<string, string>) => stranger(app.url).get('/metrics', headers)

  test('are for whoever shows the token, and hold no secret', async () => {
    const answer = await scrape({ authorization: `Bearer ${secretOfScraper}` })
    const text = await answer.text()
    expect(answer.status).toBe(200)
    expect(text).toContain(ours.word)
    expect(text).not.toContain(secret)
    for (const shown of ['', 'Bearer ', `Bearer ${secretOfScraper}x`, `Bearer ${apiKey}`])
      expect((await scrape({ authorization: shown })).status, shown).toBe(401)
    expect((await people.get('admin')?.get('/metrics'))?.status).toBe(401)
  })

  test('are for this machine alone where no token is set', async () => {
    const web = await serve(app, { TRUSTED_PROXIES: '127.0.0.1' })
    expect((await fetch(`${web.url}/metrics`)).status).toBe(200)
    for (const forwarded of ['203.0.113.9', '127.0.0.1'])
      expect((await fetch(`${web.url}/metrics`, { headers: { 'x-forwarded-for': forwarded } })).status).toBe(
        401,
      )
    await web.close()
  })
})
