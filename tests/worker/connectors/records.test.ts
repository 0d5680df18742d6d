import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ann, chance, columns, contextWith, fits, normalised, type Wire } from './reading.ts'

const lead = (change: Wire = {}, settings: Wire = {}) =>
  columns('leads', 'leads', { ...ann, ...change }, settings)
const contact = (change: Wire = {}) => columns('leads', 'contacts', { ...ann, ...change })
const opportunity = (change: Wire = {}, settings: Wire = {}) =>
  columns('opportunities', 'opportunities', { ...chance, ...change }, settings)
const ids = contextWith().id

describe('a client is a person and a lead', () => {
  test('with everything in its place', () => {
    expect(contact()).toEqual({
      sourceCreatedAt: '2026-02-03T19:05:11.000Z',
      sourceUpdatedAt: '2026-02-05T14:12:40.000Z',
      ownerId: ids('owners', 'pat okafor'),
      firstName: 'Ann',
      lastName: 'Ferreira',
      companyName: null,
      companyId: null,
      email: 'ann.ferreira@example.com',
      phone: '5550100100',
      custom: {},
    })
    expect(lead()).toEqual({
      sourceCreatedAt: '2026-02-03T19:05:11.000Z',
      sourceUpdatedAt: '2026-02-05T14:12:40.000Z',
      ownerId: ids('owners', 'pat okafor'),
      contactId: ids('contacts', '8051632'),
      name: 'Ann Ferreira',
      source: 'Franchise Gator',
      stageName: 'New Lead',
      stageId: ids('stages', 'new lead'),
      contactKind: '1',
      isProspect: true,
      amountMinor: 9_000_000n,
      currency: 'USD',
      custom: { clients_action_plan: 'New Lead Drip' },
    })
  })

  test('whose stage is blank is a new lead, in the words of the account', () => {
    expect(lead({ clients_sales_cycle: ' ' }).stageName).toBe('New Lead')
    expect(lead({}, { newLeadStage: 'Inquiry' })).toMatchObject({
      stageName: 'Inquiry',
      stageId: ids('stages', 'inquiry'),
    })
  })

  test('A4: counts as a lead only where its kind of contact does', () => {
    for (const [kind, isProspect] of [
      ['1', true],
      ['4', false],
      ['5', false],
      ['', false],
      ['11', false],
    ] as const)
      expect(lead({ contact_type: kind }).isProspect, kind).toBe(isProspect)
    expect(lead({ contact_type: '4' }, { prospectTypes: ['1', '4'] }).isProspect).toBe(true)
  })

  test('A5: came when the CRM says, in the zone of the account, wherever the worker runs', () => {
    const zones = ['UTC', 'Asia/Tokyo', 'America/Los_Angeles']
    const before = process.env.TZ
    for (const zone of zones) {
      process.env.TZ = zone
      expect(lead().sourceCreatedAt, zone).toBe('2026-02-03T19:05:11.000Z')
    }
    process.env.TZ = before
    expect(lead({}, { timeZone: 'America/Denver' }).sourceCreatedAt).toBe('2026-02-03T21:05:11.000Z')
    expect(lead({ created: '2026-02-01' }).sourceCreatedAt).toBe('2026-02-01T05:00:00.000Z')
  })

  test('A6: has an amount to the cent, where parseFloat makes 90 of 90,000', () => {
    expect(lead({ deal_size: '90,000' }).amountMinor).toBe(9_000_000n)
    expect(lead({ deal_size: '$0.29' }).amountMinor).toBe(29n)
    expect(lead({ deal_size: '9007199254740993' }).amountMinor).toBe(900_719_925_474_099_300n)
  })

  test('without an amount has none, and no currency, which is not zero', () => {
    expect(lead({ deal_size: '' })).toMatchObject({ amountMinor: null, currency: null })
    expect(lead({ deal_size: '0' })).toMatchObject({ amountMinor: 0n, currency: 'USD' })
  })

  test('is somebody’s in both forms of a name, and in no other', () => {
    for (const who of [
      'Pat Okafor',
      ' pat  OKAFOR ',
      '{"first_name":"Pat","last_name":"Okafor"}',
      '{"last_name":"Okafor","first_name":"Pat","id":7}',
    ])
      expect(lead({ assigned_user: who }).ownerId, who).toBe(ids('owners', 'pat okafor'))
    for (const nobody of [
      '',
      ' ',
      null,
      '{}',
      '{"first_name":"","last_name":""}',
      '{"first_name":null,"last_name":null}',
    ])
      expect(lead({ assigned_user: nobody }).ownerId, String(nobody)).toBeNull()
    expect(lead({ assigned_user: '{"first_name":"Pat","last_name":null}' }).ownerId).toBe(
      ids('owners', 'pat'),
    )
    expect(lead({ assigned_user: '{broken' }).ownerId).toBe(ids('owners', '{broken'))
    for (const odd of ['{"first_name":{"a":1}}', '{"first_name":["Pat"]}'])
      expect(() => lead({ assigned_user: odd })).not.toThrow()
  })

  test('has the name of its person, else of its company, else none', () => {
    expect(lead({ lastName: '' }).name).toBe('Ann')
    expect(lead({ firstName: '', lastName: '', compName: 'Blue Heron' }).name).toBe('Blue Heron')
    expect(lead({ firstName: '', lastName: '', compName: '' }).name).toBeNull()
  })
})

describe('an opportunity', () => {
  test('has everything in its place', () => {
    expect(opportunity()).toEqual({
      sourceCreatedAt: '2026-02-03T19:05:00.000Z',
      sourceUpdatedAt: '2026-02-05T09:12:40.000Z',
      title: 'Ann Ferreira',
      contactId: ids('contacts', '8051632'),
      companyId: null,
      ownerId: ids('owners', 'pat okafor'),
      pipelineId: null,
      stageId: ids('stages', 'discovery day booked'),
      stageName: 'Discovery Day Booked',
      status: 'open',
      contactKind: '1',
      source: 'Referral',
      amountMinor: 9_000_050n,
      currency: 'USD',
      probability: '0.8000',
      expectedCloseOn: null,
      closedAt: null,
      market: 'Tulsa, OK',
      units: 3,
      weightedFeeMinor: 4_500_025n,
      // What is mapped stays under its own name as well: another mapping may want it.
      custom: {
        contact_action_plan: '',
        likely_percent: '80%',
        market: 'Tulsa, OK',
        units: '3',
        weighted_iff: '$45,000.25',
      },
    })
  })

  test.each([
    ['FA Signed', 'won'],
    ['fa  signed', 'won'],
    ['Bad Fit', 'lost'],
    ['Lost - Territory Not Available', 'lost'],
    ['FA Sent', 'open'],
    ['', 'open'],
    ['Waiting for the bank', 'open'],
  ])('in stage %j is %s', (stage, status) =>
    expect(opportunity({ contact_sales_cycle: stage }).status).toBe(status),
  )

  test('without a client is linked to nobody', () => {
    const { client_id: _, ...unlinked } = chance
    expect(columns('opportunities', 'opportunities', unlinked).contactId).toBeNull()
  })

  test('without the fields of franchise developers is whole', () => {
    const { market: _m, units: _u, weighted_iff: _w, likely_percent: _l, ...plain } = chance
    expect(fits('opportunities', plain)).toBe(true)
    expect(columns('opportunities', 'opportunities', plain)).toMatchObject({
      market: null,
      units: null,
      weightedFeeMinor: null,
      probability: null,
    })
    expect(normalised('opportunities', plain).faults).toEqual([])
  })

  test('may call those fields what it likes', () => {
    const settings = { fields: { market: 'region', units: 'territories' } }
    expect(opportunity({ region: 'Ohio', territories: '2' }, settings)).toMatchObject({
      market: 'Ohio',
      units: 2,
      custom: { market: 'Tulsa, OK', units: '3' },
    })
  })

  test.each([
    ['units', '2.5'],
    ['units', '-1'],
    ['units', '99999999999'],
    ['likely_percent', '101'],
    ['likely_percent', '-5'],
    ['likely_percent', 'NaN'],
    ['weighted_iff', '1e5'],
    ['deal_size', 'Infinity'],
    ['created', 'yesterday'],
  ])('whose %s is %j keeps everything else, and says so', (field, text) => {
    const { faults, rows } = normalised('opportunities', { ...chance, [field]: text })
    expect(faults).toEqual([{ path: field, reason: expect.stringContaining(JSON.stringify(text)) as string }])
    expect(rows.opportunities).toMatchObject({ title: 'Ann Ferreira' })
  })
})

describe('null, empty, absent, list and object are five things', () => {
  const documented = Object.keys(ann).filter((field) => field !== 'clients_action_plan')

  test.each(documented)('%s of a client', (field) => {
    const { [field]: _, ...absent } = ann
    expect(fits('leads', { ...ann, [field]: null })).toBe(true)
    expect(fits('leads', { ...ann, [field]: '' })).toBe(true)
    expect(fits('leads', { ...ann, [field]: 7 })).toBe(true)
    for (const odd of [[], {}, true, [null], { text: 'x' }])
      expect(fits('leads', { ...ann, [field]: odd })).toBe(false)
    expect(fits('leads', absent)).toBe(false)
  })

  test('no row that fits is too strange to be read', () => {
    const strange = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.integer(), fc.constant(null))
    fc.assert(
      fc.property(fc.record(Object.fromEntries(Object.keys(ann).map((field) => [field, strange]))), (row) => {
        if (!fits('leads', row)) return
        const { rows } = normalised('leads', row)
        expect(Object.keys(rows)).toEqual(['leads', 'contacts'])
      }),
    )
  })

  test('fields without a column are kept as they came', () => {
    const odd = { list: [], object: {}, nothing: null, empty: '', nested: { deep: [1, { x: 'y' }] } }
    expect(lead(odd).custom).toMatchObject(odd)
    expect(Object.keys(lead().custom as Wire)).toEqual(['clients_action_plan'])
  })

  test('__proto__ and constructor are fields like any other', () => {
    const odd = JSON.parse(
      '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}',
    ) as Wire
    const { custom } = lead(Object.fromEntries([...Object.entries(ann), ...Object.entries(odd)]))
    expect(Object.keys(custom as Wire)).toEqual(expect.arrayContaining(['constructor']))
    expect('isAdmin' in {}).toBe(false)
  })
})
