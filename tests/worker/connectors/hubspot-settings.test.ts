import { expect, test } from 'vitest'
import type { AnyConnector } from '../../../worker/connectors/connector.ts'
import { connectors } from '../../../worker/connectors/registry.ts'
import { readSettings } from '../../../worker/open.ts'

const hubSpot = (await connectors.get('hubspot')) as AnyConnector
const deals = hubSpot.streams.find(({ name }) => name === 'opportunities')
const name = (letter: string, n: number) => `${letter}${String(n).padStart(2, '0')}`.padEnd(100, 'x')
const custom = (letter: string, most = 20) =>
  Object.fromEntries(Array.from({ length: most }, (_, n) => [`Field ${n}`, name(letter, n)]))

test('mapped names and further properties that a search has no room for are refused together, in words', () => {
  const properties = Array.from({ length: 14 }, (_, n) => name('p', n))
  expect(readSettings(hubSpot, { properties })).toMatchObject({ properties })
  expect(readSettings(hubSpot, { fields: { custom: custom('c') } })).toMatchObject({})
  expect(() => readSettings(hubSpot, { properties, fields: { custom: custom('c') } })).toThrow(
    'properties: the names, with those under fields, have more than the 2400 characters that a HubSpot search leaves for them',
  )
})

test('the longest names that are accepted leave a search within the 3,000 characters that HubSpot reads', () => {
  const lengthWith = (properties: string[]) => {
    const at = 1_770_000_000_000
    const place = { step: 'search', type: 0, since: at, start: at, from: at, to: at, after: '9999' }
    const settings = readSettings(hubSpot, { properties })
    return JSON.stringify(deals?.request(JSON.stringify(place), settings).body).length
  }
  const fits = (properties: string[]) => {
    try {
      return lengthWith(properties) > 0
    } catch {
      return false
    }
  }
  const long: string[] = []
  while (fits([...long, name('p', long.length)])) long.push(name('p', long.length))
  for (let more = 99; more > 0; more -= 1) if (fits([...long, 'y'.repeat(more)])) long.push('y'.repeat(more))
  expect(long.length).toBeGreaterThan(22)
  expect(lengthWith(long)).toBeLessThanOrEqual(3_000)
})

test('fields that were mapped before are asked for further only where those that replace them leave room', () => {
  const none = { market: null, units: null, weightedFee: null, likely: null }
  const stored = { fields: { custom: custom('a') } }
  const laid = hubSpot.mapping?.lay(stored, { ...none, custom: custom('b') }) ?? {}
  expect(laid['properties']).toEqual([name('a', 0), name('a', 1), name('a', 2)])
  expect(readSettings(hubSpot, laid)).toMatchObject({ fields: { custom: custom('b') } })
})
