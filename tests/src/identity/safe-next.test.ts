import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeNext } from '../../../src/server/sign-in-first.ts'

const ours = 'https://sync.example.com'

/** Where a browser goes that is on our pages and reads this in a Location header. */
const leadsTo = (location: string) => new URL(location, `${ours}/sign-in`)

test.each([
  ['/w/tidewell/sync?a=1#r2', '/w/tidewell/sync?a=1#r2'],
  ['/w/tidewell/../harbour', '/w/harbour'],
  [null, '/w'],
  ['', '/w'],
  ['w', '/w'],
  ['https://evil.example', '/w'],
  ['//evil.example', '/w'],
  ['/\\evil.example', '/w'],
  ['/\t/evil.example', '/w'],
  ['/.//evil.example', '/w'],
  ['/w/..//evil.example', '/w'],
  ['javascript:alert(1)', '/w'],
  [' /w', '/w'],
])('%j leads to %s', (given, next) => expect(safeNext(given)).toBe(next))

test('whatever is given, the way leads to a page of ours, and saying it again changes nothing', () => {
  const piece = fc.constantFrom(
    '/',
    '//',
    '\\',
    '.',
    '..',
    '@',
    ':',
    'evil.example',
    '%2f',
    '%5c',
    '?',
    '#',
    '\t',
    '\n',
    '\0',
    ' ',
    'https:',
    'w',
  )
  const address = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
    fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`),
  )
  fc.assert(
    fc.property(address, (given) => {
      const next = safeNext(given)
      expect(leadsTo(next).origin).toBe(ours)
      expect(next).toMatch(/^\/(?!\/)/)
      expect(safeNext(next)).toBe(next)
    }),
    { numRuns: 2_000 },
  )
})
