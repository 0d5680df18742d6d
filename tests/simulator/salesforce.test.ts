import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dialectOf } from '../../simulator/dialects.ts'
import { salesforceId } from '../../simulator/salesforce-ids.ts'
import { Salesforce } from '../../simulator/salesforce.ts'
import {
  startSimulator,
  type AccountOptions,
  type FaultName,
  type SimulatedAccount,
  type Simulator,
} from '../../simulator/main.ts'

const org: AccountOptions = {
  crm: 'salesforce',
  webKey: 'org',
  accessToken: '00D.session',
  seed: 7,
  people: 60,
  changesPerDay: 0,
}

let simulator: Simulator
let account: SimulatedAccount
beforeEach(() => start())
afterEach(() => simulator.close())

async function start(more: Partial<AccountOptions> = {}): Promise<void> {
  await simulator?.close()
  simulator = await startSimulator({ accounts: [{ ...org, ...more }] })
  account = simulator.account(org.webKey)
}

type Row = Record<string, unknown> & { Id: string }
type Body = Record<string, unknown> & {
  totalSize: number
  done: boolean
  records: Row[]
  nextRecordsUrl?: string
}
type Answer = { status: number; headers: Headers; text: string; body: Body }

const ROOT = '/services/data/v67.0/'

async function ask(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(new URL(path, `${simulator.url}${ROOT}`), {
    headers: { authorization: 'Bearer 00D.session', ...headers },
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type') === 'application/json'
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson ? JSON.parse(text) : {}) as Body,
  }
}

const query = (soql: string, headers?: Record<string, string>) =>
  ask(`query?q=${encodeURIComponent(soql)}`, headers)
const queryAll = (soql: string) => ask(`queryAll?q=${encodeURIComponent(soql)}`)
const codeOf = ({ body }: Answer) => (body as unknown as { errorCode: string }[])[0]?.errorCode
const dialect = () => dialectOf(account, Salesforce)

describe('ids', () => {
  test('have eighteen characters of which the last three tell capitals from small letters', () => {
    // Documented pair: 001D000000IqhSL and 001D000000IqhSLIAZ.
    const id = salesforceId('Opportunity', 14_000_001)
    expect(id).toMatch(/^006[0-9A-Za-z]{12}[A-Z0-5]{3}$/)
    expect(salesforceId('Contact', 61)).toBe('00300000000000zAAA')
    expect(salesforceId('Contact', 35)).toBe('00300000000000ZAAQ')
  })

  test('are in the order of their numbers', () => {
    const ids = Array.from({ length: 500 }, (_, n) => salesforceId('Task', n * 7))
    expect(ids.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ids)
  })
})

describe('answers', () => {
  test('write instants with an offset without a colon, days bare, and money with a point', async () => {
    const { text, body } = await query(
      'SELECT Id, Amount, CloseDate, CreatedDate FROM Opportunity WHERE Amount != null',
    )
    expect(body.records[0]).toMatchObject({
      attributes: { type: 'Opportunity', url: `${ROOT}sobjects/Opportunity/${body.records[0]?.Id}` },
      CreatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$/) as unknown,
      CloseDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) as unknown,
    })
    expect(text).toMatch(/"Amount":\d+\.\d/)
  })

  test('end without a way on; until then each says how it goes on', async () => {
    await start({ salesforce: { rowsPerAnswer: 25 } })
    const first = await query('SELECT Id FROM Opportunity')
    expect(first.body).toMatchObject({ totalSize: 48, done: false })
    const second = await ask(first.body.nextRecordsUrl ?? '')
    expect(second.body.records).toHaveLength(23)
    expect(second.body).toMatchObject({ totalSize: 48, done: true })
    expect(second.body).not.toHaveProperty('nextRecordsUrl')
  })

  test('are one answer when there are exactly as many as fit, and empty when there are none', async () => {
    await start({ salesforce: { rowsPerAnswer: 48 } })
    expect((await query('SELECT Id FROM Opportunity')).body).toMatchObject({ totalSize: 48, done: true })
    expect((await query("SELECT Id FROM Opportunity WHERE Name = 'nobody'")).body).toEqual({
      totalSize: 0,
      done: true,
      records: [],
    })
  })

  test('cannot be continued after a quarter of an hour, nor when ten newer ones are open', async () => {
    await start({ salesforce: { rowsPerAnswer: 25 } })
    const { body } = await query('SELECT Id FROM Opportunity')
    simulator.advance(901_000)
    expect(codeOf(await ask(body.nextRecordsUrl ?? ''))).toBe('INVALID_QUERY_LOCATOR')
    const old = (await query('SELECT Id FROM Opportunity')).body.nextRecordsUrl ?? ''
    for (let n = 0; n < 10; n += 1) await query('SELECT Id FROM Opportunity')
    expect(codeOf(await ask(old))).toBe('INVALID_QUERY_LOCATOR')
  })

  test('say how many requests of the day are used', async () => {
    const used = async () => (await query('SELECT Id FROM User')).headers.get('sforce-limit-info')
    expect([await used(), await used()]).toEqual(['api-usage=1/15000', 'api-usage=2/15000'])
  })

  test('name the currency of a record only where there are several', async () => {
    expect(codeOf(await query('SELECT CurrencyIsoCode FROM Opportunity'))).toBe('INVALID_FIELD')
    await start({ salesforce: { currencies: ['EUR', 'KWD'] } })
    const { body } = await query('SELECT CurrencyIsoCode FROM Opportunity LIMIT 2')
    expect(new Set(body.records.map(({ CurrencyIsoCode }) => CurrencyIsoCode))).toEqual(
      new Set(['EUR', 'KWD']),
    )
  })
})

describe('a query', () => {
  const names = async (soql: string) => {
    const { body, status } = await query(soql)
    expect(status).toBe(200)
    return body.records.map(({ Name, StageName }) => Name ?? StageName)
  }

  test('takes conditions as they are tied together', async () => {
    const won = await names(
      "SELECT StageName FROM Opportunity WHERE IsWon = true OR (IsClosed = false AND StageName = 'FDD Sent')",
    )
    expect(won.length).toBeGreaterThan(0)
    expect(won.every((name) => name === 'FA Signed' || name === 'FDD Sent')).toBe(true)
    const others = await names(
      "SELECT StageName FROM Opportunity WHERE NOT (StageName IN ('FA Signed', 'FDD Sent'))",
    )
    expect(won.length + others.length).toBe(
      48 + (await countOf("IsWon = false AND IsClosed = true AND StageName = 'FDD Sent'")),
    )
    expect(await names("SELECT Name FROM User WHERE Name LIKE 'Automated%'")).toEqual(['Automated Process'])
  })

  const countOf = async (where: string) =>
    (await query(`SELECT count() FROM Opportunity WHERE ${where}`)).body.totalSize

  test('sorts as it is told, with empty values first', async () => {
    const { body } = await query(
      'SELECT Amount FROM Opportunity ORDER BY Amount DESC NULLS LAST, Id LIMIT 60',
    )
    const amounts = body.records.map(({ Amount }) => Amount as number | null)
    const filled = amounts.filter((amount) => amount !== null)
    expect(filled).toEqual(filled.toSorted((a, b) => b - a))
  })

  test('counts only as many as its limit, and skips what it is told to', async () => {
    expect((await query('SELECT Id FROM Opportunity LIMIT 7')).body).toMatchObject({
      totalSize: 7,
      done: true,
    })
    const all = (await query('SELECT Id FROM Opportunity ORDER BY Id')).body.records
    const some = (await query('SELECT Id FROM Opportunity ORDER BY Id LIMIT 3 OFFSET 2')).body.records
    expect(some).toEqual(all.slice(2, 5))
  })

  test('goes on from a record to others by their relation', async () => {
    const { body } = await query("SELECT Name, Owner.Name FROM Contact WHERE Account.Name != 'x' LIMIT 1")
    expect(body.records[0]).toMatchObject({ Owner: { attributes: { type: 'User' } } })
  })

  test.each([
    ['SELECT Id FROM Contact WHERE', 'MALFORMED_QUERY'],
    ['SELECT Id FROM Contact LIMIT 5 PLEASE', 'MALFORMED_QUERY'],
    ['SELECT Nothing FROM Contact', 'INVALID_FIELD'],
    ['SELECT Id FROM Nothing', 'INVALID_TYPE'],
    ["SELECT Id FROM Contact WHERE CreatedDate > '2026-01-01T00:00:00Z'", 'INVALID_FIELD'],
    ['SELECT Id FROM ContentDocumentLink', 'MALFORMED_QUERY'],
  ])('%s is refused: %s', async (soql, code) => {
    const answer = await query(soql)
    expect([answer.status, codeOf(answer)]).toEqual([400, code])
  })
})

describe('time', () => {
  test('does not hide a record that became visible late: its stamp is older than that', async () => {
    const at = Date.parse('2026-11-20T15:00:00Z') / 1_000
    const id = account.addPerson({ kind: 'customer', visibleAt: at + 300 })
    const soql = `SELECT Id, SystemModstamp FROM Contact WHERE Id = '${salesforceId('Contact', Number(id))}'`
    expect((await query(soql)).body.totalSize).toBe(0)
    simulator.advance(300_000)
    expect((await query(soql)).body.records[0]?.SystemModstamp).toBe('2026-11-20T15:00:00.000+0000')
  })
})

describe('a lead', () => {
  test('stays there, converted, when its person becomes a customer', async () => {
    const id = account.addPerson({ kind: 'prospect' })
    account.addDeal(id)
    account.editPerson(id, { kind: 'customer' })
    const soql = `SELECT IsConverted FROM Lead WHERE Id = '${salesforceId('Lead', Number(id))}'`
    expect((await query(soql)).body.records).toEqual([expect.objectContaining({ IsConverted: true })])
  })
})

describe('what is gone', () => {
  test('is in the bin for fifteen days, and nowhere after that', async () => {
    const [deal] = account.truth().deals
    account.removeDeal(deal?.id ?? '')
    const gone = 'SELECT Id FROM Opportunity WHERE IsDeleted = true'
    expect((await query(gone)).body.totalSize).toBe(0)
    expect((await queryAll(gone)).body.totalSize).toBe(1)
    simulator.advance(15 * 86_400_000)
    expect((await queryAll(gone)).body.totalSize).toBe(0)
  })

  test('is told by /deleted, also when the bin was emptied of it', async () => {
    const person = account.truth().people.find(({ kind }) => kind === 'customer')
    account.purgePerson(person?.id ?? '')
    const id = salesforceId('Contact', Number(person?.id))
    expect((await queryAll(`SELECT Id FROM Contact WHERE Id = '${id}'`)).body.totalSize).toBe(0)
    const { body } = await ask(
      'sobjects/Contact/deleted/?start=2026-11-20T14:00:00%2B00:00&end=2026-11-20T15:01:00%2B00:00',
    )
    expect(body).toMatchObject({
      deletedRecords: [{ id, deletedDate: '2026-11-20T15:00:00.000+0000' }],
      latestDateCovered: '2026-11-20T15:00:00.000+0000',
    })
  })

  test('cannot be asked for from longer ago, nor for less than a minute', async () => {
    const span = async (start: string, end: string) =>
      codeOf(await ask(`sobjects/Lead/deleted?start=${start}&end=${end}`))
    expect(await span('2026-11-01T00:00:00Z', '2026-11-20T00:00:00Z')).toBe('INVALID_REPLICATION_DATE')
    expect(await span('2026-11-20T00:00:01Z', '2026-11-20T00:00:59Z')).toBe('INVALID_REPLICATION_DATE')
  })

  test('comes back with a newer stamp when it is undeleted', async () => {
    const [deal] = account.truth().deals
    account.removeDeal(deal?.id ?? '')
    simulator.advance(60_000)
    account.restoreDeal(deal?.id ?? '')
    const { body } = await query(
      `SELECT SystemModstamp FROM Opportunity WHERE Id = '${salesforceId('Opportunity', Number(deal?.id))}'`,
    )
    expect(body.records[0]?.SystemModstamp).toBe('2026-11-20T15:01:00.000+0000')
  })
})

describe('a person', () => {
  test('is a lead until there is a deal, and then a contact whose tasks move along', async () => {
    const id = account.addPerson({ kind: 'prospect' })
    account.addActivity(id, { kind: 'task' })
    const lead = salesforceId('Lead', Number(id))
    const task = async () =>
      (await query('SELECT WhoId, SystemModstamp FROM Task ORDER BY CreatedDate DESC LIMIT 1')).body
        .records[0]
    expect((await task())?.WhoId).toBe(lead)
    simulator.advance(60_000)
    account.addDeal(id)
    const { body } = await query(
      `SELECT IsConverted, ConvertedContactId, SystemModstamp FROM Lead WHERE Id = '${lead}'`,
    )
    const contact = salesforceId('Contact', Number(id))
    const at = '2026-11-20T15:01:00.000+0000'
    expect(body.records[0]).toMatchObject({
      IsConverted: true,
      ConvertedContactId: contact,
      SystemModstamp: at,
    })
    expect(await task()).toMatchObject({ WhoId: contact, SystemModstamp: at })
  })

  test('who was merged names the one who stays, and whose notes they are now', async () => {
    const [one, two] = account.truth().people.filter(({ kind }) => kind === 'customer')
    account.addNote(two?.id ?? '', 'of the loser')
    simulator.advance(60_000)
    account.mergePeople(one?.id ?? '', two?.id ?? '')
    const loser = salesforceId('Contact', Number(two?.id))
    const winner = salesforceId('Contact', Number(one?.id))
    const { body } = await queryAll(`SELECT IsDeleted, MasterRecordId FROM Contact WHERE Id = '${loser}'`)
    expect(body.records[0]).toMatchObject({ IsDeleted: true, MasterRecordId: winner })
    const notes = await query(`SELECT Body FROM Note WHERE ParentId = '${loser}'`)
    const links = await query(`SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '${loser}'`)
    expect([notes.body.totalSize, links.body.totalSize]).toEqual([0, 0])
  })
})

describe('an activity', () => {
  test('of more than a year ago is in the archive, which only queryAll shows', async () => {
    const before = (await query('SELECT Id FROM Event')).body.totalSize
    expect(before).toBeGreaterThan(0)
    simulator.advance(500 * 86_400_000)
    expect((await query('SELECT Id FROM Event')).body.totalSize).toBe(0)
    const { body } = await queryAll('SELECT Id, IsArchived FROM Event WHERE IsDeleted = false')
    expect(body.totalSize).toBe(before)
    expect(body.records.every(({ IsArchived }) => IsArchived === true)).toBe(true)
  })
})

describe('the user', () => {
  test('sees no field that was taken away, by description or by query, and no object', async () => {
    dialect().hide('Opportunity.Amount')
    dialect().hide('Lead')
    const { text } = await ask('sobjects/Opportunity/describe')
    expect(text).not.toContain('"name":"Amount"')
    expect(codeOf(await query('SELECT Amount FROM Opportunity'))).toBe('INVALID_FIELD')
    expect(codeOf(await ask('sobjects/Lead/describe'))).toBe('NOT_FOUND')
    expect(codeOf(await query('SELECT Id FROM Lead'))).toBe('INVALID_TYPE')
    dialect().hide('Lead', false)
    expect((await query('SELECT Id FROM Lead')).status).toBe(200)
  })

  test('is turned away without a session', async () => {
    const answer = await ask('query?q=SELECT+Id+FROM+User', { authorization: 'Bearer stranger' })
    expect([answer.status, codeOf(answer)]).toEqual([401, 'INVALID_SESSION_ID'])
  })

  test('who left the company stays, inactive', async () => {
    const [owner] = account.truth().owners
    dialect().dismiss(Number(owner?.id))
    const { body } = await query('SELECT Id FROM User WHERE IsActive = false')
    expect(body.records.map(({ Id }) => Id)).toEqual([salesforceId('User', Number(owner?.id))])
  })
})

describe('the day’s requests', () => {
  test('end in a refusal of their own, and come back after 24 hours', async () => {
    await start({ salesforce: { dailyRequests: 2 } })
    const statuses = async () => (await query('SELECT Id FROM User')).status
    expect([await statuses(), await statuses(), await statuses()]).toEqual([200, 200, 403])
    simulator.advance(25 * 3_600_000)
    expect(await statuses()).toBe(200)
    dialect().setRequestsOfOthers(2)
    expect(await statuses()).toBe(403)
  })
})

describe('faults in Salesforce’s words', () => {
  const expected: [FaultName, number, string][] = [
    ['salesforce-daily-limit', 403, 'TotalRequests Limit exceeded.'],
    ['salesforce-concurrent-limit', 403, 'ConcurrentRequests'],
    ['salesforce-query-timeout', 400, 'QUERY_TIMEOUT'],
    ['salesforce-locator-lost', 400, 'INVALID_QUERY_LOCATOR'],
    ['salesforce-no-api', 403, 'API_DISABLED_FOR_ORG'],
    ['salesforce-maintenance', 503, '<html>'],
  ]
  test.each(expected)('%s answers %i', async (fault, status, words) => {
    simulator.faults.add({ fault, operation: 'query.User' })
    const answer = await query('SELECT Id FROM User')
    expect([answer.status, answer.text.includes(words)]).toEqual([status, true])
    expect((await query('SELECT Id FROM Contact')).status).toBe(200)
  })

  test('salesforce-nothing counts nothing and sends nothing', async () => {
    simulator.faults.add({ fault: 'salesforce-nothing' })
    const { body } = await query('SELECT Id FROM Contact LIMIT 5')
    expect(body).toMatchObject({ totalSize: 0, records: [] })
  })

  test('salesforce-rows-missing leaves a record out of an answer that counts it', async () => {
    simulator.faults.add({ fault: 'salesforce-rows-missing' })
    const { body } = await query('SELECT Id FROM User')
    expect(body.totalSize - body.records.length).toBe(1)
  })

  test('salesforce-deletions-late says until when the deletions are told, and keeps back those after it', async () => {
    account.purgePerson(account.truth().people.find(({ kind }) => kind === 'customer')?.id ?? '')
    simulator.faults.add({ fault: 'salesforce-deletions-late', params: { minutes: 90 } })
    const { body } = await ask(
      'sobjects/Contact/deleted/?start=2026-11-20T10:00:00Z&end=2026-11-20T15:01:00Z',
    )
    expect(body).toMatchObject({ deletedRecords: [], latestDateCovered: '2026-11-20T13:30:00.000+0000' })
  })

  test('salesforce-field-hidden takes a field away in the middle of it all', async () => {
    simulator.faults.add({ fault: 'salesforce-field-hidden', nth: 2, params: { name: 'User.Email' } })
    expect((await query('SELECT Email FROM User')).status).toBe(200)
    expect(codeOf(await query('SELECT Email FROM User'))).toBe('INVALID_FIELD')
  })
})
