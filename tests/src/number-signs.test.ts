import { expect, test } from 'vitest'
import { numberFormats } from '../../drizzle/schema/index.ts'
import { compactCount, compactMoney, count, money, percent } from '../../src/format.ts'
import { writingNumbersAs } from '../../src/number-signs.ts'

test.each(numberFormats)('%s is an example of itself', (format) => {
  expect(writingNumbersAs(format, () => count(1_234.56)).replaceAll('\u00a0', ' ')).toBe(format)
})

test('amounts keep their currency and their words, and take the signs', () => {
  const written = writingNumbersAs('1.234,56', () => [
    compactMoney(123_456_700n, 'CAD'),
    compactCount(12_345),
    percent(0.294),
    money(-7_410_050n, 'EUR'),
  ])
  expect(written).toEqual(['CA$1,23M', '12,3k', '29%', '-€74.101'])
})

test('two workspaces that are written for at the same time do not take each other’s signs', async () => {
  const slowly = async () => {
    const before = count(1_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
    return [before, count(1_000)]
  }
  expect(
    await Promise.all([writingNumbersAs('1.234,56', slowly), slowly(), writingNumbersAs('1’234.56', slowly)]),
  ).toEqual([
    ['1.000', '1.000'],
    ['1,000', '1,000'],
    ['1’000', '1’000'],
  ])
})
