import { describe, expect, test } from 'vitest'
import type { RawReply } from '../../../worker/connectors/connector.ts'
import { recordIds } from '../../../worker/record-id.ts'
import {
  chance,
  clientTether,
  columns,
  connectionId,
  contextWith,
  fits,
  streamOf,
  type Wire,
} from './reading.ts'

const reply = (status: number, body: unknown): RawReply => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, headers: {}, text, ...(typeof body === 'string' ? {} : { body }) }
}
const faultOf = (status: number, body: unknown) => {
  const fault = clientTether.fault(reply(status, body), 'leads', {} as never)
  return fault === null ? null : [fault.name, fault.code]
}

describe('what is wrong with an answer', () => {
  test.each([
    [200, { ResultCode: 'CT_200', Message: 'Success' }],
    [200, { resultCode: 'CT200' }],
    [200, { resultCode: 'CT515', Message: 'No Record Found', client_id: false }],
    [200, { ResultCode: 'CT_515' }],
    [200, {}],
    [200, []],
    [200, 'not JSON at all'],
  ])('nothing that a code says: %i %j', (status, body) => expect(faultOf(status, body)).toBeNull())

  test.each([
    [401, { ResultCode: 'CT_401', Message: 'Unauthorized: Invalid Access Token' }],
    [401, 'Unauthorized'],
    [403, 'Access denied for this web key'],
    [200, { ResultCode: 'CT_401', Message: 'Unauthorized: Invalid Access Token' }],
    [200, { resultCode: 'CT400', Message: 'Invalid X-Web-Key' }],
    [400, { ResultCode: 'CT_400', Message: 'authentication failed' }],
  ])('access: %i %j', (status, body) =>
    expect(faultOf(status, body)).toEqual(['FatalError', 'E_AUTH_REVOKED']),
  )

  test.each([
    [200, { ResultCode: 'CT_400', Message: 'Bad Request' }],
    [200, { ResultCode: 'CT_404', Message: 'Request Not Found' }],
    [404, { ResultCode: 'CT_404', Message: 'Request Not Found' }],
    [200, { ResultCode: 'CT_501', Message: 'Missing Required Key:Value' }],
    [200, { ResultCode: 'CT_512' }],
    [200, { ResultCode: 'CT_520' }],
    [200, { ResultCode: 'CT_999' }],
  ])('the list: %i %j', (status, body) =>
    expect(faultOf(status, body)).toEqual(['StreamError', 'E_CRM_BAD_REPLY']),
  )

  test('the CRM itself: CT_500 is asked again', () =>
    expect(faultOf(200, { ResultCode: 'CT_500', Message: 'Unknown Error' })).toEqual([
      'RetriableError',
      'E_CRM_DOWN',
    ]))

  test.each([403, 408, 429, 500, 503])('%i is for HTTP to say, whatever code comes with it', (status) =>
    expect(faultOf(status, { ResultCode: `CT_${status}`, Message: 'No' })).toBeNull(),
  )
})

describe('the small lists', () => {
  const stage = {
    sales_cycle_id: '4012',
    sales_cycle_name: 'Discovery Day  Booked',
    sales_cycle_active_status: '1',
    sales_cycle_order: '13',
    likelihood_to_close: '50',
    contact_type: '1',
    contact_type_name: 'Prospect',
  }

  test('a stage', () => {
    expect(columns('stages', 'stages', stage)).toMatchObject({
      name: 'Discovery Day  Booked',
      position: 13,
      probability: '0.5000',
      isActive: true,
      outcome: 'open',
      contactKind: '1',
      custom: { sales_cycle_id: '4012', contact_type_name: 'Prospect' },
    })
    expect(
      columns('stages', 'stages', { ...stage, likelihood_to_close: '', sales_cycle_active_status: '0' }),
    ).toMatchObject({
      probability: null,
      isActive: false,
    })
    const { identify } = streamOf('stages')
    expect(identify(stage, contextWith().settings)).toBe('discovery day booked')
    expect(identify({ ...stage, sales_cycle_name: '' }, contextWith().settings)).toBeNull()
    expect(identify(stage, contextWith({ stagesPerContactType: true }).settings)).toBe(
      '1/discovery day booked',
    )
  })

  test('a user is known by the name that records call them', () => {
    const pat = { user_id: '3', first_name: 'Pat', last_name: 'Okafor', email: 'pat@example.com' }
    expect(streamOf('owners').identify(pat, contextWith().settings)).toBe('pat okafor')
    expect(columns('owners', 'owners', pat)).toMatchObject({ name: 'Pat Okafor', email: 'pat@example.com' })
  })

  test('a lead source', () =>
    expect(
      columns('lead_sources', 'lead_sources', { lead_source_id: '9', lead_source_name: 'Referral' }),
    ).toMatchObject({
      name: 'Referral',
    }))
})

describe('notes and events', () => {
  const note = {
    id: '3000000001',
    contact_id: '8051632',
    date: '2026-02-04 10:00:00',
    author: 'Pat Okafor',
    content: '<b>Hot</b>',
  }
  const event = {
    event_id: '77',
    client_id: '8051632',
    title: 'Discovery Day',
    description: '',
    event_type: 'appt',
    start_date: '2026-03-08 02:30:00',
    end_date: '2026-03-08 03:30:00',
    assigned_user: 'Pat Okafor',
    status: 'scheduled',
    completed: '0',
    created: '2026-02-04 10:00:00',
    last_modified_date: '',
  }

  test('A6: the notes of a contact are asked for by the contact’s id', () => {
    const { begin, request, parents } = streamOf('notes')
    expect(parents?.table).toBe('contacts')
    const settings = contextWith().settings
    const pass = {
      scanStart: '2026-02-05T00:00:00Z',
      crmStart: '2026-02-05T00:00:00Z',
      since: null,
      lastFullAt: null,
      parent: '8051632',
    }
    expect(request(begin(pass, settings), settings)).toMatchObject({
      path: 'read_client_history_notes/8051632',
      query: { limit: '100', offset: '0' },
    })
    const odd = begin({ ...pass, parent: '../x?y=1' }, settings)
    expect(request(odd, settings).path).toBe('read_client_history_notes/..%2Fx%3Fy%3D1')
  })

  test('a note, with its HTML as it came', () => {
    expect(columns('notes', 'notes', note)).toMatchObject({
      author: 'Pat Okafor',
      body: '<b>Hot</b>',
      notedAt: '2026-02-04T15:00:00.000Z',
      contactId: recordIds(connectionId)('contacts', '8051632'),
    })
    expect(columns('notes', 'notes', { ...note, contact_id: '' }).contactId).toBeNull()
  })

  test('an event, read in the zone of the account', () => {
    expect(columns('activities', 'activities', event)).toMatchObject({
      kind: 'appt',
      subject: 'Discovery Day',
      details: null,
      dueAt: '2026-03-08T06:30:00.000Z',
      endsAt: '2026-03-08T07:30:00.000Z',
      isDone: false,
      sourceUpdatedAt: null,
    })
    expect(columns('activities', 'activities', { ...event, completed: '1' }).isDone).toBe(true)
  })

  test('events are asked for between two days in local time, and missed only a day within them', () => {
    const { begin, request, absentBetween } = streamOf('activities')
    const { settings } = contextWith({ eventsPastDays: 1, eventsFutureDays: 2 })
    const pass = {
      scanStart: '2026-02-05T00:00:00Z',
      crmStart: '2026-02-05T00:00:00Z',
      since: null,
      lastFullAt: null,
      parent: null,
    }
    expect(request(begin(pass, settings), settings).query).toMatchObject({
      from_date: '2026-02-03 19:00:00',
      end_date: '2026-02-06 19:00:00',
      event_type: 'appt',
    })
    expect(absentBetween?.(pass, settings)).toEqual({
      from: '2026-02-05T00:00:00.000Z',
      to: '2026-02-06T00:00:00.000Z',
    })
  })

  test('E11: a documented field of each must be there', () => {
    for (const field of ['id', 'date', 'author', 'content'])
      expect(fits('notes', without(note, field))).toBe(false)
    for (const field of ['event_id', 'title', 'start_date', 'end_date'])
      expect(fits('activities', without(event, field))).toBe(false)
  })

  const without = (row: Wire, field: string): Wire =>
    Object.fromEntries(Object.entries(row).filter(([key]) => key !== field))
})

describe('settings', () => {
  test.each([
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ currency: 'dollars' }, 'currency'],
    [{ pageSize: 1 }, 'pageSize'],
    [{ requestsPerSecond: 0 }, 'requestsPerSecond'],
    [{ colour: 'teal' }, 'colour'],
  ])('%j do not fit', (settings, field) => expect(() => contextWith(settings)).toThrow(field))
})

test('which mapped fields there are is told by the first page alone: a last one may hold a record that lacks what others have', () => {
  const { settings } = contextWith()
  const opportunities = streamOf('opportunities')
  const pageAt = (cursor: string, rows: Wire[]) =>
    opportunities.page(
      { status: 200, headers: {}, body: { ResultCode: 'CT_200', TotalRecord: 101, data: rows } },
      cursor,
      settings,
    )
  const first = opportunities.begin({} as never, settings)
  const other = { ...chance, opportunity_id: '14051633' }
  const { market, ...withoutMarket } = chance
  expect(market).toBeDefined()
  expect(pageAt(first, [chance, other]).fields).toEqual({
    seen: expect.arrayContaining(['market', 'units']),
    unseen: [],
  })
  expect(
    pageAt(first, [withoutMarket, { ...withoutMarket, opportunity_id: '14051633' }]).fields?.unseen,
  ).toEqual(['market'])
  const second = JSON.stringify({ ...JSON.parse(first), offset: 100, stepsBack: 0 })
  expect(pageAt(second, [withoutMarket]).fields).toBeUndefined()
})
