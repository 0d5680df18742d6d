import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decode, inflate, mostBytes, parseJson } from '../../worker/body.ts'

const text = Buffer.from(JSON.stringify({ content: 'Zoë asked for the brochure. '.repeat(500) }))

describe('a compressed body', () => {
  test.each([
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', text],
    [undefined, text],
  ])('in %s is the text it was', (encoding, bytes) => expect(inflate(bytes, encoding)).toEqual(text))

  test('cut anywhere is an error, never the beginning of a text', () => {
    const whole = gzipSync(text)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: whole.length - 1 }), (length) => {
        expect(() => inflate(whole.subarray(0, length), 'gzip')).toThrow('cut or damaged')
      }),
    )
  })

  test('with a damaged byte is an error', () => {
    const damaged = gzipSync(text)
    damaged[damaged.length - 6] = (damaged[damaged.length - 6] ?? 0) ^ 0xff
    expect(() => inflate(damaged, 'gzip')).toThrow('cut or damaged')
  })

  test('that becomes more than 32 MB is refused while it grows', () => {
    const bomb = gzipSync(Buffer.alloc(mostBytes + 1, ' '))
    const before = process.memoryUsage().rss
    expect(() => inflate(bomb, 'gzip')).toThrow('larger than 32 MB')
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000)
  })

  test('in an encoding that nobody asked for is refused', () =>
    expect(() => inflate(text, 'compress')).toThrow('unknown content encoding compress'))
})

describe('bytes', () => {
  test('are UTF-8 or nothing', () => {
    expect(decode(Buffer.from('Zoë 👩‍👩‍👧'))).toBe('Zoë 👩‍👩‍👧')
    for (const bytes of [
      [0xc3, 0x28],
      [0xe9],
      [0xed, 0xa0, 0x80],
      [0xf8, 0x88, 0x80, 0x80, 0x80],
      [0xc0, 0xaf],
    ])
      expect(() => decode(Buffer.from(bytes))).toThrow('not valid UTF-8')
  })

  test('lose their byte order mark', () => expect(decode(Buffer.from('\uFEFF{}'))).toBe('{}'))
})

describe('JSON', () => {
  test('keeps every digit of a whole number', () => {
    expect(parseJson('{"id":9007199254740993}')).toEqual({ id: '9007199254740993' })
    expect(parseJson('[-9007199254740993, 9007199254740991]')).toEqual([
      '-9007199254740993',
      9_007_199_254_740_991,
    ])
    expect(parseJson('{"a": 123456789012345678901234567890}')).toEqual({
      a: '123456789012345678901234567890',
    })
  })

  test('keeps a whole number of any length, wherever it stands', () => {
    fc.assert(
      fc.property(fc.bigInt(), (number) => {
        const [read] = parseJson(`[${number}]`) as (string | number)[]
        expect(String(read)).toBe(String(number))
      }),
    )
  })

  test('leaves digits inside a text alone', () =>
    expect(parseJson('{"note":"call 9007199254740993","n":1}')).toEqual({
      note: 'call 9007199254740993',
      n: 1,
    }))

  test('takes the last of two equal keys', () => expect(parseJson('{"a":1,"a":2}')).toEqual({ a: 2 }))

  test('keeps a number too large for any number as its text', () => {
    expect(parseJson('[1e400, -1E+999999]')).toEqual(['1e400', '-1E+999999'])
    expect(parseJson('[1e3]')).toEqual([1_000])
  })

  test('keeps the last digit of a long amount', () =>
    expect(parseJson('{"amount":1234567890123456.78}')).toEqual({ amount: '1234567890123456.78' }))

  test('is otherwise what the runtime reads', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const isLong = (value: unknown) =>
          typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER && Math.abs(value) < 1e21
        const expected: unknown = JSON.parse(json, (_key, value: unknown) =>
          isLong(value) ? String(value) : value,
        )
        expect(parseJson(json)).toEqual(expected)
      }),
    )
  })

  test('that is not whole is refused', () => {
    for (const broken of ['{"a":', '[1,]', '{"a":1,}', '', 'NaN', '{"id":9007199254740993'])
      expect(() => parseJson(broken)).toThrow(SyntaxError)
  })
})
