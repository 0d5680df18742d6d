import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  startSimulator,
  type AccountOptions,
  type SimulatedAccount,
  type Simulator,
} from '../../simulator/main.ts'

type Heard = { headers: IncomingHttpHeaders; body: string }
type Event = Record<string, string | number>

let simulator: Simulator
let receiver: Server
let address: string
const heard: Heard[] = []
/** What the receiver answers next; a good answer when there is nothing here. */
const answers: { status: number; body?: string }[] = []

beforeEach(async () => {
  receiver = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push({ headers: request.headers, body })
      const { status, body: said = '<x:Ack>true</x:Ack>' } = answers.shift() ?? { status: 200 }
      response.writeHead(status).end(said)
    })
  })
  await new Promise<void>((ready) => receiver.listen(0, '127.0.0.1', ready))
  address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook?at=10%3A00`
})
afterEach(async () => {
  await simulator.close()
  receiver.closeAllConnections()
  receiver.close()
  heard.length = 0
  answers.length = 0
})

async function begin(
  crm: AccountOptions['crm'],
  fault?: NonNullable<AccountOptions['webhooks']>['fault'],
): Promise<SimulatedAccount> {
  const webhooks = { address, user: 'a', secret: 'shared', ...(fault && { fault }) }
  const account = { crm, webKey: 'one', accessToken: 'one', seed: 7, people: 30, changesPerDay: 0, webhooks }
  simulator = await startSimulator({ accounts: [account] })
  return simulator.account('one')
}

const events = () => heard.flatMap(({ body }) => JSON.parse(body) as Event[])
const dealOf = (account: SimulatedAccount, place = 0) => account.truth().deals[place]?.id ?? ''

test('HubSpot signs method, address, body and time, and names each property that changed', async () => {
  const account = await begin('hubspot')
  account.editDeal(dealOf(account), { amountMinor: 77_700 })
  expect(await account.sentWebhooks()).toMatchObject([{ attempt: 1, status: 200, isTaken: true }])
  const [{ headers, body } = { headers: {}, body: '' }] = heard
  const at = String(headers['x-hubspot-request-timestamp'])
  const source = `POST${address.replace('%3A', ':')}${body}${at}`
  expect(headers['x-hubspot-signature-v3']).toBe(
    createHmac('sha256', 'shared').update(source).digest('base64'),
  )
  expect(events()).toContainEqual(
    expect.objectContaining({
      subscriptionType: 'deal.propertyChange',
      objectId: Number(dealOf(account)),
      propertyName: 'amount',
      propertyValue: '777',
      attemptNumber: 0,
      portalId: 62_515,
    }),
  )
})

test('HubSpot tells of what is made, taken away, brought back, merged and booked, a hundred events at a time', async () => {
  const account = await begin('hubspot')
  const [winner = '', loser = '', ...others] = account.truth().people.map(({ id }) => id)
  const before = new Set([winner, loser, ...others])
  const deal = dealOf(account)
  account.removeDeal(deal)
  await account.sentWebhooks()
  account.restoreDeal(deal)
  account.mergePeople(winner, loser)
  account.addActivity(winner, { kind: 'call', visibleAt: 0 })
  const made = account.addPerson({ visibleAt: 0 })
  await account.sentWebhooks()
  const types = events().map(
    ({ subscriptionType: type, objectTypeId: kind = '', objectId: id }) => `${type} ${kind} ${id}`,
  )
  expect(types).toContain(`deal.deletion  ${deal}`)
  expect(types).toContain(`deal.restore  ${deal}`)
  expect(types).toContain(`contact.creation  ${made}`)
  expect(types.join()).toContain('object.creation 0-48 ')
  expect(events()).toContainEqual(
    expect.objectContaining({
      subscriptionType: 'contact.merge',
      primaryObjectId: Number(winner),
      mergedObjectIds: [Number(loser)],
      newObjectId: Number(account.truth().people.find(({ id }) => !before.has(id) && id !== made)?.id),
    }),
  )
  heard.length = 0
  for (const id of others)
    account.editPerson(id, { firstName: 'A', lastName: 'B', city: 'C', phone: '1', email: 'd@example.com' })
  await account.sentWebhooks()
  const sizes = heard.map(({ body }) => (JSON.parse(body) as Event[]).length)
  expect(sizes.length).toBeGreaterThan(1)
  expect(Math.max(...sizes)).toBe(100)
})

test('Pipedrive shows a name and a password, and tells what was and what is', async () => {
  const account = await begin('pipedrive')
  const deal = dealOf(account)
  account.editDeal(deal, { amountMinor: 77_700 })
  await account.sentWebhooks()
  account.removeDeal(deal)
  await account.sentWebhooks()
  const told = heard.map(
    ({ body }) => JSON.parse(body) as { data: Event | null; previous: Event; meta: Event },
  )
  const ofDeal = told.filter(({ meta }) => meta['entity'] === 'deal')
  expect(
    ofDeal.map(({ data, meta }) => [meta['action'], data?.['value'], meta['version'], meta['entity_id']]),
  ).toEqual([
    ['change', 777, '2.0', deal],
    ['delete', undefined, '2.0', deal],
  ])
  expect(Object.keys(ofDeal[0]?.previous ?? {})).toContain('value')
  expect(ofDeal[1]?.previous).toMatchObject({ id: Number(deal), value: 777 })
  expect(heard[0]?.headers.authorization).toBe(`Basic ${Buffer.from('a:shared').toString('base64')}`)
})

test('Salesforce is silent about what is deleted, and takes nothing for an answer but its acknowledgement', async () => {
  const account = await begin('salesforce')
  answers.push({ status: 200, body: 'thanks' })
  account.editDeal(dealOf(account), { amountMinor: 77_700, market: 'Fort & Worth <TX>' })
  account.removeDeal(dealOf(account, 1))
  await account.sentWebhooks()
  const ofDeals = heard.filter(({ body }) => body.includes('xsi:type="sf:Opportunity"'))
  expect(ofDeals).toHaveLength(1)
  expect(ofDeals[0]?.body).toMatch(
    /<OrganizationId>00D\w{15}<.*<sf:Id>006\w{15}<.*Fort &amp; Worth &lt;TX&gt;/,
  )
  expect((await account.sentWebhooks()).filter(({ isTaken }) => !isTaken)).toMatchObject([{ status: 200 }])
})

test.each([
  ['hubspot', [1, 3, 10, 30, 60, 120, 180, 240, 300, 496].map((minutes) => minutes * 60_000)],
  ['pipedrive', [3_000, 30_000, 150_000]],
  [
    'salesforce',
    [1, 2, 4, 8, 16, 32, 64, ...Array.from({ length: 10 }, () => 120)].map((minutes) => minutes * 60_000),
  ],
] as const)(
  '%s sends again what was refused, after the documented times, and then never again',
  async (crm, waitsMs) => {
    const account = await begin(crm)
    answers.push(...Array.from({ length: 99 }, () => ({ status: 503 })))
    account.editActivity(account.truth().activities[0]?.id ?? '', { title: 'Moved' })
    account.editDeal(dealOf(account), { market: 'Elsewhere' })
    const first = (await account.sentWebhooks()).length
    expect(first).toBeGreaterThan(0)
    const attempts: number[] = []
    for (const wait of waitsMs) {
      simulator.advance(wait - 1)
      attempts.push((await account.sentWebhooks()).length)
      simulator.advance(1)
      attempts.push((await account.sentWebhooks()).length)
    }
    expect(attempts).toEqual(waitsMs.flatMap((_, at) => [first * (at + 1), first * (at + 2)]))
    simulator.advance(48 * 3_600_000)
    expect(await account.sentWebhooks()).toHaveLength(first * (waitsMs.length + 1))
  },
)

test('on request it comes twice, five times at once, late, last first, or from somebody else', async () => {
  const account = await begin('hubspot', 'repeated')
  const send = async (fault: 'five-at-once' | 'late' | 'reordered' | 'forged') => {
    heard.length = 0
    account.sendWebhooks({ address, secret: 'shared', fault })
    for (const place of [0, 1])
      account.editDeal(dealOf(account, place), { wire: { amount: `${fault} ${place}` } })
    await account.sentWebhooks()
  }
  account.editDeal(dealOf(account), { wire: { amount: '1' } })
  await account.sentWebhooks()
  expect(heard.map(({ body }) => body)).toEqual([heard[0]?.body, heard[0]?.body])
  await send('five-at-once')
  expect(heard).toHaveLength(5)
  await send('reordered')
  expect(events().at(-1)).toMatchObject({ objectId: Number(dealOf(account)) })
  await send('forged')
  const [{ headers, body } = { headers: {}, body: '' }] = heard
  const source = `POST${address.replace('%3A', ':')}${body}${String(headers['x-hubspot-request-timestamp'])}`
  expect(headers['x-hubspot-signature-v3']).not.toBe(
    createHmac('sha256', 'shared').update(source).digest('base64'),
  )
  await send('late')
  expect(heard).toHaveLength(0)
  simulator.advance(3_600_000)
  await account.sentWebhooks()
  expect(heard).toHaveLength(1)
})
