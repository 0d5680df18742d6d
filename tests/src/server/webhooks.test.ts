import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { signatureOf } from '../../../worker/connectors/genuine.ts'
import { takeNudges } from '../../../src/commands/take-nudges.ts'
import { serve, startApp, type TestApp } from '../app.ts'
import { connectAsWeb } from '../place.ts'
import { seedTidewell } from '../seed.ts'

let app: TestApp
let tenantId: string
const signingSecret = 'CANARY-TOKEN-that-signs'
const portalId = 62_515
const organization = '00DB0000000aBcD'

/** Connections by their CRM, each with the address that its page shows. */
const connections = new Map<string, { id: string; address: string; password: string }>()

beforeAll(async () => {
  app = await startApp()
  tenantId = (await seedTidewell(app.seed)).tenantId
  for (const [connector, account] of [
    ['hubspot', String(portalId)],
    ['pipedrive', '15000007'],
    ['salesforce', organization],
  ] as const) {
    const { id } = await app.seed.connection(tenantId, { connector, name: connector })
    const path = `/w/tidewell/settings/connections/${id}`
    const made = await app.ana.post(path, { action: 'webhook', account, signingSecret })
    expect(made.status, await made.text()).toBe(303)
    const page = await (await app.ana.get(path)).text()
    const address = /<code[^>]*>(http[^<]+webhooks\/[^<]+)<\/code>/.exec(page)?.[1] ?? ''
    const password = /Password<\/dt>\s*<dd>\s*<code[^>]*>([^<]+)</.exec(page)?.[1] ?? ''
    connections.set(connector, { id, address, password })
  }
})
afterAll(() => app.close())

const of = (connector: string) => connections.get(connector) ?? { id: '', address: '', password: '' }

/** As a CRM sends it: no cookie, no origin. */
const send = (address: string, body: string, headers: Record<string, string> = {}) =>
  fetch(address, { method: 'POST', body: Buffer.from(body), headers })

const event = (objectId: number, more: object = {}) => ({
  subscriptionType: 'deal.propertyChange',
  portalId,
  objectId,
  eventId: objectId,
  occurredAt: 1_795_000_000_000,
  attemptNumber: 0,
  ...more,
})

function signed(
  body: string,
  { address = of('hubspot').address, at = Date.now(), secret = signingSecret } = {},
) {
  return {
    'x-hubspot-request-timestamp': String(at),
    'x-hubspot-signature-v3': signatureOf(secret, 'POST', address, body, String(at)),
  }
}
const fromHubSpot = (events: object[], how: Parameters<typeof signed>[1] = {}) => {
  const body = JSON.stringify(events)
  return send(how.address ?? of('hubspot').address, body, signed(body, how))
}

/** As if so much time had passed for the program. */
function clockIsAhead(ms: number) {
  const now = performance.now.bind(performance)
  return vi.spyOn(performance, 'now').mockImplementation(() => now() + ms)
}

const stored = async (connector: string) => {
  const { rows } = await app.seed.client.query<{ stream: string; source_id: string }>(
    'select stream, source_id from nudges where connection_id = $1 order by received_at, source_id',
    [of(connector).id],
  )
  return rows.map(({ stream, source_id: id }) => `${stream} ${id}`)
}

describe('what HubSpot sends', () => {
  test('is stored once however often it comes, also at the same moment, before it is answered (G1)', async () => {
    const answers = await Promise.all(
      [0, 1, 2, 3, 4].map((attemptNumber) => fromHubSpot([event(1, { attemptNumber }), event(2)])),
    )
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204])
    expect(await stored('hubspot')).toEqual(['opportunities 1', 'opportunities 2'])
    const { rows } = await app.seed.client.query(
      'select * from webhook_addresses where last_received_at is not null',
    )
    expect(rows).toHaveLength(1)
  })

  test('is stored without a word of what it says', async () => {
    await fromHubSpot([event(3, { propertyName: 'amount', propertyValue: 'CANARY-AMOUNT' })])
    const { rows } = await app.seed.client.query('select n::text from nudges n')
    expect(JSON.stringify(rows)).not.toContain('CANARY')
  })

  test('is turned away when somebody else signed it, or nobody, or too long ago, and leaves nothing', async () => {
    const before = await stored('hubspot')
    const body = JSON.stringify([event(9)])
    const { address } = of('hubspot')
    const refused = await Promise.all([
      fromHubSpot([event(9)], { secret: 'another' }),
      fromHubSpot([event(9)], { at: Date.now() - 301_000 }),
      send(address, body, signed(`${body} `)),
      send(address, body),
      send(address, body, { ...signed(body), 'x-hubspot-signature-v3': 'x' }),
      send(`${address}?x=1`, body, signed(body)),
      fromHubSpot([event(9, { portalId: 1 })]),
    ])
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401, 401])
    expect(await stored('hubspot')).toEqual(before)
  })

  test('that is no webhook is 400, and one of half a megabyte 413', async () => {
    for (const body of ['{', '[{"portalId":62515}]', '{"a":1}', `[${'['.repeat(5_000)}`])
      expect((await send(of('hubspot').address, body, signed(body))).status).toBe(400)
    const large = ' '.repeat(524_289)
    expect((await send(of('hubspot').address, large, signed(large))).status).toBe(413)
  })
})

test('an address of nobody is 404, and a connection of another tenant is not told by anything it knows', async () => {
  const guess = of('hubspot').address.replace(/[^/]+$/, randomBytes(32).toString('base64url'))
  expect((await fromHubSpot([event(4)], { address: guess })).status).toBe(404)
  expect((await fromHubSpot([event(4)], { address: guess.replace(/[^/]+$/, of('hubspot').id) })).status).toBe(
    404,
  )
  const theirs = await app.seed.tenant('harborview')
  const { id } = await app.seed.connection(theirs, { connector: 'hubspot', name: 'theirs' })
  await fromHubSpot([event(5)])
  const { rows } = await app.seed.client.query(
    'select from nudges where connection_id = $1 or tenant_id = $2',
    [id, theirs],
  )
  expect(rows).toHaveLength(0)
})

test('Pipedrive shows a password, and needs no type of content (G6)', async () => {
  const { address, password } = of('pipedrive')
  const body = JSON.stringify({
    data: null,
    previous: {},
    meta: {
      action: 'delete',
      entity: 'deal',
      entity_id: '7',
      company_id: '15000007',
      timestamp: 'x',
      version: '2.0',
    },
  })
  const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
  expect((await send(address, body, basic(`tidemark:${password}`))).status).toBe(204)
  expect(await stored('pipedrive')).toEqual(['opportunities 7'])
  expect((await send(address, body, basic('tidemark:guess'))).status).toBe(401)
  expect((await send(address, body)).status).toBe(401)
  // Not even what a browser of another site would send is treated otherwise.
  const foreign = {
    ...basic(`tidemark:${password}`),
    origin: 'https://elsewhere.example',
    'sec-fetch-site': 'cross-site',
  }
  expect((await send(address, body, foreign)).status).toBe(204)
})

const message = (inside: string, account = organization) => `<?xml version="1.0" encoding="UTF-8"?>
  <soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
   <soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">
    <OrganizationId>${account}</OrganizationId><ActionId>04kB0000000aBcD</ActionId><SessionId>CANARY-SESSION</SessionId>${inside}
   </notifications></soapenv:Body></soapenv:Envelope>`
const notification = `<Notification><Id>04lB0000000hjkl</Id>
  <sObject xsi:type="sf:Opportunity" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>006B0000003aBcDIAU</sf:Id></sObject></Notification>`

test('Salesforce hears that it was understood, and nothing of its message is kept but the id', async () => {
  const { address } = of('salesforce')
  const answer = await send(address, message(notification), { 'content-type': 'text/xml' })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('text/xml')
  expect(await answer.text()).toContain('<Ack>true</Ack>')
  expect(await stored('salesforce')).toEqual(['opportunities 006B0000003aBcDIAU'])
  expect((await send(address, message(notification, '00DB0000000aBcE'))).status).toBe(401)
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>${message('<Notification>&b;</Notification>').replace(/^<\?xml.*\n/, '')}`
  for (const wrong of [bomb, message('&unknown;'), '<Envelope>', '<a>'.repeat(100), ''])
    expect((await send(address, wrong)).status).toBe(400)
})

test('while a connection rests what comes is answered and left alone; beyond the cap it is to come later (G4)', async () => {
  const { id } = of('hubspot')
  const before = await stored('hubspot')
  await app.seed.client.query(`update connections set state = 'paused' where id = $1`, [id])
  expect((await fromHubSpot([event(6)])).status).toBe(204)
  expect(await stored('hubspot')).toEqual(before)
  await app.seed.client.query(`update connections set state = 'active' where id = $1`, [id])
  await app.seed.client.query(
    `insert into nudges (tenant_id, connection_id, event_key, stream, source_id)
     select $1, $2, 'filler ' || n, 'contacts', n from generate_series(1, 2000) n`,
    [tenantId, id],
  )
  const full = await fromHubSpot([event(7)])
  expect([full.status, full.headers.get('retry-after')]).toEqual([429, '60'])
  await app.seed.client.query(`delete from nudges where event_key like 'filler%'`)
  // Known for a second without another look; a second later it is looked at again.
  expect((await fromHubSpot([event(7)])).status).toBe(429)
  expect(await stored('hubspot')).not.toContain('opportunities 7')
  const later = clockIsAhead(1_001)
  expect((await fromHubSpot([event(7)])).status).toBe(204)
  later.mockRestore()
  expect(await stored('hubspot')).toContain('opportunities 7')
})

test('of deliveries that come together the first ones are taken until too many wait, and each is told which it was', async () => {
  const { id } = of('hubspot')
  await app.seed.client.query(
    `insert into nudges (tenant_id, connection_id, event_key, stream, source_id)
     select $1, $2, 'filler ' || n, 'contacts', n from generate_series(1, 1900) n`,
    [tenantId, id],
  )
  const place = connectAsWeb(app.databaseUrl)
  const records = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({
      stream: 'notes',
      sourceId: String(from + n),
      eventKey: `filler of ${from + n}`,
    }))
  const { rows } = await app.seed.client.query<{ waiting: number }>(
    'select count(*)::int as waiting from nudges where connection_id = $1 and settled_at is null',
    [id],
  )
  const room = 2_000 - (rows[0]?.waiting ?? 0)
  const taken = await place.asTenant(tenantId, (tx) =>
    takeNudges(tx, id, [records(0, room - 1), [], records(500, 50), records(600, 1), []]),
  )
  expect(taken).toEqual([true, true, true, false, true])
  expect((await stored('hubspot')).filter((record) => record.startsWith('notes'))).toHaveLength(room + 49)
  await place.close()
  await app.seed.client.query(`delete from nudges where event_key like 'filler%'`)
})

describe('a flood of single events', () => {
  const range = (from: number) => Array.from({ length: 100 }, (_, n) => from + n)
  const kept = async (ids: number[]) => {
    const { rows } = await app.seed.client.query<{ id: number; by: string }>(
      'select source_id::int as id, xmin::text as by from nudges where connection_id = $1 and source_id = any($2::text[])',
      [of('hubspot').id, ids],
    )
    return rows
  }

  test('is stored by few transactions, each answered when its own is committed', async () => {
    const ids = range(10_000)
    // However slow this machine is, nothing has been under way for long.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now())
    const answers = await Promise.all(ids.map((id) => fromHubSpot([event(id)])))
    clock.mockRestore()
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
    const rows = await kept(ids)
    expect(rows).toHaveLength(100)
    expect(new Set(rows.map(({ by }) => by)).size).toBeLessThan(25)
  })

  test('loses nothing that was taken, though the database ends every connection in the middle of it', async () => {
    const ids = range(20_000)
    const holder = new pg.Client(app.databaseUrl)
    await holder.connect()
    await holder.query('begin; lock table nudges in share mode')
    // However slow this machine is, nothing has been under way for long but when it is said here.
    const nowMs = performance.now()
    const clock = vi.spyOn(performance, 'now').mockReturnValue(nowMs)
    const sent = ids.map((id) => fromHubSpot([event(id)]))
    const ofWeb = `from pg_stat_activity where datname = current_database() and application_name = 'tidemark web'`
    await expect
      .poll(
        async () => (await app.seed.client.query(`select ${ofWeb} and wait_event_type = 'Lock'`)).rowCount,
      )
      .toBe(1)
    clock.mockReturnValue(nowMs + 2_000)
    const busy = await fromHubSpot([event(1)])
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([503, '30'])
    clock.mockReturnValue(nowMs)
    await app.seed.client.query(`select pg_terminate_backend(pid) ${ofWeb}`)
    await holder.query('rollback')
    await holder.end()
    const statuses = (await Promise.all(sent)).map(({ status }) => status)
    clock.mockRestore()
    expect(new Set(statuses)).toEqual(new Set([204, 503]))
    const here = new Set((await kept(ids)).map(({ id }) => id))
    expect(ids.filter((id, nth) => statuses[nth] === 204 && !here.has(id))).toEqual([])
    const again = () => Promise.all(ids.map((id) => fromHubSpot([event(id)])))
    await expect.poll(async () => (await again()).every(({ status }) => status === 204)).toBe(true)
    expect(await kept(ids)).toHaveLength(100)
  })
})

test('with the database away it is 503, so that the CRM sends it again (G3)', async () => {
  const gone = connectAsWeb('postgres://nobody@127.0.0.1:1/nothing')
  const web = await serve({ database: gone, databaseUrl: app.databaseUrl })
  const address = of('hubspot').address.replace(app.url, web.url)
  const answer = await fromHubSpot([event(8)], { address })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30'])
  await web.close()
  await gone.close()
})

test('strangers are counted; another address makes the one before nobody’s; no log line opens anything', async () => {
  const { id, address } = of('hubspot')
  const again = { action: 'webhook', account: String(portalId), signingSecret }
  expect(
    (await app.ana.post(`/w/tidewell/settings/connections/${id}`, { ...again, account: 'x' })).status,
  ).toBe(422)
  await app.ana.post(`/w/tidewell/settings/connections/${id}`, again)
  expect((await fromHubSpot([event(1)])).status).toBe(404)
  const log = JSON.stringify(app.logged)
  for (const secret of [address.split('/').at(-1) ?? '', of('pipedrive').password, signingSecret, 'CANARY'])
    expect(log).not.toContain(secret)
  const web = await serve({ database: app.database, databaseUrl: app.databaseUrl, requestsPerMinute: 3 })
  // Whoever was turned away above came from here, too; what the CRM itself sends is not held up by them.
  expect((await send(`${web.url}/api/v1/webhooks/guess`, '')).status).toBe(429)
  const pipedrive = of('pipedrive')
  const basic = Buffer.from(`tidemark:${pipedrive.password}`).toString('base64')
  const body = JSON.stringify({
    meta: {
      action: 'add',
      entity: 'deal',
      entity_id: '8',
      company_id: '15000007',
      timestamp: 'y',
      version: '2.0',
    },
  })
  const genuine = await send(pipedrive.address.replace(app.url, web.url), body, {
    authorization: `Basic ${basic}`,
  })
  expect(genuine.status).toBe(204)
  await web.close()
})
