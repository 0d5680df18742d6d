import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { currencyDigits, minorUnits } from '../../../worker/connectors/money.ts'

describe('an amount is read to the last cent', () => {
  test.each([
    ['$90,000', 9_000_000n],
    ['90,000.00', 9_000_000n],
    ['90000', 9_000_000n],
    ['$ 1,234,567.89', 123_456_789n],
    ['0', 0n],
    ['0.1', 10n],
    ['.5', 50n],
    ['-250.25', -25_025n],
    ['1.10000', 110n],
    ['90071992547409.93', 9_007_199_254_740_993n],
  ])('%j is %d cents', (text, cents) => expect(minorUnits(text, 'USD')).toBe(cents))

  test('every amount comes back from the ways people type it', () => {
    const cents = fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n })
    fc.assert(
      fc.property(cents, fc.boolean(), fc.boolean(), (amount, isGrouped, hasSymbol) => {
        expect(minorUnits(typed(amount, isGrouped, hasSymbol), 'USD')).toBe(amount)
      }),
    )
  })
})

describe('empty is not zero', () => {
  test.each(['', ' ', '$', '$ '])('%j is no amount', (text) => expect(minorUnits(text, 'USD')).toBeNull())
})

describe('what is not an amount is refused', () => {
  test.each([
    'NaN',
    'Infinity',
    '-Infinity',
    '1e5',
    '0x10',
    '1.234,56',
    '1.234.567',
    '90,00',
    '9,0000',
    ',500',
    '12.',
    '.',
    '-',
    '--5',
    '(500)',
    '90.000 EUR',
    'ninety',
    '1.005',
    '٣٤',
    '92233720368547758.08',
  ])('%j', (text) => expect(minorUnits(text, 'USD')).toBeUndefined())

  test('text of any kind is read, empty or refused, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(['bigint', 'object', 'undefined']).toContain(typeof minorUnits(text, 'USD'))
      }),
    )
  })

  test('an amount in the sign of another currency', () => {
    expect(minorUnits('€90,000', 'USD')).toBeUndefined()
    expect(minorUnits('£90,000', 'USD')).toBeUndefined()
    expect(minorUnits('€90,000', 'EUR')).toBe(9_000_000n)
    expect(minorUnits('£90,000', 'GBP')).toBe(9_000_000n)
  })
})

describe('a currency has its own decimals', () => {
  test.each([
    ['JPY', 0],
    ['KRW', 0],
    ['USD', 2],
    ['EUR', 2],
    ['KWD', 3],
    ['BHD', 3],
  ])('%s has %i', (currency, digits) => expect(currencyDigits(currency)).toBe(digits))

  test('yen have no part', () => {
    expect(minorUnits('90,000', 'JPY')).toBe(90_000n)
    expect(minorUnits('90,000.00', 'JPY')).toBe(90_000n)
    expect(minorUnits('90,000.5', 'JPY')).toBeUndefined()
  })

  test('a dinar has a thousand', () => {
    expect(minorUnits('1.234', 'KWD')).toBe(1_234n)
    expect(minorUnits('1', 'KWD')).toBe(1_000n)
    expect(minorUnits('1.2345', 'KWD')).toBeUndefined()
  })
})

function typed(cents: bigint, isGrouped: boolean, hasSymbol: boolean): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0')
  const whole = digits.slice(0, -2)
  const shown = isGrouped ? whole.replaceAll(/\B(?=(\d{3})+$)/g, ',') : whole
  return `${cents < 0n ? '-' : ''}${hasSymbol ? '$' : ''}${shown}.${digits.slice(-2)}`
}
