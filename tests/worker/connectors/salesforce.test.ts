import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Pass, RawReply, Reply, Stream } from '../../../worker/connectors/connector.ts'
import { salesforce } from '../../../worker/connectors/salesforce.ts'
import { contextOf } from '../../../worker/context.ts'
import { PauseError, RetriableError, StreamError } from '../../../worker/errors.ts'
import { readSettings } from '../../../worker/open.ts'

type Wire = Record<string, unknown>

const context = (settings: Wire = {}, currency = 'USD') =>
  contextOf('1f1e1d1c-1b1a-4918-8716-151413121110', readSettings(salesforce, settings), currency)
const settings = context().settings
const streamOf = (name: string): Stream<never> =>
  salesforce.streams.find((stream) => stream.name === name) as Stream<never>

const pass = (given: Partial<Pass> = {}): Pass => ({
  scanStart: '2026-02-06T10:00:00.123456Z',
  crmStart: '2026-02-06T10:00:00.123Z',
  since: null,
  lastFullAt: null,
  parent: null,
  ...given,
})
const reply = (body: unknown, status = 200): Reply => ({ status, headers: {}, body })
const query = (stream: string, cursor: string): string =>
  streamOf(stream).request(cursor, settings).query?.q ?? ''

/** A description with these fields, all of them plain. */
const described = (name: string, fields: string[], more: Wire[] = []) =>
  reply({
    name,
    replicateable: true,
    fields: [
      ...fields.map((field) => ({ name: field, type: 'string', custom: field.endsWith('__c') })),
      ...more,
    ],
  })

const opportunityFields = [
  'Id',
  'IsDeleted',
  'Name',
  'AccountId',
  'ContactId',
  'StageName',
  'Amount',
  'Probability',
  'CloseDate',
  'LeadSource',
  'IsClosed',
  'IsWon',
  'OwnerId',
  'CreatedDate',
  'SystemModstamp',
  'LastStageChangeDate',
  'Market__c',
  'Units__c',
  'Shoe_Size__c',
]

/** An opportunity as `query` gives it. */
const opportunity: Wire = {
  attributes: { type: 'Opportunity', url: '/services/data/v67.0/sobjects/Opportunity/006WW0000001Ab2YAE' },
  Id: '006WW0000001Ab2YAE',
  IsDeleted: false,
  Name: 'Ferreira, two territories',
  AccountId: '001WW0000001Ab2YAE',
  ContactId: '003WW0000001Ab2YAE',
  StageName: 'Discovery Day Booked',
  Amount: 90_000.5,
  Probability: 50,
  CloseDate: '2026-06-30',
  LeadSource: 'Trade Show',
  IsClosed: false,
  IsWon: false,
  OwnerId: '005WW0000001Ab2YAE',
  CreatedDate: '2026-02-03T14:05:11.000+0000',
  SystemModstamp: '2026-02-05T09:12:40.000+0000',
  LastStageChangeDate: null,
  Market__c: 'Tulsa, OK',
  Units__c: 2,
  Shoe_Size__c: 'XL',
}

const columns = (stream: string, item: Wire, given: Wire = {}, currency = 'USD') => {
  const read = streamOf(stream).normalise(item as never, context(given, currency))
  return (read.rows as Record<string, Wire>)[streamOf(stream).tables[0]] ?? {}
}

describe('an opportunity', () => {
  test('becomes one of ours', () => {
    expect(streamOf('opportunities').item.safeParse(opportunity).success).toBe(true)
    expect(streamOf('opportunities').identify(opportunity, settings)).toBe('006WW0000001Ab2YAE')
    expect(columns('opportunities', opportunity)).toEqual({
      sourceCreatedAt: '2026-02-03T14:05:11.000Z',
      sourceUpdatedAt: '2026-02-05T09:12:40.000Z',
      title: 'Ferreira, two territories',
      contactId: context().id('contacts', '003WW0000001Ab2YAE'),
      companyId: context().id('companies', '001WW0000001Ab2YAE'),
      ownerId: context().id('owners', '005WW0000001Ab2YAE'),
      pipelineId: null,
      stageId: context().id('stages', 'Discovery Day Booked'),
      stageName: 'Discovery Day Booked',
      status: 'open',
      closedAt: null,
      contactKind: null,
      source: 'Trade Show',
      amountMinor: 9_000_050n,
      currency: 'USD',
      probability: '0.5000',
      expectedCloseOn: '2026-06-30',
      market: 'Tulsa, OK',
      units: 2,
      weightedFeeMinor: null,
      custom: { Shoe_Size__c: 'XL', Market__c: 'Tulsa, OK', Units__c: 2 },
    })
  })

  test.each([
    ['JPY', 90_000, 90_000n],
    ['KWD', 1_234.567, 1_234_567n],
    ['EUR', '12345678901234567.89', 1_234_567_890_123_456_789n],
    ['USD', null, null],
  ])('has its amount in %s exactly: %s', (currency, Amount, minor) => {
    const row = columns('opportunities', { ...opportunity, Amount, CurrencyIsoCode: currency })
    expect([row.amountMinor, row.currency]).toEqual([minor, minor === null ? null : currency])
  })

  test('with decimals that its currency lacks is kept without an amount, and the value is set aside', () => {
    const item = { ...opportunity, Amount: 90_000.5, CurrencyIsoCode: 'JPY' }
    const { faults } = streamOf('opportunities').normalise(item as never, context())
    expect(faults).toEqual([{ path: 'Amount', reason: 'not an amount of JPY: 90000.5' }])
  })

  test.each([
    [true, true, 'won'],
    [true, false, 'lost'],
    [false, false, 'open'],
  ])('that is closed %s and won %s is %s', (IsClosed, IsWon, outcome) => {
    const item = { ...opportunity, IsClosed, IsWon, LastStageChangeDate: '2026-02-05T09:12:40.000+0000' }
    const row = columns('opportunities', item)
    expect([row.status, row.closedAt]).toEqual([outcome, IsClosed ? '2026-02-05T09:12:40.000Z' : null])
  })

  test('without a documented field does not fit, by the name of that field', () => {
    const { Amount: _, ...item } = opportunity
    expect(streamOf('opportunities').item.safeParse(item).error?.issues[0]?.path).toEqual(['Amount'])
  })

  test('that was deleted need only say so, and names who stands for it', () => {
    const gone = { Id: '003WW0000001Ab2YAE', IsDeleted: true, MasterRecordId: '003WW0000001Ab3' }
    const contacts = streamOf('contacts')
    expect(contacts.item.safeParse(gone).success).toBe(true)
    expect(contacts.isGone?.(gone)).toBe(true)
    expect(contacts.normalise(gone as never, context())).toEqual({
      rows: {},
      deletedBecause: 'flag',
      mergedInto: '003WW0000001Ab3YAE',
      faults: [],
    })
  })
})

describe('a note of the new kind', () => {
  test('that nobody is linked to, not even its owner, is set aside: its links were not told', () => {
    const item = {
      attributes: { type: 'ContentDocument' },
      Id: '069000000000001AAA',
      Title: 'Call',
      OwnerId: '005000000000001AAA',
      SystemModstamp: '2026-05-01T07:25:37.000+0000',
      links: ['005000000000001AAA'],
    }
    const { item: documented } = streamOf('notes')
    expect(documented.safeParse(item).success).toBe(true)
    expect(documented.safeParse({ ...item, links: [] }).error?.issues[0]?.path).toEqual(['links'])
  })
})

describe('activities', () => {
  const common = {
    Id: '00TWW0000001Ab2YAE',
    Subject: 'Call back',
    WhatId: '006WW0000001Ab2YAE',
    OwnerId: '005WW0000001Ab2YAE',
    SystemModstamp: '2026-02-05T09:12:40.000+0000',
  }

  test('a task is for a day, which begins where the org is', () => {
    const item = {
      ...common,
      attributes: { type: 'Task' },
      WhoId: '00QWW0000001Ab2YAE',
      Description: null,
      Status: 'Completed',
      IsClosed: true,
      ActivityDate: '2026-03-08',
      TaskSubtype: 'Call',
      CompletedDateTime: '2026-03-09T01:00:00.000+0000',
    }
    expect(streamOf('activities').item.safeParse(item).success).toBe(true)
    expect(columns('activities', item, { timeZone: 'America/New_York' })).toMatchObject({
      kind: 'call',
      dueAt: '2026-03-08T05:00:00.000Z',
      isDone: true,
      completedAt: '2026-03-09T01:00:00.000Z',
      contactId: context().id('contacts', '00QWW0000001Ab2YAE'),
      opportunityId: context().id('opportunities', '006WW0000001Ab2YAE'),
    })
  })

  test('an event of a whole day has no hour, and what is about an account is about no opportunity', () => {
    const item = {
      ...common,
      attributes: { type: 'Event' },
      WhoId: null,
      WhatId: '001WW0000001Ab2YAE',
      Description: null,
      StartDateTime: '2026-03-08T00:00:00.000+0000',
      EndDateTime: '2026-03-08T00:00:00.000+0000',
      IsAllDayEvent: true,
      ActivityDate: '2026-03-08',
      hasEnded: false,
    }
    expect(columns('activities', item, { timeZone: 'America/New_York' })).toMatchObject({
      kind: 'event',
      dueAt: '2026-03-08T05:00:00.000Z',
      endsAt: null,
      isDone: false,
      opportunityId: null,
    })
  })

  test('an e-mail was sent when it was sent', () => {
    const item = {
      ...common,
      attributes: { type: 'EmailMessage' },
      RelatedToId: '006WW0000001Ab2YAE',
      TextBody: 'As promised',
      Incoming: false,
      MessageDate: '2026-02-05T09:00:00.000+0000',
      CreatedById: '005WW0000001Ab2YAE',
    }
    expect(columns('activities', item)).toMatchObject({
      kind: 'email',
      details: 'As promised',
      isDone: true,
      completedAt: '2026-02-05T09:00:00.000Z',
      opportunityId: context().id('opportunities', '006WW0000001Ab2YAE'),
    })
  })
})

describe('a pass', () => {
  const begin = (given: Partial<Pass> = {}) => streamOf('opportunities').begin(pass(given), settings)
  const afterDescribe = (given: Partial<Pass> = {}, fields = opportunityFields, more: Wire[] = []) =>
    streamOf('opportunities').page(described('Opportunity', fields, more), begin(given), settings).next ?? ''
  const changes = { since: '2026-02-06T08:50:00.500Z', lastFullAt: '2026-02-06T01:00:00Z' }

  test('begins with what the user may see, and asks for no more', () => {
    expect(streamOf('opportunities').request(begin(), settings).path).toBe('sobjects/Opportunity/describe')
    const soql = query(
      'opportunities',
      afterDescribe({}, opportunityFields, [{ name: 'Place__c', type: 'location', custom: true }]),
    )
    expect(soql).toMatch(/Market__c.*Units__c/)
    expect(soql).toContain('Shoe_Size__c')
    expect(soql).not.toMatch(/Weighted_Fee__c|Place__c|CurrencyIsoCode/)
    expect(soql).toMatch(/WHERE IsDeleted = false ORDER BY SystemModstamp ASC, Id ASC LIMIT 2000$/)
  })

  test('says which field to allow when one is hidden that has a column', () => {
    const fields = opportunityFields.filter((field) => field !== 'Amount' && field !== 'StageName')
    expect(() => afterDescribe({}, fields)).toThrow(/may not see Opportunity.StageName, Opportunity.Amount/)
  })

  test('leaves out of five hundred own fields what does not fit into an address', () => {
    const own = Array.from({ length: 500 }, (_, n) => `A_field_with_quite_a_long_name_${n}__c`)
    const cursor = afterDescribe({}, [...opportunityFields, ...own])
    const { path, query: asked } = streamOf('opportunities').request(cursor, settings)
    expect(`${path}?${new URLSearchParams(asked).toString()}`.length).toBeLessThan(10_000)
    expect(query('opportunities', cursor)).toContain('Market__c')
  })

  test('over changes begins in the second of the last one, and asks for deleted records, too', () => {
    const soql = query('opportunities', afterDescribe(changes))
    expect(soql).toContain('WHERE SystemModstamp >= 2026-02-06T08:50:00Z ORDER BY')
    expect(streamOf('opportunities').request(afterDescribe(changes), settings).path).toBe('queryAll')
  })

  const page = (records: Wire[], more: Wire = {}) =>
    reply({ totalSize: records.length, done: true, records, ...more })
  const two = [opportunity, { ...opportunity, Id: '006WW0000001Ab3YAE' }]
  const small = context({ pageSize: 2 }).settings

  test('goes on behind the last record by stamp and id, and never by a locator', () => {
    const more = { totalSize: 2_000, done: false, nextRecordsUrl: '/services/data/v67.0/query/0r8xx-2' }
    const { next } = streamOf('opportunities').page(page(two, more), afterDescribe(changes), settings)
    expect(query('opportunities', next ?? '')).toContain(
      "WHERE ((SystemModstamp = 2026-02-05T09:12:40Z AND Id > '006WW0000001Ab3YAE') OR SystemModstamp > 2026-02-05T09:12:40Z) ORDER BY",
    )
  })

  test('does not end with a page that is full, and asks for deletions when it ends', () => {
    const stream = streamOf('opportunities')
    const full = stream.page(page(two), afterDescribe(changes), small)
    expect(query('opportunities', full.next ?? '')).toContain('Id >')
    const last = stream.page(page([opportunity]), full.next ?? '', small)
    const asked = stream.request(last.next ?? '', small)
    expect(asked).toEqual({
      method: 'GET',
      path: 'sobjects/Opportunity/deleted/',
      query: { start: '2026-02-06T08:50:00.500Z', end: '2026-02-06T10:00:00.123Z' },
    })
    const feed = { deletedRecords: [{ id: '006WW0000001Ab2', deletedDate: '2026-02-06T09:00:00.000+0000' }] }
    const ended = stream.page(reply(feed), last.next ?? '', small)
    expect(ended).toMatchObject({ next: null, items: [{ Id: '006WW0000001Ab2', IsDeleted: true }] })
    expect(ended).not.toHaveProperty('endsWhole')
  })

  test('reads everything once a day, and says so at its end', () => {
    const stream = streamOf('opportunities')
    const old = { ...changes, lastFullAt: '2026-02-05T09:00:00Z' }
    expect(query('opportunities', afterDescribe(old))).toContain('WHERE IsDeleted = false ORDER BY')
    const bin = stream.page(page([opportunity]), afterDescribe(old), settings)
    expect(query('opportunities', bin.next ?? '')).toContain(
      'WHERE IsDeleted = true AND SystemModstamp >= 2026-02-06T08:50:00Z',
    )
    const feed = stream.page(page([]), bin.next ?? '', settings)
    expect(stream.page(reply({ deletedRecords: [] }), feed.next ?? '', settings)).toMatchObject({
      next: null,
      endsWhole: true,
    })
  })

  test.each<[string, Reply]>([
    ['an answer that counts more than it holds', page(two, { totalSize: 3 })],
    ['an empty answer that goes on', page([], { totalSize: 9, done: false })],
    ['an answer without a count', reply({ done: true, records: [] })],
    ['an answer of something else', reply({ results: [] })],
  ])('does not believe %s', (_what, answer) => {
    expect(() => streamOf('opportunities').page(answer, afterDescribe(changes), settings)).toThrow(
      StreamError,
    )
  })
})

describe('what is wrong with an answer', () => {
  const raw = (status: number, body: unknown, headers: RawReply['headers'] = {}): RawReply => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return { status, headers, text, ...(typeof body === 'string' ? {} : { body }) }
  }
  const said = (errorCode: string, message = 'words') => [{ message, errorCode }]
  const hour = 3_600_000

  test.each<[string, number, unknown, unknown[] | null]>([
    ['nothing', 200, { totalSize: 0 }, null],
    ['a server that fails is for its status to say', 503, '<html>Maintenance</html>', null],
    ['a session that ended', 401, said('INVALID_SESSION_ID'), ['FatalError', 'E_AUTH_REVOKED']],
    ['an instance that moved', 420, '<html>', ['FatalError', 'E_AUTH_REVOKED']],
    [
      'the requests of the day',
      403,
      said('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'),
      ['PauseError', 'E_RATE_LIMITED', hour],
    ],
    [
      'too many at once',
      403,
      said('REQUEST_LIMIT_EXCEEDED', 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.'),
      ['RetriableError', 'E_RATE_LIMITED'],
    ],
    ['an org without an API', 403, said('API_DISABLED_FOR_ORG'), ['FatalError', 'E_PERMISSION']],
    ['a right that is missing', 403, said('INSUFFICIENT_ACCESS'), ['StreamError', 'E_PERMISSION']],
    ['an object that is hidden', 404, said('NOT_FOUND'), ['StreamError', 'E_PERMISSION']],
    ['a field that vanished while we read', 400, said('INVALID_FIELD'), ['StreamError', 'E_SHORT_READ']],
    ['a query that took too long', 400, said('QUERY_TIMEOUT'), ['RetriableError', 'E_CRM_DOWN']],
    ['a version that is no more', 410, said('UNSUPPORTED_API_VERSION'), ['FatalError', 'E_SETTINGS']],
    ['a query that nobody understands', 400, said('MALFORMED_QUERY'), ['StreamError', 'E_CRM_BAD_REPLY']],
  ])('%s', (_what, status, body, outcome) => {
    const fault = salesforce.fault(raw(status, body), 'opportunities', settings)
    const wait =
      fault instanceof RetriableError
        ? fault.retryAfterMs
        : fault instanceof PauseError
          ? fault.pauseMs
          : undefined
    expect(fault === null ? null : [fault.name, fault.code, ...(wait === undefined ? [] : [wait])]).toEqual(
      outcome,
    )
  })

  test.each([
    ['api-usage=900/15000', null],
    ['api-usage=12000/15000', 'PauseError'],
    ['per-app-api-usage=17/250(appName=tidemark)', null],
  ])('%s', (info, outcome) => {
    const reply = raw(200, {}, { 'sforce-limit-info': info })
    expect(salesforce.enough?.({ ...reply, body: {} }, settings)?.name ?? null).toBe(outcome)
    expect(salesforce.fault(reply, 'leads', settings)).toBeNull()
  })
})

describe('an assertion', () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const claimsAt = (address: string, key = privateKey): Wire => {
    const secrets = { consumerKey: 'key', username: 'ana@example.org', privateKey: key }
    const claims = salesforce.tokens?.request(secrets, address).form.assertion?.split('.')[1] ?? ''
    return JSON.parse(Buffer.from(claims, 'base64url').toString()) as Wire
  }

  test.each([
    ['https://login.salesforce.com/', 'https://login.salesforce.com'],
    ['https://test.salesforce.com/', 'https://test.salesforce.com'],
    ['https://acme.my.salesforce.com/', 'https://login.salesforce.com'],
    ['https://acme--dev.sandbox.my.salesforce.com/', 'https://test.salesforce.com'],
  ])('at %s is for %s', (address, audience) => {
    const claims = claimsAt(address)
    expect(claims).toMatchObject({ iss: 'key', sub: 'ana@example.org', aud: audience })
    expect(Number(claims.exp) * 1_000 - Date.now()).toBeLessThanOrEqual(300_000)
  })

  test('is signed by a key that was pasted into one line, too, and never by what is none', () => {
    expect(claimsAt('https://login.salesforce.com/', privateKey.replaceAll('\n', ' '))).toMatchObject({
      iss: 'key',
    })
    expect(() => claimsAt('https://login.salesforce.com/', 'secret')).toThrow(/no RSA key in PEM/)
  })
})

describe('reading in bulk', () => {
  const stream = streamOf('companies')
  const bulk = (given: Wire) =>
    JSON.stringify({
      ...(JSON.parse(stream.begin(pass(), settings)) as Wire),
      phase: 'bulk',
      columns: ['Id', 'IsDeleted', 'Name', 'Owner.Name', 'Revenue__c', 'SystemModstamp'],
      kinds: { IsDeleted: 'boolean', Revenue__c: 'number', SystemModstamp: 'instant' },
      bulk: { step: 'rows', job: '750X', tries: 0, locator: null, read: 0, total: 2, ...given },
    })
  const part = (lines: string[], locator = 'null', number = lines.length): Reply => ({
    status: 200,
    headers: { 'sforce-locator': locator, 'sforce-numberofrecords': String(number) },
    body: `${['"Id","IsDeleted","Name","Owner.Name","Revenue__c","SystemModstamp"', ...lines].join('\n')}\n`,
  })
  const line = (id: string) =>
    `"${id}","false","Two ""words"",\nin lines","","12.50","2026-02-05T09:12:40.000Z"`
  const stepAfter = (given: Reply, cursor = bulk({})) => {
    const { next, items } = stream.page(given, cursor, settings)
    const place = JSON.parse(next ?? '{}') as Wire
    return [items.length, place.phase, (place.bulk as Wire | undefined)?.step, place.isAgain]
  }

  test('gives records as the list does', () => {
    expect(stream.page(part([line('001A'), line('001B')]), bulk({}), settings).items[0]).toEqual({
      attributes: { type: 'Account' },
      Id: '001A',
      IsDeleted: false,
      Name: 'Two "words",\nin lines',
      Owner: null,
      Revenue__c: 12.5,
      SystemModstamp: '2026-02-05T09:12:40.000+0000',
    })
  })

  test('16. ends at the word null alone, and only when as many came as the job counts', () => {
    expect(stepAfter(part([line('001A')], 'MTAw'))).toEqual([1, 'bulk', 'rows', undefined])
    expect(stepAfter(part([line('001A'), line('001B')]))).toEqual([2, undefined, undefined, undefined])
    expect(stepAfter(part([line('001A')]))).toEqual([1, 'list', undefined, true])
    expect(stepAfter(part([line('001A'), line('001B')]), bulk({ total: 1 }))).toEqual([
      2,
      'list',
      undefined,
      true,
    ])
  })

  test.each([
    [
      'without a locator',
      { ...part([line('001A')]), headers: { 'sforce-numberofrecords': '1' } },
      'E_SHORT_READ',
    ],
    ['with fewer records than it says', part([line('001A')], 'MTAw', 2), 'E_SHORT_READ'],
    [
      'that was cut in a quote',
      { ...part([]), body: part([]).body + line('001A').slice(0, 20) },
      'E_CRM_BAD_REPLY',
    ],
    ['with a short line', part(['"001A","false"']), 'E_CRM_BAD_REPLY'],
    ['with other columns', { ...part([]), body: '"Name","Id"\n' }, 'E_CRM_BAD_REPLY'],
  ])('does not believe a part %s', (_, given, code) => {
    expect(() => stream.page(given, bulk({}), settings)).toThrow(expect.objectContaining({ code }))
  })

  test('waits for a job longer and longer, and leaves one that fails to the list', () => {
    const poll = bulk({ step: 'poll', polls: 3 })
    const job = (state: string) => stream.page(reply({ id: '750X', state }), poll, settings)
    expect([job('InProgress').waitSeconds, job('InProgress').items]).toEqual([8, []])
    expect(stepAfter(reply({ id: '750X', state: 'Failed' }), poll)).toEqual([0, 'list', undefined, true])
    expect(stepAfter(reply({ id: '750X', state: 'Aborted' }), poll)).toEqual([0, 'bulk', 'make', undefined])
    expect(stepAfter(reply([{ errorCode: 'INVALIDENTITY' }], 400), bulk({ step: 'make' }))).toEqual([
      0,
      'list',
      undefined,
      true,
    ])
  })

  test('of an answer that was kept only the records count', () => {
    const { items, next } = stream.page(
      { ...part([line('001A')]), headers: {}, isKept: true },
      bulk({}),
      settings,
    )
    expect([items.length, next]).toEqual([1, null])
  })
})
