import { generateKeyPairSync, sign } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { Connection, OAuth2 } from 'jsforce'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { salesforceId } from '../../simulator/salesforce-ids.ts'
import { startSimulator, type SimulatedAccount, type Simulator } from '../../simulator/main.ts'

// Salesforce's client for Node, as its users have it, against our stand-in: what it reads is what the world holds.

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const client = { clientId: '3MVG9.official', clientSecret: 'secret of the official client' }

let simulator: Simulator
let account: SimulatedAccount
let connection: Connection

beforeAll(async () => {
  simulator = await startSimulator({
    accounts: [
      {
        crm: 'salesforce',
        webKey: 'org',
        accessToken: '',
        seed: 9,
        people: 2_600,
        notesPerPerson: 1,
        changesPerDay: 0,
        oauth: { ...client, refreshToken: '5Aep861.official' },
        salesforce: { publicKey, rowsPerAnswer: 500, currencies: ['USD', 'JPY', 'KWD'] },
      },
    ],
  })
  account = simulator.account('org')
  const [first] = account.truth().people
  account.addActivity(first?.id ?? '', {
    kind: 'email',
    title: 'Disclosure',
    description: 'As "promised",\nin two lines',
  })
  connection = await byAssertion()
})
afterAll(() => simulator.close())

function oauth(): OAuth2 {
  return new OAuth2({ ...client, loginUrl: simulator.url })
}

function assertion(audience: string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const exp = Math.floor(Date.parse('2026-11-20T15:00:00Z') / 1_000) + 180
  const claims = { iss: client.clientId, sub: 'integration@example.org', aud: audience, exp }
  const bare = `${encode({ alg: 'RS256' })}.${encode(claims)}`
  return `${bare}.${sign('RSA-SHA256', Buffer.from(bare), privateKey).toString('base64url')}`
}

async function byAssertion(audience = 'https://login.salesforce.com'): Promise<Connection> {
  const made = new Connection({ oauth2: oauth(), loginUrl: simulator.url, version: '67.0' })
  await made.authorize({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: assertion(audience),
  })
  return made
}

const truth = () => account.truth()
const all = { autoFetch: true, maxFetch: 10_000 }
const idsOf = (rows: { Id?: unknown }[]) => rows.map(({ Id }) => String(Id)).sort()
const named = (kind: Parameters<typeof salesforceId>[0], rows: { id: string }[]) =>
  rows.map(({ id }) => salesforceId(kind, Number(id))).sort()
const seconds = (wire: unknown) => new Date(String(wire)).toISOString()

describe('the official client logs in', () => {
  test('by an assertion that its own key has signed', async () => {
    expect(connection.instanceUrl).toBe(simulator.url)
    const { records } = await connection.query('SELECT Id, Name FROM Organization')
    expect(records).toHaveLength(1)
  })

  test('not by one for somebody else', async () => {
    await expect(byAssertion('https://example.org')).rejects.toThrow('audience is invalid')
  })

  test('by a refresh token, which is another one each time', async () => {
    const given = (await oauth().refreshToken('5Aep861.official')) as unknown as Record<string, string>
    expect(given).toMatchObject({ instance_url: simulator.url, token_type: 'Bearer' })
    expect(given).not.toHaveProperty('expires_in')
    const next = (await oauth().refreshToken(given.refresh_token ?? '')) as unknown as Record<string, string>
    const second = new Connection({
      oauth2: oauth(),
      instanceUrl: simulator.url,
      accessToken: next.access_token ?? '',
      refreshToken: next.refresh_token ?? '',
      version: '67.0',
    })
    account.endAccess()
    expect((await second.query('SELECT Id FROM User')).totalSize).toBe(7)
    await expect(oauth().refreshToken('5Aep861.official')).rejects.toThrow('expired access/refresh token')
    connection = await byAssertion()
  })
})

describe('the official client queries', () => {
  test('every opportunity, answer after answer', async () => {
    const soql =
      'SELECT Id, Name, Amount, CurrencyIsoCode, StageName, IsClosed, IsWon, OwnerId, ContactId, SystemModstamp FROM Opportunity'
    const { records, totalSize } = await connection.query(soql, all)
    const digits: Record<string, number> = { USD: 2, JPY: 0, KWD: 3 }
    const { deals, stages } = truth()
    expect(totalSize).toBe(deals.length)
    expect(
      records.map((row) => ({
        id: row.Id,
        minor:
          row.Amount === null
            ? null
            : Math.round(Number(row.Amount) * 10 ** (digits[String(row.CurrencyIsoCode)] ?? 2)),
        stage: row.StageName,
        owner: row.OwnerId,
        contact: row.ContactId,
        at: seconds(row.SystemModstamp),
      })),
    ).toEqual(
      deals.map((deal) => ({
        id: salesforceId('Opportunity', Number(deal.id)),
        minor: deal.amountMinor,
        stage: deal.stageName ?? stages[0]?.name,
        owner: salesforceId('User', Number(deal.ownerId)),
        contact: salesforceId('Contact', Number(deal.personId)),
        at: deal.modifiedAt,
      })),
    )
    expect(
      records.filter(({ IsWon }) => IsWon === true).every(({ StageName }) => StageName === 'FA Signed'),
    ).toBe(true)
  })

  test('leads and contacts, who together are everybody', async () => {
    const leads = await connection.query('SELECT Id, Email FROM Lead WHERE IsConverted = false', all)
    const contacts = await connection.query('SELECT Id, Account.Name, Owner.Name FROM Contact', all)
    const { people, deals } = truth()
    const withDeals = new Set(deals.map(({ personId }) => personId))
    const isLead = ({ kind, id }: { kind: string; id: string }) => kind === 'prospect' && !withDeals.has(id)
    expect(idsOf(leads.records)).toEqual(named('Lead', people.filter(isLead)))
    expect(idsOf(contacts.records)).toEqual(
      named(
        'Contact',
        people.filter((person) => !isLead(person)),
      ),
    )
    expect(contacts.records[0]).toMatchObject({
      Account: { attributes: { type: 'Account' }, Name: expect.any(String) as unknown },
      Owner: { Name: expect.any(String) as unknown },
    })
  })

  test('tasks, events, e-mails and notes of both kinds', async () => {
    const { activities, notes } = truth()
    const of = async (soql: string) => idsOf((await connection.query(soql, all)).records)
    const isKind = (...kinds: string[]) =>
      activities.filter(({ kind, status }) => kinds.includes(kind) && status !== 'cancelled')
    expect(await of('SELECT Id FROM Task')).toEqual(named('Task', isKind('call', 'task')))
    expect(await of('SELECT Id FROM Event')).toEqual(named('Event', isKind('appointment')))
    expect(await of('SELECT Id FROM EmailMessage')).toEqual(named('EmailMessage', isKind('email')))
    const isNew = ({ id }: { id: string }) => Number(id) % 2 === 1
    expect(await of('SELECT Id FROM Note')).toEqual(
      named(
        'Note',
        notes.filter((note) => !isNew(note)),
      ),
    )
    const documents = named('ContentDocument', notes.filter(isNew))
    expect(await of("SELECT Id FROM ContentDocument WHERE FileType = 'SNOTE'")).toEqual(documents)
    expect(await of('SELECT Id FROM ContentNote')).toEqual(documents)
    const { records } = await connection.query(
      'SELECT Id, LatestPublishedVersionId, ContentSize FROM ContentDocument LIMIT 3',
    )
    const written = new Map(
      notes.map((note) => [salesforceId('ContentDocument', Number(note.id)), note.text]),
    )
    for (const { Id, LatestPublishedVersionId: version, ContentSize: size } of records) {
      const body = await text(
        connection.sobject('ContentVersion').record(String(version)).blob('VersionData'),
      )
      expect([body, Buffer.byteLength(body)]).toEqual([written.get(String(Id)), size])
    }
  })

  test('by the keyset of stamp and id, from one record to the next', async () => {
    const found: string[] = []
    let after = ''
    for (;;) {
      const { records, done, totalSize } = await connection.query(
        `SELECT Id, SystemModstamp FROM Contact WHERE ${after === '' ? 'SystemModstamp >= 2020-01-01T00:00:00Z' : after} ORDER BY SystemModstamp ASC, Id ASC LIMIT 300`,
      )
      found.push(...records.map(({ Id }) => String(Id)))
      const last = records.at(-1)
      if (last === undefined || (done && totalSize < 300)) break
      const stamp = seconds(last.SystemModstamp).replace('.000', '')
      after = `((SystemModstamp = ${stamp} AND Id > '${String(last.Id)}') OR SystemModstamp > ${stamp})`
    }
    expect(new Set(found).size).toBe(found.length)
    expect(found.length).toBe((await connection.query('SELECT count() FROM Contact')).totalSize)
  })

  test('what was deleted, and who stands for a contact that was merged', async () => {
    const [one, two] = truth().deals
    account.mergePeople(one?.personId ?? '', two?.personId ?? '')
    const gone = truth().deals[5]
    account.removeDeal(gone?.id ?? '')
    const merged = await connection.query(
      `SELECT Id, IsDeleted, MasterRecordId FROM Contact WHERE IsDeleted = true`,
      { scanAll: true },
    )
    expect(merged.records).toEqual([
      expect.objectContaining({
        Id: salesforceId('Contact', Number(two?.personId)),
        MasterRecordId: salesforceId('Contact', Number(one?.personId)),
      }),
    ])
    const open = await connection.query('SELECT Id FROM Opportunity WHERE IsDeleted = true')
    expect(open.totalSize).toBe(0)
    const bin = await connection.query('SELECT Id FROM Opportunity WHERE IsDeleted = true', { scanAll: true })
    const id = salesforceId('Opportunity', Number(gone?.id))
    expect(idsOf(bin.records)).toEqual([id])
    const now = Date.parse('2026-11-20T15:00:00Z')
    const { deletedRecords } = await connection.deleted(
      'Opportunity',
      new Date(now - 3_600_000),
      new Date(now + 60_000),
    )
    expect(deletedRecords.map((record) => record.id)).toEqual([id])
    account.restoreDeal(gone?.id ?? '')
    expect((await connection.query(`SELECT Id FROM Opportunity WHERE Id = '${id}'`)).totalSize).toBe(1)
  })

  test('which fields there are', async () => {
    const { fields } = await connection.describe('Opportunity')
    expect(fields.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Amount', 'CloseDate', 'CurrencyIsoCode', 'Market__c', 'SystemModstamp']),
    )
    const { fields: ofLead } = await connection.describe('Lead')
    const sources = ofLead
      .find(({ name }) => name === 'LeadSource')
      ?.picklistValues?.map(({ value }) => value)
    expect(sources).toEqual(truth().leadSources.map(({ name }) => name))
  })

  test('how much of the day is left', async () => {
    const limits = await connection.request<{ DailyApiRequests: { Max: number; Remaining: number } }>(
      '/services/data/v67.0/limits',
    )
    expect(limits.DailyApiRequests.Max).toBe(15_000)
    expect(connection.limitInfo.apiUsage?.used).toBe(15_000 - limits.DailyApiRequests.Remaining)
  })

  test('in vain for what is not there, in the words that Salesforce has for it', async () => {
    const refusals: [soql: string, code: string][] = [
      ['SELECT Id, Shoe_Size__c FROM Contact', 'INVALID_FIELD'],
      ['SELECT Id FROM Unicorn', 'INVALID_TYPE'],
      ['SELECT Id FORM Contact', 'MALFORMED_QUERY'],
      ["SELECT Id FROM Contact WHERE SystemModstamp > '2026-01-01'", 'INVALID_FIELD'],
      ['SELECT Id FROM ContentDocumentLink', 'MALFORMED_QUERY'],
    ]
    for (const [soql, code] of refusals)
      await expect(connection.query(soql), soql).rejects.toMatchObject({ errorCode: code })
    await expect(connection.describe('Unicorn')).rejects.toMatchObject({ errorCode: 'NOT_FOUND' })
    await expect(connection.queryMore('0r8000000000999AAA-200')).rejects.toMatchObject({
      errorCode: 'INVALID_QUERY_LOCATOR',
    })
  })
})

describe('the official client reads in bulk', () => {
  const polls = { pollInterval: 20, pollTimeout: 10_000 }

  test('every contact, and every quoted line', async () => {
    const stream = await connection.bulk2.query('SELECT Id, SystemModstamp FROM Contact', polls)
    const rows = await stream.toArray()
    const { records } = await connection.query('SELECT Id, SystemModstamp FROM Contact', all)
    const told = (row: Record<string, unknown>) => `${String(row.Id)} ${seconds(row.SystemModstamp)}`
    expect(rows.map(told).sort()).toEqual(records.map(told).sort())

    const mails = await connection.bulk2.query('SELECT Id, TextBody FROM EmailMessage', polls)
    expect((await mails.toArray()).map((row) => (row as { TextBody: string }).TextBody)).toEqual([
      'As "promised",\nin two lines',
    ])
  })

  // The client itself ends its stream with the first part and fails at the second (jsforce 3.10.26): what follows is asked for
  // as the documentation has it, until the locator is the word null.
  test('as many contacts in parts as the job says it has', async () => {
    const job = await connection.request<{ id: string; state: string; numberRecordsProcessed?: number }>({
      method: 'POST',
      url: '/services/data/v67.0/jobs/query',
      body: JSON.stringify({ operation: 'query', query: 'SELECT Id FROM Contact' }),
      headers: { 'content-type': 'application/json' },
    })
    expect(job.state).toBe('UploadComplete')
    const address = `${simulator.url}/services/data/v67.0/jobs/query/${job.id}`
    const headers = { authorization: `Bearer ${connection.accessToken}` }
    const poll = async () => (await fetch(address, { headers })).json() as Promise<typeof job>
    expect((await poll()).state).toBe('InProgress')
    const { numberRecordsProcessed } = await poll()
    let rows = 0
    for (let locator = ''; locator !== 'null';) {
      const part = await fetch(`${address}/results?maxRecords=400${locator && `&locator=${locator}`}`, {
        headers,
      })
      const lines = (await part.text()).trimEnd().split('\n')
      expect(lines[0]).toBe('"Id"')
      expect(Number(part.headers.get('sforce-numberofrecords'))).toBe(lines.length - 1)
      rows += lines.length - 1
      locator = part.headers.get('sforce-locator') ?? ''
    }
    expect(rows).toBe(numberRecordsProcessed)
  })
})

describe('the official client writes', () => {
  test('a task about an opportunity, and the end of the opportunity', async () => {
    const [deal] = account.truth().deals
    const id = salesforceId('Opportunity', Number(deal?.id))
    const made = await connection
      .sobject('Task')
      .create({ Subject: 'Call', ActivityDate: '2026-12-01', WhatId: id })
    expect(made).toMatchObject({ success: true, errors: [] })
    expect(await connection.sobject('Task').update({ Id: made.id ?? '', Status: 'Completed' })).toMatchObject(
      { success: true },
    )
    expect(account.truth().activities.find(({ title }) => title === 'Call')).toMatchObject({
      status: 'completed',
    })
    await connection.sobject('Opportunity').update({ Id: id, StageName: 'FA Signed' })
    expect(account.truth().deals.find((one) => one.id === deal?.id)?.stageName).toBe('FA Signed')
    await expect(connection.sobject('Opportunity').update({ Id: id, StageName: 'None' })).rejects.toThrow(
      /picklist/,
    )
  })
})
