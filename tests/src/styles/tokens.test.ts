import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { contrast, distance, lightOf, seenBy, visions } from './colour.ts'

const css = readFileSync(join(import.meta.dirname, '../../../src/styles/tokens.css'), 'utf8')
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[\da-f]{6}), (#[\da-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
)
const schemes = ['light', 'dark'] as const
type Scheme = (typeof schemes)[number]

function colour(name: string, scheme: Scheme) {
  const token = name === 'white' ? { light: '#ffffff', dark: '#ffffff' } : tokens.get(name)
  if (token === undefined) throw new Error(`there is no --${name}`)
  return lightOf(token[scheme])
}

const grounds = 'bg surface surface-2 surface-3 brand-wash warn-wash danger-wash info-wash'.split(' ')
const onAll = (fronts: string) =>
  fronts.split(' ').flatMap((front) => grounds.map((ground) => [front, ground] as const))

/** What is written on what: every text on every ground, so that none has to be asked for where they meet. */
const texts = [
  ...onAll('text text-2 text-3 brand-text danger warn info'),
  ['on-brand', 'brand'],
  ['on-brand', 'brand-hover'],
  ['surface', 'text'],
  ['white', 'badge'],
] as const

/** What is told by its shape alone: borders of controls, the ring around the focus, dots of a status, and what charts are drawn of. */
const shapes = [
  ...onAll('control-line focus brand danger warn-mark info text-3'),
  ...[1, 2, 3, 4, 5, 6].map((n) => [`chart-${n}`, 'surface'] as const),
]

/** The pairs of which one stands out against the other less than this. */
function tooFaint(pairs: readonly (readonly [string, string])[], scheme: Scheme, least: number): string[] {
  return pairs
    .map(([front, ground]) => ({
      words: `${front} on ${ground}`,
      ratio: contrast(colour(front, scheme), colour(ground, scheme)),
    }))
    .filter(({ ratio }) => ratio < least)
    .map(({ words, ratio }) => `${words}: ${ratio.toFixed(2)}`)
}

describe.each(schemes)('in the %s scheme', (scheme) => {
  test('every text can be read on every ground', () => expect(tooFaint(texts, scheme, 4.5)).toEqual([]))

  test('every shape can be made out', () => expect(tooFaint(shapes, scheme, 3)).toEqual([]))

  test.each(Object.entries(visions))('the colours of charts are told apart with %s', (_, vision) => {
    const palette = [1, 2, 3, 4, 5, 6].map((n) => seenBy(vision, colour(`chart-${n}`, scheme)))
    const distances = palette.flatMap((one, at) => palette.slice(at + 1).map((other) => distance(one, other)))
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(10)
  })
})

test('colours are measured as those who wrote down the measures did', () => {
  expect(contrast(lightOf('#000000'), lightOf('#ffffff'))).toBeCloseTo(21)
  expect(contrast(colour('text-3', 'light'), colour('brand-wash', 'light'))).toBeCloseTo(4.75, 2)
  expect(distance(lightOf('#000000'), lightOf('#ffffff'))).toBeCloseTo(100, 1)
})
