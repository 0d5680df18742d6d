import { describe, expect, test } from 'vitest'
import { hotFrom, whyHot, type HotFacts } from '../../../src/domain/hot.ts'
import { rangeInWords, shownInWords } from '../../../src/server/list-words.ts'
import { firstHit, marked, termsOf, tidySearch } from '../../../src/domain/search.ts'
import { dayInWords, dayOf, daysLater, startOfDay, zoneWord } from '../../../src/domain/days.ts'
import { stripOf } from '../../../src/domain/schedule.ts'

const now = new Date('2026-11-20T15:00:00Z')
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000)
const words = {
  money: (amount: bigint, currency: string) => `${currency} ${amount}`,
  ago: (at: Date) => `${(now.getTime() - at.getTime()) / 86_400_000} days ago`,
}
const plain: HotFacts = {
  likely: hotFrom,
  likelyOf: 'stage',
  feeMinor: null,
  currency: 'USD',
  averageFeeMinor: null,
  moved: null,
  touched: null,
}

describe('why an opportunity is hot', () => {
  test('always begins with how likely it is, and by whose word', () => {
    expect(whyHot(plain, now, words)).toEqual(['40% likely by its stage; hot from 40%.'])
    expect(whyHot({ ...plain, likely: 0.625, likelyOf: 'record' }, now, words)).toEqual([
      '62.5% likely by its own record; hot from 40%.',
    ])
  })

  test.each([
    [149n, 0],
    [150n, 1],
  ])('a fee of %s beside an average of 100 is %s reason', (feeMinor, reasons) => {
    expect(whyHot({ ...plain, feeMinor, averageFeeMinor: 100n }, now, words)).toHaveLength(1 + reasons)
  })

  test('a fee is never high beside an average of nothing', () => {
    expect(whyHot({ ...plain, feeMinor: 5n, averageFeeMinor: 0n }, now, words)).toHaveLength(1)
    expect(whyHot({ ...plain, feeMinor: 5n }, now, words)).toHaveLength(1)
  })

  test.each([
    [14, 7, 2],
    [14.01, 7.01, 0],
  ])('a step %s days ago and a touch %s days ago are %s reasons', (moved, touched, reasons) => {
    const facts: HotFacts = {
      ...plain,
      moved: { from: 'Sent', at: daysAgo(moved) },
      touched: { by: 'note', at: daysAgo(touched) },
    }
    expect(whyHot(facts, now, words).slice(1)).toEqual(
      reasons === 0 ? [] : ['Moved forward from Sent 14 days ago.', 'Last note 7 days ago.'],
    )
  })
})

describe('a search', () => {
  test.each([
    ['one two', ['one', 'two']],
    ['"one  two" Three three', ['one two', 'three']],
    ['“curly quotes” "open', ['curly quotes', 'open']],
    ['""', []],
    [`${'x'.repeat(300)} y`, ['x'.repeat(200)]],
    ['a b c d e f g h i j k l', 'a b c d e f g h i j'.split(' ')],
  ])('for %s looks for these terms', (text, terms) => {
    expect(termsOf(tidySearch(text))).toEqual(terms)
  })

  test('holds no control characters, no halves of characters, and at most 200 characters', () => {
    expect(tidySearch('a\u0000b\n\tc')).toBe('a b c')
    expect(tidySearch(`${'x'.repeat(199)}😀`).isWellFormed()).toBe(true)
    expect(tidySearch('x'.repeat(10_000))).toHaveLength(200)
  })

  test('marks every hit in any case, and the pieces are the text', () => {
    const text = 'Item 19, item\n19 and ITEM 20; (a+)+$ 100%'
    const hits = (terms: string[]) =>
      marked(text, terms).flatMap((piece) => (piece.isHit ? [piece.text] : []))
    expect(hits(['item 19'])).toEqual(['Item 19', 'item\n19'])
    expect(hits(['item', 'item 19'])).toEqual(['Item 19', 'item\n19', 'ITEM'])
    expect(hits(['(a+)+$', '100%'])).toEqual(['(a+)+$', '100%'])
    for (const terms of [[], ['item'], ['1', '19', ' ']])
      expect(
        marked(text, terms)
          .map((piece) => piece.text)
          .join(''),
      ).toBe(text)
    expect(firstHit(text, ['20'])).toBe(text.indexOf('20'))
    expect(firstHit(text, [])).toBe(-1)
  })

  test('takes no time over a hard pattern', () => {
    const startedMs = performance.now()
    marked(`${'a'.repeat(50_000)}!`, ['(a+)+$', 'a a a a a a', '*'.repeat(100)])
    expect(performance.now() - startedMs).toBeLessThan(5_000)
  })
})

describe('days', () => {
  const zone = 'America/Chicago'

  test('begin and end where the workspace is, also when the clocks change', () => {
    // Nov 1, 2026: 25 hours; Mar 8, 2026: 23 hours.
    for (const [day, hours] of [
      ['2026-11-01', 25],
      ['2026-03-08', 23],
      ['2026-11-20', 24],
    ] as const) {
      const [start, end] = [startOfDay(day, zone), startOfDay(daysLater(day, 1), zone)]
      expect((end.getTime() - start.getTime()) / 3_600_000, day).toBe(hours)
      expect(dayOf(start, zone)).toBe(day)
      expect(dayOf(new Date(start.getTime() - 1), zone)).toBe(daysLater(day, -1))
      expect(dayOf(new Date(end.getTime() - 1), zone)).toBe(day)
    }
  })

  test('begin late where midnight is skipped', () => {
    expect(startOfDay('2026-09-06', 'America/Santiago').toISOString()).toBe('2026-09-06T04:00:00.000Z')
  })

  test('have words, and the name of their clocks', () => {
    expect(dayInWords('2026-11-20', '2026-11-20')).toBe('Today, Fri, Nov 20')
    expect(dayInWords('2026-11-21', '2026-11-20')).toBe('Tomorrow, Sat, Nov 21')
    expect(dayInWords('2026-11-19', '2026-11-20')).toBe('Yesterday, Thu, Nov 19')
    expect(dayInWords('2027-01-04', '2026-11-20')).toBe('Mon, Jan 4, 2027')
    expect([zoneWord('2026-10-31', zone), zoneWord('2026-11-01', zone)]).toEqual(['CDT', 'CST'])
  })

  test('of the strip are fourteen, and the heavy ones stand out', () => {
    const strip = stripOf(
      '2026-10-28',
      new Map([
        ['2026-10-29', 7],
        ['2026-11-02', 1],
        ['2026-11-03', 1],
        ['2026-12-30', 9],
      ]),
    )
    expect(strip.map(({ day }) => day)).toEqual(
      Array.from({ length: 14 }, (_, index) => daysLater('2026-10-28', index)),
    )
    expect(strip.filter(({ isHeavy }) => isHeavy).map(({ day }) => day)).toEqual(['2026-10-29'])
    expect(strip.reduce((sum, { count }) => sum + count, 0)).toBe(9)
  })
})

test('how much is shown is said in words', () => {
  const page = { seen: 50, rows: 50, rest: 1_234, isExact: true }
  expect([rangeInWords(page), shownInWords(page)]).toEqual(['51 to 100 of 1,284', '100 of 1,284'])
  expect(rangeInWords({ seen: 0, rows: 50, rest: 10_000, isExact: false })).toBe('50 of more than 10,000')
})
