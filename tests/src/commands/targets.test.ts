import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { setTarget } from '../../../src/commands/set-target.ts'
import { minorUnitsOf } from '../../../src/domain/amount.ts'
import { signsOf } from '../../../src/number-signs.ts'
import { readTargets } from '../../../src/queries/targets.ts'
import { startPlace, type Place, type Someone } from '../place.ts'

let place: Place
let tenantId: string
let ana: Someone

beforeAll(async () => {
  place = await startPlace()
})
afterAll(() => place.close())
beforeEach(async () => {
  tenantId = await place.seed.tenant(`t${randomUUID().slice(0, 8)}`)
  ana = await place.someone('admin', tenantId)
})

const zone = { timeZone: 'America/Chicago', signs: signsOf['1,234.56'] }
const set = (currency: string, amount: string) =>
  place.database.asTenant(tenantId, (tx) => setTarget(tx, ana, zone, { currency, amount }))
const targets = async (id = tenantId) =>
  (await place.database.asTenant(id, (tx) => readTargets(tx, zone))).map(({ currency, amountMinor }) => [
    currency,
    amountMinor,
  ])

test('a target is set per currency, changed and taken away, each with a line in the audit log', async () => {
  expect(await set('usd', '500,000')).toEqual({ kind: 'set', currency: 'USD', amountMinor: 50_000_000n })
  expect(await set('JPY', '90000')).toMatchObject({ kind: 'set', amountMinor: 90_000n })
  expect(await targets()).toEqual([
    ['JPY', 90_000n],
    ['USD', 50_000_000n],
  ])
  expect(await set('USD', '500000.00')).toEqual({ kind: 'unchanged' })
  expect(await set('USD', '')).toMatchObject({ kind: 'set', amountMinor: null })
  expect(await targets()).toEqual([['JPY', 90_000n]])
  const lines = await place.audit(tenantId)
  expect(lines.map(({ deed, target }) => [deed, target])).toEqual([
    ['target_set', 'monthly target in USD'],
    ['target_set', 'monthly target in JPY'],
    ['target_set', 'monthly target in USD'],
  ])
  expect(lines[2]).toMatchObject({
    before: { amount_minor: '50000000', currency: 'USD' },
    after: { amount_minor: null, currency: 'USD' },
  })
})

test.each([
  ['USD', '0'],
  ['USD', '-5'],
  ['USD', '1.234'],
  ['USD', '5e5'],
  ['USD', '1.234,56'],
  ['JPY', '1.5'],
  ['USD', '99999999999999999999'],
])('%s %s is no target', async (currency, amount) => {
  expect(await set(currency, amount)).toMatchObject({
    kind: 'invalid',
    fields: { amount: expect.any(String) },
  })
  expect(await targets()).toEqual([])
})

test.each(['', 'US', 'XQQ', '€'])('%j is no currency', async (currency) => {
  expect(await set(currency, '5')).toMatchObject({
    kind: 'invalid',
    fields: { currency: expect.any(String) },
  })
})

test('months that have passed keep what was said for them, and a later month’s word counts from then on', async () => {
  const say = (from_month: string, amount_minor: number | null) =>
    place.seed.insert('won_targets', { tenant_id: tenantId, currency: 'USD', from_month, amount_minor })
  await say('2020-01-01', 100)
  await say('2999-01-01', 300)
  expect(await targets()).toEqual([['USD', 100n]])
  await set('USD', '2')
  expect(await targets()).toEqual([['USD', 200n]])
  const { rows } = await place.client.query(
    `select amount_minor::text as amount from won_targets where tenant_id = $1 order by from_month`,
    [tenantId],
  )
  expect(rows).toEqual([{ amount: '100' }, { amount: '200' }, { amount: '300' }])
})

test('of another workspace no target counts', async () => {
  await set('USD', '5')
  expect(await targets(await place.seed.tenant(`t${randomUUID().slice(0, 8)}`))).toEqual([])
})

test.each([
  ['500,000', 'USD', 50_000_000n],
  [' 12.5 ', 'USD', 1_250n],
  ['12.', 'USD', 1_200n],
  ['1.234', 'KWD', 1_234n],
  ['92233720368547758.07', 'USD', 9_223_372_036_854_775_807n],
  ['92233720368547758.08', 'USD', undefined],
  ['1,00', 'USD', undefined],
  ['', 'USD', undefined],
])('%j in %s is %s in minor units', (text, currency, minor) => {
  expect(minorUnitsOf(text, currency, signsOf['1,234.56'])).toBe(minor)
})

test.each([
  ['1.234,56', '500.000', 50_000_000n],
  ['1.234,56', '500,5', 50_050n],
  ['1.234,56', '500,000', undefined],
  ['1 234,56', '500 000', 50_000_000n],
  ['1’234.56', "500'000.50", 50_000_050n],
  ['1,234.56', '500.000', undefined],
] as const)('where numbers are written as in %s, %j dollars are %s cents', (format, text, minor) => {
  expect(minorUnitsOf(text, 'USD', signsOf[format])).toBe(minor)
})
