import { describe, expect, test } from 'vitest'
import type { Delivery, XmlElement } from '../../../drizzle/schema/nudges.ts'
import { signatureOf } from '../../../worker/connectors/genuine.ts'
import { webhook as hubSpot } from '../../../worker/connectors/hubspot/webhook.ts'
import { webhook as pipedrive } from '../../../worker/connectors/pipedrive/webhook.ts'
import { webhook as salesforce } from '../../../worker/connectors/salesforce/webhook.ts'

const delivery = (headers: Record<string, string>, more: Partial<Delivery> = {}): Delivery => ({
  method: 'POST',
  url: 'https://www.example.com/webhook_uri',
  headers: new Headers(headers),
  body: Buffer.from(''),
  receivedAtMs: 1_693_657_560_000,
  ...more,
})

describe('a signature of HubSpot, version 3', () => {
  const secret = 'yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy'
  // The published example with its two published results.
  const example = Buffer.from(`{'example_field':'example_value'}`)
  const published = {
    '1693657560000': 'K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=',
    '1700000300000': 'RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw=',
  }
  const signed = (timestamp: string, signature: string, more: Partial<Delivery> = {}) =>
    delivery(
      { 'x-hubspot-request-timestamp': timestamp, 'x-hubspot-signature-v3': signature },
      { body: example, receivedAtMs: Number(timestamp), ...more },
    )

  test.each(Object.entries(published))('of %s is the published one', (timestamp, signature) => {
    expect(hubSpot.isGenuine(signed(timestamp, signature), secret)).toBe(true)
  })

  const [timestamp = '', good = ''] = Object.entries(published)[0] ?? []
  const late = (ms: number) => ({ receivedAtMs: Number(timestamp) + ms })
  test.each<[string, Delivery]>([
    ['one character off', signed(timestamp, good.replace('K', 'L'))],
    ['of another length', signed(timestamp, `${good}=`)],
    ['that is empty', signed(timestamp, '')],
    [
      'of other bytes that mean the same',
      signed(timestamp, good, { body: Buffer.from(`${String(example)} `) }),
    ],
    ['of another method', signed(timestamp, good, { method: 'PUT' })],
    ['of another address', signed(timestamp, good, { url: 'http://www.example.com/webhook_uri' })],
    ['of version 1', delivery({ 'x-hubspot-signature': good, 'x-hubspot-request-timestamp': timestamp })],
    ['without a time', signed('', signatureOf(secret, 'POSThttps://www.example.com/webhook_uri', example))],
    [
      'with a time that is no number',
      signed('soon', signatureOf(secret, 'POSThttps://www.example.com/webhook_uri', example, 'soon')),
    ],
    ['of more than five minutes ago', signed(timestamp, good, late(300_001))],
    ['of more than five minutes ahead', signed(timestamp, good, late(-300_001))],
  ])('%s is none', (_, wrong) => {
    expect(hubSpot.isGenuine(wrong, secret)).toBe(false)
  })

  test('is good for five minutes, and for this secret alone', () => {
    for (const ms of [300_000, -300_000])
      expect(hubSpot.isGenuine(signed(timestamp, good, late(ms)), secret)).toBe(true)
    expect(hubSpot.isGenuine(signed(timestamp, good), 'another')).toBe(false)
  })

  test('is made over an address in which some characters are decoded, and others are not', () => {
    const url = 'https://www.example.com/hook?at=10%3A00%2F11&q=a%20b'
    const signature = signatureOf(
      secret,
      'POST',
      'https://www.example.com/hook?at=10:00/11&q=a%20b',
      example,
      timestamp,
    )
    expect(hubSpot.isGenuine(signed(timestamp, signature, { url }), secret)).toBe(true)
  })
})

describe('the records that a webhook names', () => {
  const event = (more: object) => ({ portalId: 62_515, eventId: 1, occurredAt: 1, attemptNumber: 0, ...more })
  const namesOf = (read: ReturnType<typeof hubSpot.read>) =>
    typeof read === 'string' ? read : read.map(({ stream, sourceId }) => `${stream} ${sourceId}`)

  test('of HubSpot are those of this account and of kinds that we read; a merge names the one that stays', () => {
    const told = [
      event({ subscriptionType: 'deal.propertyChange', objectId: 11 }),
      event({ subscriptionType: 'contact.deletion', objectId: 12 }),
      event({ subscriptionType: 'object.creation', objectTypeId: '0-48', objectId: 13 }),
      event({ subscriptionType: 'contact.merge', objectId: 14, newObjectId: 15 }),
      event({ subscriptionType: 'deal.associationChange', fromObjectId: 16, toObjectId: 17 }),
      event({ subscriptionType: 'company.creation', objectId: 18 }),
      event({ subscriptionType: 'deal.creation', objectId: 19, portalId: 1 }),
    ]
    expect(namesOf(hubSpot.read(told, '62515'))).toEqual([
      'opportunities 11',
      'contacts 12',
      'activities calls/13',
      'contacts 15',
      'opportunities 16',
    ])
    expect(hubSpot.read(told.slice(-1), '62515')).toBe('another_account')
    expect(hubSpot.read({ results: told }, '62515')).toBe('unknown')
  })

  test('of HubSpot have one key however often an event is sent, and each event has its own', () => {
    const keyOf = (more: object) => {
      const read = hubSpot.read([event({ subscriptionType: 'deal.creation', objectId: 1, ...more })], '62515')
      return typeof read === 'string' ? read : read[0]?.eventKey
    }
    expect(keyOf({ attemptNumber: 3 })).toBe(keyOf({}))
    const others = [{ eventId: 2 }, { occurredAt: 2 }, { objectId: 2 }, { propertyName: 'amount' }]
    expect(new Set([{}, ...others].map(keyOf)).size).toBe(5)
  })

  const told = (meta: object) => ({
    data: { id: 5 },
    previous: null,
    meta: {
      action: 'change',
      entity: 'deal',
      entity_id: '5',
      company_id: '15000007',
      timestamp: '2026-11-20T15:00:00.057Z',
      version: '2.0',
      attempt: 1,
      webhook_id: '1',
      ...meta,
    },
  })

  test('of Pipedrive come in version 2 alone, and twice under two registrations are one', () => {
    expect(namesOf(pipedrive.read(told({}), '15000007'))).toEqual(['opportunities 5'])
    expect(namesOf(pipedrive.read(told({ entity: 'product' }), '15000007'))).toEqual([])
    expect(pipedrive.read(told({ company_id: '1' }), '15000007')).toBe('another_account')
    expect(pipedrive.read(told({ version: '1.0' }), '15000007')).toBe('unknown')
    expect(pipedrive.read({ event: 'updated.deal', current: {}, v: 1 }, '15000007')).toBe('unknown')
    expect(pipedrive.read(told({ attempt: 2, webhook_id: '9' }), '15000007')).toEqual(
      pipedrive.read(told({}), '15000007'),
    )
  })

  test('of Pipedrive are believed by a password, under whatever name', () => {
    const basic = (pair: string) =>
      delivery({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
    expect(pipedrive.isGenuine(basic('tidemark:a:b'), 'a:b')).toBe(true)
    for (const wrong of [
      basic('tidemark:a'),
      basic('a:b:'),
      delivery({ authorization: 'Bearer a:b' }),
      delivery({}),
    ])
      expect(pipedrive.isGenuine(wrong, 'a:b')).toBe(false)
  })

  const element = (name: string, children: XmlElement[] = [], text = '', type = ''): XmlElement => ({
    name,
    attributes: type === '' ? {} : { type },
    text,
    children,
  })
  const message = (organization: string) =>
    element('Envelope', [
      element('Body', [
        element('notifications', [
          element('OrganizationId', [], organization),
          element('Notification', [
            element('Id', [], '04lB0000000hjkl'),
            element('sObject', [element('Id', [], '006B0000003aBcDIAU')], '', 'sf:Opportunity'),
          ]),
          element('Notification', [
            element('Id', [], '04lB0000000hjkm'),
            element('sObject', [element('Id', [], 'a01B0000003aBcD')], '', 'sf:Boat__c'),
          ]),
        ]),
      ]),
    ])

  test('of Salesforce are those of our organisation, whichever length its id has', () => {
    const account = '00DB0000000aBcD'
    expect(namesOf(salesforce.read(message('00DB0000000aBcDMAY'.slice(0, 15)), account))).toEqual([
      'opportunities 006B0000003aBcDIAU',
    ])
    expect(salesforce.read(message('00DB0000000aBcE'), account)).toBe('another_account')
    expect(salesforce.read(element('html'), account)).toBe('unknown')
  })
})
