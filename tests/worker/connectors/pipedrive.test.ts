import { describe, expect, test } from 'vitest'
import type { RawReply } from '../../../worker/connectors/connector.ts'
import { pipedrive } from '../../../worker/connectors/pipedrive.ts'
import { PauseError, RetriableError } from '../../../worker/errors.ts'
import {
  code,
  columns,
  contextWith,
  deal,
  fits,
  listed,
  normalised,
  streamOf,
  type Wire,
} from './pipedrive-reading.ts'

const raw = (status: number, body: unknown, headers: RawReply['headers'] = {}): RawReply => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, headers, text, ...(typeof body === 'string' ? {} : { body }) }
}
const said = (error: string, errorCode: number) => ({ success: false, error, errorCode })
const faultOf = (status: number, body: unknown, headers: RawReply['headers'] = {}) => {
  const fault = pipedrive.fault(raw(status, body, headers), 'opportunities', {} as never)
  const wait =
    fault instanceof RetriableError
      ? fault.retryAfterMs
      : fault instanceof PauseError
        ? fault.pauseMs
        : undefined
  return fault === null ? null : [fault.name, fault.code, ...(wait === undefined ? [] : [wait])]
}

describe('what is wrong with an answer', () => {
  test.each<[string, number, unknown, RawReply['headers'], unknown[] | null]>([
    ['nothing', 200, { success: true, data: [] }, {}, null],
    ['a server that fails is for its status to say', 503, '<html>', {}, null],
    ['a token that nobody has', 401, said('unauthorized access', 401), {}, ['FatalError', 'E_AUTH_REVOKED']],
    [
      'a company that was put on hold',
      402,
      said('company account is not open', 402),
      {},
      ['FatalError', 'E_PERMISSION'],
    ],
    [
      'a scope that is missing',
      403,
      said('Scope and URL mismatch', 403),
      {},
      ['StreamError', 'E_PERMISSION'],
    ],
    ['a parameter', 400, said('Invalid parameter', 400), {}, ['StreamError', 'E_CRM_BAD_REPLY']],
    ['a success that is none', 200, said('Something', 0), {}, ['StreamError', 'E_CRM_BAD_REPLY']],
  ])('%s', (_what, status, body, headers, outcome) => expect(faultOf(status, body, headers)).toEqual(outcome))

  describe('25. Burst and daily 429 look the same', () => {
    const over = said('request over limit', 429)
    const left = (tokens: string) => ({
      'x-daily-ratelimit-token-remaining': tokens,
      'x-ratelimit-reset': '3',
    })

    test('only the header tells them apart: the burst is waited for', () =>
      expect(faultOf(429, over, left('1200'))).toEqual(['RetriableError', 'E_RATE_LIMITED', 3_000]))

    test('the day’s budget is waited for until midnight', () =>
      expect(faultOf(429, over, { ...left('0'), date: 'Fri, 20 Nov 2026 22:30:00 GMT' })).toEqual([
        'PauseError',
        'E_RATE_LIMITED',
        5_400_000,
      ]))

    test('without headers it is taken for the burst', () =>
      expect(faultOf(429, over)).toEqual(['RetriableError', 'E_RATE_LIMITED', 2_000]))

    test('a page of the gateway with status 403 is a time to cool down, and no missing permission', () =>
      expect(faultOf(403, '<!DOCTYPE html><title>Access denied</title>')).toEqual([
        'PauseError',
        'E_RATE_LIMITED',
        900_000,
      ]))
  })
})

const ids = contextWith().id

describe('a deal', () => {
  test('has everything in its place', () => {
    const { rows, faults, deletedBecause } = normalised('opportunities', deal)
    expect([faults, deletedBecause]).toEqual([[], undefined])
    expect(rows.opportunities).toEqual({
      sourceCreatedAt: '2026-02-03T14:05:11.000Z',
      sourceUpdatedAt: '2026-02-05T09:12:40.000Z',
      title: 'Ferreira, two territories',
      contactId: ids('contacts', '71'),
      companyId: null,
      ownerId: ids('owners', '302'),
      pipelineId: ids('pipelines', '3'),
      stageId: ids('stages', '12'),
      stageName: null,
      status: 'open',
      contactKind: null,
      source: 'Trade fair',
      amountMinor: 9_000_050n,
      currency: 'EUR',
      probability: '0.6500',
      expectedCloseOn: '2026-06-30',
      closedAt: null,
      market: 'Tulsa, OK',
      units: 3,
      weightedFeeMinor: 4_500_025n,
      custom: {
        label_ids: [4],
        Financing: 'SBA loan',
        Documents: ['Disclosure', 'NDA'],
        'Market (ffffffff)': 'Southwest',
        Market: 'Tulsa, OK',
        Units: 3,
        'Weighted fee': { value: 45000.25, currency: 'EUR' },
      },
    })
  })

  test.each<[string, Wire, Wire]>([
    [
      'won',
      { status: 'won', won_time: '2026-03-01T08:00:00Z' },
      { status: 'won', closedAt: '2026-03-01T08:00:00.000Z' },
    ],
    [
      'lost',
      { status: 'lost', lost_time: '2026-03-02T08:00:00Z' },
      { status: 'lost', closedAt: '2026-03-02T08:00:00.000Z' },
    ],
    [
      'put away while it was open is in no pipeline any more',
      { is_archived: true, archive_time: '2026-03-03T08:00:00Z' },
      { status: 'lost', closedAt: '2026-03-03T08:00:00.000Z' },
    ],
    [
      'put away when it was won stays won',
      { status: 'won', is_archived: true, won_time: null },
      { status: 'won', closedAt: null },
    ],
  ])('%s', (_what, change, wanted) =>
    expect(columns('opportunities', { ...deal, ...change })).toMatchObject(wanted),
  )

  test('put away while it was open counts as the setting says', () => {
    const away = { ...deal, is_archived: true, archive_time: '2026-03-03T08:00:00Z' }
    expect(columns('opportunities', away, { archivedOpenDeals: 'open' })).toMatchObject({
      status: 'open',
      closedAt: null,
    })
  })

  test('that was deleted says so', () => {
    expect(normalised('opportunities', { ...deal, is_deleted: true, status: 'deleted' }).deletedBecause).toBe(
      'flag',
    )
  })

  test.each<[unknown, string, bigint | null]>([
    [0, 'USD', 0n],
    [null, 'USD', null],
    [1_000, 'JPY', 1_000n],
    [12.345, 'BHD', 12_345n],
    [0.1, 'USD', 10n],
    ['90071992547409931', 'USD', 9_007_199_254_740_993_100n],
  ])('of %s %s is exact', (value, currency, minor) =>
    expect(columns('opportunities', { ...deal, value, currency, custom_fields: {} })).toMatchObject({
      amountMinor: minor,
      currency: minor === null ? null : currency,
    }),
  )

  test.each<[unknown, string]>([
    [12.5, 'JPY'],
    [10.005, 'USD'],
    [100, 'bonus points'],
  ])('of %s %s has no amount, and says that it could not be read', (value, currency) => {
    const { rows, faults } = normalised('opportunities', { ...deal, value, currency, custom_fields: {} })
    expect([rows.opportunities?.amountMinor, faults.map(({ path }) => path)]).toEqual([null, ['value']])
  })

  test('has a weighted fee only in its own currency', () => {
    const dollars = { ...deal, custom_fields: { [code('c')]: { value: 5, currency: 'USD' } } }
    const { rows, faults } = normalised('opportunities', dollars)
    expect([rows.opportunities?.weightedFeeMinor, faults.map(({ path }) => path)]).toEqual([
      null,
      ['Weighted fee'],
    ])
  })

  test('is mapped by the name of a field or by its key', () => {
    const byKey = { fields: { market: code('f') } }
    expect(columns('opportunities', deal, byKey)).toMatchObject({
      market: 'Southwest',
      custom: { Market: 'Tulsa, OK' },
    })
    expect(columns('opportunities', deal, { fields: { market: 'financing' } }).market).toBe('SBA loan')
  })

  test('keeps a custom field that was never defined under its key', () => {
    const unknown = code('9')
    expect(columns('opportunities', { ...deal, custom_fields: { [unknown]: 'odd' } }).custom).toMatchObject({
      [unknown]: 'odd',
    })
    expect(columns('opportunities', { ...deal, custom_fields: null }).market).toBeNull()
  })

  test('must have its documented fields', () => {
    for (const field of [
      'value',
      'currency',
      'status',
      'update_time',
      'person_id',
      'is_archived',
      'stage_id',
    ])
      expect(fits('opportunities', without(deal, field)), field).toBe(false)
    expect(fits('opportunities', { ...deal, status: 'paused' })).toBe(false)
    expect(fits('opportunities', { ...deal, favourite_colour: 'teal' })).toBe(true)
  })
})

const without = (row: Wire, field: string): Wire =>
  Object.fromEntries(Object.entries(row).filter(([key]) => key !== field))

describe('an activity', () => {
  const activity: Wire = {
    id: 77,
    subject: 'Discovery call',
    type: 'call',
    owner_id: 302,
    creator_user_id: 301,
    is_deleted: false,
    add_time: '2026-03-01T10:00:00Z',
    update_time: '2026-03-02T10:00:00Z',
    deal_id: 8_051_632,
    lead_id: null,
    person_id: 71,
    org_id: 9,
    due_date: '2026-03-08',
    due_time: '15:30:00',
    duration: '01:15:00',
    busy: true,
    done: false,
    marked_as_done_time: null,
    participants: [{ person_id: 71, primary: true }],
    location: null,
    note: '<p>Bring the <b>plan</b></p>',
  }
  const settings = { timeZone: 'America/New_York' }

  test('is due by the clock of UTC, whatever the zone of the account, and ends when its time is over', () =>
    expect(columns('activities', activity, settings)).toMatchObject({
      kind: 'call',
      subject: 'Discovery call',
      details: '<p>Bring the <b>plan</b></p>',
      contactId: ids('contacts', '71'),
      opportunityId: ids('opportunities', '8051632'),
      ownerId: ids('owners', '302'),
      dueAt: '2026-03-08T15:30:00.000Z',
      endsAt: '2026-03-08T16:45:00.000Z',
      isDone: false,
      completedAt: null,
      custom: { org_id: 9 },
    }))

  test.each([null, ''])('without a time (%j) is for a day, which begins where the account is', (time) =>
    expect(columns('activities', { ...activity, due_time: time, duration: null }, settings)).toMatchObject({
      dueAt: '2026-03-08T05:00:00.000Z',
      endsAt: null,
      custom: { all_day: true },
    }),
  )

  test('without a day is never due', () =>
    expect(columns('activities', { ...activity, due_date: null, due_time: null })).toMatchObject({
      dueAt: null,
    }))

  test('that is done says since when; one that is not, never', () => {
    const at = '2026-03-08T17:00:00Z'
    expect(columns('activities', { ...activity, done: true, marked_as_done_time: at })).toMatchObject({
      isDone: true,
      completedAt: '2026-03-08T17:00:00.000Z',
    })
    expect(columns('activities', { ...activity, marked_as_done_time: at })).toMatchObject({
      completedAt: null,
    })
  })

  test('with a time that is none is kept, and says so', () => {
    const { rows, faults } = normalised('activities', { ...activity, due_time: '25:61', duration: 'long' })
    expect([rows.activities?.dueAt, faults.map(({ path }) => path)]).toEqual([null, ['due_time', 'duration']])
  })
})

describe('a note', () => {
  const note: Wire = {
    id: 3_000_000_001,
    user_id: 302,
    deal_id: 8_051_632,
    person_id: 71,
    org_id: 9,
    lead_id: null,
    content: '<b>Hot</b>',
    add_time: '2026-02-04 10:11:59',
    update_time: '2026-02-04 10:12:00',
    active_flag: true,
    user: { name: 'Pat Okafor', email: 'pat@example.com' },
  }

  test('is linked to person and deal, and its times are those of UTC', () =>
    expect(columns('notes', note, { timeZone: 'America/New_York' })).toEqual({
      sourceCreatedAt: '2026-02-04T10:11:59.000Z',
      sourceUpdatedAt: '2026-02-04T10:12:00.000Z',
      contactId: ids('contacts', '71'),
      opportunityId: ids('opportunities', '8051632'),
      ownerId: ids('owners', '302'),
      author: 'Pat Okafor',
      notedAt: '2026-02-04T10:11:59.000Z',
      body: '<b>Hot</b>',
      custom: { org_id: 9 },
    }))

  test('of a lead or an organization keeps its link', () =>
    expect(columns('notes', { ...note, deal_id: null, lead_id: 'b0d7-lead' })).toMatchObject({
      opportunityId: null,
      custom: { lead_id: 'b0d7-lead', org_id: 9 },
    }))

  test.each([false, 0])('that is not active (%j) was deleted', (active) =>
    expect(normalised('notes', { ...note, active_flag: active }).deletedBecause).toBe('flag'),
  )
})

describe('people and companies', () => {
  const person: Wire = {
    id: 71,
    name: 'Ann Ferreira',
    first_name: 'Ann',
    last_name: 'Ferreira',
    owner_id: 302,
    org_id: 9,
    add_time: '2026-02-03T14:05:11Z',
    update_time: '2026-02-05T09:12:40Z',
    emails: [
      { value: 'old@example.com', primary: false, label: 'work' },
      { value: 'ann@example.com', primary: true, label: 'home' },
    ],
    phones: [{ value: '', primary: true, label: 'work' }],
    is_deleted: false,
    visible_to: 7,
    label_ids: [],
    custom_fields: { [code('d')]: 8 },
  }

  test('a person has the address that is marked as the first one', () => {
    expect(columns('contacts', person)).toMatchObject({
      firstName: 'Ann',
      lastName: 'Ferreira',
      companyId: ids('companies', '9'),
      email: 'ann@example.com',
      phone: null,
      custom: { Financing: 'Own capital' },
    })
    expect(columns('contacts', { ...person, emails: null }).email).toBeNull()
  })

  test('a person whose name was never taken apart keeps it whole', () =>
    expect(columns('contacts', { ...person, first_name: null, last_name: null })).toMatchObject({
      firstName: 'Ann Ferreira',
      lastName: null,
    }))

  test('an organization', () =>
    expect(
      columns('companies', {
        id: 9,
        name: 'Blue Heron',
        owner_id: 302,
        add_time: null,
        update_time: null,
        website: 'heron.example',
      }),
    ).toMatchObject({ name: 'Blue Heron', domain: 'heron.example', ownerId: ids('owners', '302') }))
})

describe('a lead', () => {
  const lead: Wire = {
    id: '46c3b0e1-db35-59ca-1828-4817378dff71',
    title: 'Ferreira lead',
    owner_id: 302,
    creator_id: 301,
    label_ids: [],
    person_id: 71,
    organization_id: null,
    source_name: 'API',
    channel: 52,
    is_archived: false,
    was_seen: true,
    value: { amount: 1_999.99, currency: 'EUR' },
    add_time: '2026-02-03T14:05:11.417Z',
    update_time: '2026-02-05T09:12:40.417Z',
    visible_to: '7',
    [code('d')]: 7,
    [code('c')]: 500,
    [`${code('c')}_currency`]: 'EUR',
  }

  test('has a UUID, instants with milliseconds, money of its own and the custom fields of deals', () => {
    expect(streamOf('leads').identify(lead, contextWith().settings)).toBe(lead.id)
    expect(columns('leads', lead)).toEqual({
      sourceCreatedAt: '2026-02-03T14:05:11.417Z',
      sourceUpdatedAt: '2026-02-05T09:12:40.417Z',
      contactId: ids('contacts', '71'),
      name: 'Ferreira lead',
      source: 'Trade fair',
      stageId: null,
      stageName: null,
      contactKind: null,
      isProspect: true,
      ownerId: ids('owners', '302'),
      amountMinor: 199_999n,
      currency: 'EUR',
      custom: { Financing: 'SBA loan', 'Weighted fee': 500, 'Weighted fee currency': 'EUR' },
    })
  })

  test('of a channel that nobody defined says its number, and not where else it came from', () =>
    expect(columns('leads', { ...lead, channel: 53 })).toMatchObject({ source: '53' }))

  test('of no channel says how it was made', () =>
    expect(columns('leads', { ...lead, channel: null })).toMatchObject({ source: 'API' }))

  test('without a value has no amount; one that was put away counts no more', () =>
    expect(columns('leads', { ...lead, value: null, is_archived: true })).toMatchObject({
      amountMinor: null,
      currency: null,
      stageName: 'Archived',
      isProspect: false,
    }))
})

describe('the small lists', () => {
  test('a user who left stays, and is no longer active', () => {
    const user: Wire = {
      id: 302,
      name: 'Pat Okafor',
      email: 'pat@example.com',
      active_flag: false,
      created: '2026-01-05 09:00:00',
      modified: '',
    }
    expect(columns('owners', user)).toMatchObject({
      name: 'Pat Okafor',
      isActive: false,
      sourceCreatedAt: '2026-01-05T09:00:00.000Z',
    })
  })

  test('a stage has a probability only in a pipeline that keeps any', () => {
    const stage: Wire = {
      id: 12,
      name: 'Demo',
      order_nr: 2,
      pipeline_id: 3,
      deal_probability: 40,
      is_deleted: false,
    }
    expect(columns('stages', stage)).toMatchObject({
      name: 'Demo',
      position: 2,
      probability: '0.4000',
      pipelineId: ids('pipelines', '3'),
    })
    expect(columns('stages', { ...stage, pipeline_id: 4, deal_probability: 100 })).toMatchObject({
      probability: null,
    })
    expect(normalised('stages', { ...stage, is_deleted: true }).deletedBecause).toBe('flag')
  })

  test('the channels are options of a field of deals', () =>
    expect(
      listed('lead_sources', { field_code: 'channel', options: [{ id: 52, label: 'Trade fair' }] }),
    ).toEqual([{ id: 52, label: 'Trade fair' }]))
})
