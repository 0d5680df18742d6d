import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { rowAt } from '../../simulator/facts.ts'
import type { Simulator } from '../../simulator/main.ts'
import { larkspur, read, readAll, rosewood, startQuiet, visit } from './visit.ts'

let simulator: Simulator
afterEach(() => simulator.close())

const account = () => simulator.account(rosewood.webKey)

describe('paging', () => {
  test('gives a hundred rows without a limit, and never more', async () => {
    simulator = await startQuiet()
    expect((await read(simulator, 'read_client_list')).data).toHaveLength(100)
    expect((await read(simulator, 'read_client_list?limit=5000')).data).toHaveLength(100)
    expect((await read(simulator, 'read_client_list?limit=7&offset=245')).data).toHaveLength(5)
  })

  test('walks the whole list once, in the order of ids', async () => {
    simulator = await startQuiet()
    const ids = (await readAll(simulator, 'read_client_list')).map(({ client_id: id }) => id)
    expect(ids).toEqual(
      account()
        .truth()
        .people.map(({ id }) => id),
    )
  })

  test('past the end has no row and still the total', async () => {
    simulator = await startQuiet()
    expect(await read(simulator, 'read_client_list?offset=9000')).toMatchObject({
      TotalRecord: 250,
      data: [],
    })
  })

  test('refuses a limit that is no number', async () => {
    simulator = await startQuiet({ errorStatus: 'http' })
    const { status, bytes } = await visit(simulator, 'read_client_list?limit=many')
    expect([status, JSON.parse(bytes.toString())]).toEqual([
      400,
      { ResultCode: 'CT_400', Message: 'Bad Request' },
    ])
  })

  test('shifts when a row is removed from a page already read', async () => {
    simulator = await startQuiet()
    const first = await read(simulator, 'read_client_list?limit=100&offset=0')
    const skipped = rowAt((await read(simulator, 'read_client_list?limit=100&offset=100')).data, 0).client_id
    account().removePerson(rowAt(first.data, 3).client_id ?? '')
    const second = await read(simulator, 'read_client_list?limit=100&offset=100')
    expect(second.TotalRecord).toBe(249)
    expect(second.data.map(({ client_id: id }) => id)).not.toContain(skipped)
  })

  test('newest first, shifts when a row is inserted', async () => {
    simulator = await startQuiet({ order: 'newestFirst' })
    const first = await read(simulator, 'read_client_list?limit=100&offset=0')
    const added = account().addPerson({ firstName: 'Ines', lastName: 'Newcomer' })
    const second = await read(simulator, 'read_client_list?limit=100&offset=100')
    expect(second.data[0]).toEqual(first.data.at(-1))
    expect((await read(simulator, 'read_client_list?limit=1')).data[0]).toMatchObject({ client_id: added })
    const ids = (await readAll(simulator, 'read_client_list')).map(({ client_id: id }) => Number(id))
    expect(ids).toEqual(ids.toSorted((a, b) => b - a))
    expect(ids).toHaveLength(251)
  })
})

describe('rows', () => {
  test('say what the truth says, every value as text', async () => {
    simulator = await startQuiet({ assignedUser: 'plain' })
    const rows = await readAll(simulator, 'read_opportunity_list')
    const { deals } = account().truth()
    expect(
      rows.map((row) => [row.opportunity_id, row.client_id, row.contact_sales_cycle, row.assigned_user]),
    ).toEqual(deals.map((deal) => [deal.id, deal.personId, deal.stageName ?? '', deal.ownerName]))
    expect(rows.flatMap((row) => Object.values(row)).every((value) => typeof value === 'string')).toBe(true)
  })

  test('come in every form the field has been seen in', async () => {
    simulator = await startQuiet()
    const people = await readAll(simulator, 'read_client_list')
    expect(new Set(people.map((row) => row.contact_type))).toEqual(new Set(['1', '4', '5']))
    expect(people.some((row) => row.assigned_user?.startsWith('{"first_name":"'))).toBe(true)
    expect(people.some((row) => /^[A-Z]\S+ \S+$/.test(row.assigned_user ?? ''))).toBe(true)
    const sizes = people.map((row) => row.deal_size ?? '')
    for (const form of [/^$/, /^\d+$/, /^\$\d+,\d{3}$/, /^\d+,\d{3}\.\d\d$/])
      expect(sizes.some((size) => form.test(size))).toBe(true)
    expect(people.some((row) => row.clients_sales_cycle === '')).toBe(true)
    expect(people.some((row) => row.firstName === '')).toBe(true)
  })

  test('carry local time, winter and summer', async () => {
    simulator = await startQuiet()
    const at = (text: string) => Date.parse(text) / 1000
    const winter = account().addPerson({ createdAt: at('2026-11-01T06:30:00Z') })
    const summer = account().addPerson({ createdAt: at('2026-11-01T05:30:00Z') })
    const spring = account().addPerson({ createdAt: at('2026-03-08T07:00:00Z') })
    const createdOf = async (id: string) =>
      (await read(simulator, `read_client_by_id/${id}`)).data[0]?.created
    expect(await createdOf(summer)).toBe('2026-11-01 01:30:00')
    expect(await createdOf(winter)).toBe('2026-11-01 01:30:00')
    expect(await createdOf(spring)).toBe('2026-03-08 03:00:00')
  })

  test('are changed by an edit, and by raw fields laid over them', async () => {
    simulator = await startQuiet()
    const { id, personId } = rowAt(account().truth().deals, 4)
    account().editPerson(personId, { lastName: "O'Renamed" })
    account().editDeal(id, { amountMinor: 4_950_050, wire: { deal_size: 'about $50k', note: 7 } })
    const row = (await readAll(simulator, 'read_opportunity_list')).find((each) => each.opportunity_id === id)
    expect(row).toMatchObject({ lastName: "O'Renamed", deal_size: 'about $50k', note: 7 })
  })

  test('of opportunities carry franchise fields and leave the client out when asked', async () => {
    simulator = await startQuiet({ franchiseFields: true, opportunityClientId: false })
    const rows = await readAll(simulator, 'read_opportunity_list')
    expect(
      rows.every((row) => row.market && row.units && row.weighted_iff !== undefined && !row.client_id),
    ).toBe(true)
    const booked = rows.find(
      (row) => row.contact_sales_cycle === 'Discovery Day Booked' && /^\d+$/.test(row.deal_size ?? ''),
    )
    if (booked) expect(Number(booked.weighted_iff)).toBe(Number(booked.deal_size) / 2)
  })
})

describe('the other operations', () => {
  test('give stages in order, inactive ones too', async () => {
    simulator = await startQuiet()
    const { data } = await read(simulator, 'read_sales_cycle_list')
    expect(data[0]).toMatchObject({ sales_cycle_name: 'New Lead', sales_cycle_active_status: '1' })
    expect(data[12]).toMatchObject({ sales_cycle_name: 'Discovery Day Booked', likelihood_to_close: '50' })
    expect(data.at(-1)).toMatchObject({
      sales_cycle_name: 'Lost - Territory Not Available',
      sales_cycle_active_status: '0',
    })
  })

  test('give action plans as arrays in an array', async () => {
    simulator = await startQuiet()
    const { data } = await read(simulator, 'read_action_plan_list')
    expect(data[0]).toEqual([{ action_plan_id: '1', action_plan_name: 'New Lead Drip' }])
  })

  test('give the notes of one client, and say so when there are none', async () => {
    simulator = await startQuiet({ notesPerPerson: 0 })
    const id = rowAt(account().truth().people, 9).id
    expect(await read(simulator, `read_client_history_notes/${id}`)).toEqual({
      ResultCode: 'CT_515',
      Message: 'No Record Found',
    })
    account().addNote(id, 'Called back. <b>Very</b> keen.', 'Pat Rep')
    const { data } = await read(simulator, `read_client_history_notes/${id}`)
    expect(data).toMatchObject([
      {
        contact_id: id,
        author: 'Pat Rep',
        content: 'Called back. <b>Very</b> keen.',
        date: '2026-11-20 10:00:00',
      },
    ])
  })

  test('answer for a client who is not there', async () => {
    simulator = await startQuiet({ keySpelling: 'resultCode' })
    expect(await read(simulator, 'read_client_by_id/12')).toEqual({
      resultCode: 'CT515',
      Message: 'No Record Found',
      client_id: false,
    })
    expect(await read(simulator, 'read_client_exist?email=nobody@example.com')).toMatchObject({
      resultCode: 'CT515',
    })
    const { id, email } = rowAt(account().truth().people, 5)
    expect((await read(simulator, `read_client_exist?email=${email}`)).data).toEqual([
      { client_id: id, external_id: '' },
    ])
  })

  test('filter events by local day and kind', async () => {
    simulator = await startQuiet()
    const everything = await readAll(simulator, 'read_all_events')
    expect(everything.map((row) => row.event_id)).toEqual(
      account()
        .truth()
        .activities.map(({ id }) => id),
    )
    const asked = await read(
      simulator,
      'read_all_events?from_date=2026-11-01&end_date=2026-11-30%2023:59:59&event_type=appt',
    )
    const expected = everything.filter(
      (row) => row.event_type === 'appt' && row.start_date?.startsWith('2026-11'),
    )
    expect(asked.data).toEqual(expected)
    expect(asked.TotalRecord).toBeGreaterThan(0)
  })

  test('do not exist under other names', async () => {
    simulator = await startQuiet()
    expect(await read(simulator, 'read_everything')).toEqual({
      ResultCode: 'CT_404',
      Message: 'Request Not Found',
    })
  })
})

describe('access', () => {
  const wrong = { 'X-Web-Key': rosewood.webKey, 'X-Access-Token': 'yesterday' }

  test.each([
    ['json401', 401, 'CT_401'],
    ['text401', 401, 'Unauthorized: Invalid Access Token'],
    ['code200', 200, 'CT_401'],
  ] as const)('is refused as %s when the account says so', async (unauthorised, status, body) => {
    simulator = await startQuiet({ unauthorised })
    const refused = await visit(simulator, 'read_client_list', wrong)
    expect(refused.status).toBe(status)
    expect(refused.bytes.toString()).toContain(body)
  })

  test('needs both headers', async () => {
    simulator = await startQuiet()
    for (const headers of [
      {},
      { 'X-Web-Key': rosewood.webKey },
      { 'X-Access-Token': rosewood.accessToken },
    ]) {
      expect((await visit(simulator, 'read_client_list', headers as Record<string, string>)).status).toBe(401)
    }
  })

  test('moves to the new token for every franchise of the enterprise', async () => {
    simulator = await startQuiet()
    account().rotateToken('token-2')
    expect((await visit(simulator, 'read_client_list')).status).toBe(401)
    const other = await visit(simulator, 'read_client_list', {
      'X-Web-Key': larkspur.webKey,
      'X-Access-Token': 'token-2',
    })
    expect(other.status).toBe(200)
  })

  test('compresses only for those who ask', async () => {
    simulator = await startQuiet({ gzip: true })
    const headers = { 'X-Web-Key': rosewood.webKey, 'X-Access-Token': rosewood.accessToken }
    const plain = await visit(simulator, 'read_client_list', headers)
    const zipped = await visit(simulator, 'read_client_list', { ...headers, 'Accept-Encoding': 'gzip' })
    expect(gunzipSync(zipped.bytes)).toEqual(plain.bytes)
    expect(plain.headers['content-encoding']).toBeUndefined()
  })
})
