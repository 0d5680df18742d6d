import { describe, expect, test } from 'vitest'
import { boundedCache } from '../../../src/charts/bounded-cache.ts'
import { mostBars } from '../../../src/charts/bars.ts'
import { isEmpty, type Chart } from '../../../src/charts/chart.ts'
import { drawChart, widths } from '../../../src/charts/draw.ts'
import { keyOf } from '../../../src/charts/key.ts'
import { colouredParts } from '../../../src/charts/parts.ts'

const source = { workspaceId: 'w', stamp: '2026-11-20T14:02:00Z' }
const draw = (chart: Chart, label = 'Where is it?') => drawChart(chart, source, label)
const sizes = [0, 1, 2, 7, 10_000]

/** Every kind of chart over the same values. */
function charts(values: readonly number[], name = (at: number) => `Stage ${at}`): Record<string, Chart> {
  const parts = values.map((value, at) => ({ name: name(at), value }))
  const bars = parts.map((part) => ({ ...part, label: String(part.value) }))
  const things = { of: 'things' } as const
  const series = [
    { name: name(0), values, as: 'line' as const },
    { name: name(1), values, as: 'columns' as const },
    { name: 'Before', values: values.map(() => null), as: 'line' as const, isComparison: true },
  ]
  return {
    bars: { kind: 'bars', unit: things, bars, words: { value: 'Leads' } },
    'bars with a part and a tick': {
      kind: 'bars',
      unit: { of: 'money', currency: 'USD' },
      bars: bars.map((bar) => ({ ...bar, part: bar.value / 2, before: bar.value + 3, note: '3 deals' })),
      words: { value: 'Total', part: 'Weighted', before: 'A week ago' },
    },
    share: { kind: 'share', parts },
    pie: { kind: 'pie', parts },
    weeks: { kind: 'weeks', unit: things, weeks: values.map((_, at) => name(at)), series },
  }
}

/** What a page with a strict policy cannot show, and what a picture that went wrong looks like. */
const unfit =
  /<style|style=|<script|class=|ecmeta|NaN|undefined|Infinity|="#(?!000")|rgb\(| on\w+=|javascript:/

describe.each(Object.keys(charts([])))('%s', (kind) => {
  const of = (values: readonly number[], name?: (at: number) => string) => charts(values, name)[kind] as Chart

  test.each(sizes)('draws %i points, clean and soon', (size) => {
    const startedMs = performance.now()
    const pictures = draw(of(Array.from({ length: size }, (_, at) => at % 13)))
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    for (const [look, picture] of Object.entries(pictures)) {
      expect(picture).toMatch(
        /^<svg viewBox="0 0 \d+ \d+" width="\d+" height="\d+" role="img" aria-label="Where is it\?">/,
      )
      expect(picture).toMatch(/<\/svg>$/)
      expect(picture).not.toMatch(unfit)
      expect(picture.length, `${look} of ${size}`).toBeLessThan(300_000)
    }
  })

  test.each([
    ['zeros', [0, 0, 0]],
    ['below zero', [-5, -1, -900]],
    ['both sides', [-5, 0, 5]],
    ['huge', [1e15, 2, 3]],
    ['tiny', [0.0001, 0.0002]],
  ])('draws values that are %s', (_, values) => {
    for (const picture of Object.values(draw(of(values)))) expect(picture).not.toMatch(unfit)
  })

  test('shows names as they are, whatever is in them', () => {
    const names = ['<script>alert(1)</script>', '{value|x}', 'a"b&c', 'two\nlines', '日本', '{b} %s']
    const { wide } = draw(
      of([6, 5, 4, 3, 2, 1], (at) => names[at] ?? ''),
      '"><script>',
    )
    expect(wide).not.toMatch(unfit)
    expect(wide).toContain('aria-label="&quot;&gt;&lt;script&gt;"')
  })

  test('is the same picture for the same data, and shares no id with another', () => {
    const one = draw(of([1, 2, 3]))
    expect(draw(of([1, 2, 3]))).toEqual(one)
    const idsOf = (svg: string) => [...svg.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    const other = draw(of([1, 2, 4]))
    const ids = [one.wide, one.narrow, other.wide].flatMap(idsOf)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

test('a chart without anything to draw says so', () => {
  const empty = charts([])
  const zero = charts([0, 0])
  expect(Object.values(empty).map(isEmpty)).toEqual([true, true, true, true, true])
  expect([zero['share'], zero['pie']].map((chart) => chart && isEmpty(chart))).toEqual([true, true])
})

test('every mark says which row of the table it stands for', () => {
  const marksOf = (chart: Chart | undefined) =>
    new Set([...(chart ? draw(chart).wide : '').matchAll(/data-mark="(\d+)"/g)].map(([, at]) => Number(at)))
  const seven = charts([7, 6, 5, 4, 3, 2, 1])
  expect(marksOf(seven['bars'])).toEqual(new Set([0, 1, 2, 3, 4, 5, 6]))
  // The seventh part is drawn as what is left over, which is no row.
  expect(marksOf(seven['pie'])).toEqual(new Set([0, 1, 2, 3, 4, 5]))
  expect(marksOf(seven['share'])).toEqual(new Set([0, 1, 2, 3, 4, 5]))
  expect(marksOf(charts([5])['share'])).toEqual(new Set([0]))
})

test('the widths of bars stand in the proportion of their values, beginning at nothing', () => {
  const { wide } = draw(charts([100, 50, 0])['bars'] as Chart)
  const runs = [
    ...wide.matchAll(
      /<path d="M([\d.]+) [^"]*" fill="var\(--chart-1\)" stroke="var\(--chart-1\)"[^>]*data-mark="(\d)"/g,
    ),
  ]
  const reach = runs.map(([path]) => {
    const xs = [...path.matchAll(/[ML]([\d.]+) /g)].map(([, x]) => Number(x))
    return Math.max(...xs) - Math.min(...xs)
  })
  const [first = 0, second = 0] = reach
  expect(first / second).toBeGreaterThan(1.95)
  expect(first / second).toBeLessThan(2.05)
})

/** The points of the outlines of the marks of each row, by row. */
function outlines(chart: Chart): { xs: number[]; ys: number[] }[] {
  const rows: { xs: number[]; ys: number[] }[] = []
  for (const [, path = '', row] of draw(chart).wide.matchAll(/<path d="([^"]*)"[^>]*data-mark="(\d+)"/g)) {
    const points = [...path.matchAll(/(?:[ML]|A[\d.]+ [\d.]+ 0 \d \d )([-\d.]+) ([-\d.]+)/g)]
    const { xs, ys } = (rows[Number(row)] ??= { xs: [], ys: [] })
    xs.push(...points.map(([, x]) => Number(x)))
    ys.push(...points.map(([, , y]) => Number(y)))
  }
  return rows
}
const span = (places: readonly number[]) => ({ from: Math.min(...places), to: Math.max(...places) })

test('what is below zero reaches to the other side of it, as far as it is below', () => {
  const [above, below] = outlines(charts([100, -50])['bars'] as Chart).map(({ xs }) => span(xs))
  const zero = above?.from ?? 0
  expect(Math.abs((below?.to ?? 0) - zero)).toBeLessThan(2)
  expect(((above?.to ?? 0) - zero) / (zero - (below?.from ?? 0))).toBeCloseTo(2, 1)
  const columns = { ...charts([40, -20])['weeks'], series: [{ name: 'a', values: [40, -20], as: 'columns' }] }
  const [up, down] = outlines(columns as Chart).map(({ ys }) => span(ys))
  expect(up?.to).toBeCloseTo(down?.from ?? 0, 0)
  expect(((up?.to ?? 0) - (up?.from ?? 0)) / ((down?.to ?? 0) - (down?.from ?? 0))).toBeCloseTo(2, 1)
})

/** The dots of a line, each with its place from the left and from the top, and its row. */
function dotsOf(values: readonly number[]) {
  const weeks = charts(values)['weeks'] as Extract<Chart, { kind: 'weeks' }>
  const { wide } = draw({ ...weeks, series: weeks.series.slice(0, 1) })
  return [...wide.matchAll(/transform="matrix\(3,0,0,3,([\d.]+),([\d.]+)\)"[^>]*data-mark="(\d)"/g)]
}

test('a line falls through zero, its points as far apart as their values', () => {
  const dots = dotsOf([10, 0, -10])
  expect(dots.map(([, , , row]) => row)).toEqual(['0', '1', '2'])
  const [first = 0, second = 0, third = 0] = dots.map(([, , y]) => Number(y))
  expect(second).toBeGreaterThan(first)
  expect(third - second).toBeCloseTo(second - first, 0)
})

test('one point alone is a dot, one part alone the whole', () => {
  expect(dotsOf([10]).map(([, , , row]) => row)).toEqual(['0'])
  const [share] = [
    ...draw(charts([10])['share'] as Chart).wide.matchAll(/<path d="M[\d.]+ [\d.]+l([\d.]+) 0/g),
  ]
  expect(Number(share?.[1])).toBeGreaterThan(widths.wide - 10)
  // A whole circle ends where it begins.
  const [pie] = outlines(charts([10])['pie'] as Chart)
  expect(span(pie?.xs ?? []).to - span(pie?.xs ?? []).from).toBeLessThan(10)
  expect(draw(charts([10])['pie'] as Chart).wide).toContain('100%')
})

test('more bars than anybody reads are left to the table', () => {
  const { wide } = draw(charts(Array.from({ length: 500 }, (_, at) => at))['bars'] as Chart)
  expect(wide).toContain(`data-mark="${mostBars - 1}"`)
  expect(wide).not.toContain(`data-mark="${mostBars}"`)
})

test('parts are at most six, the rest is one, and together they are the whole', () => {
  const parts = colouredParts(Array.from({ length: 20 }, (_, at) => ({ name: `${at}`, value: at - 2 })))
  expect(parts).toHaveLength(7)
  expect(parts.at(-1)?.name).toBe('Other (11)')
  expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1)
})

test('the key names what the marks mean', () => {
  const all = charts([3, 2])
  expect(keyOf(all['bars'] as Chart)).toEqual([])
  expect(keyOf(all['bars with a part and a tick'] as Chart).map(({ name }) => name)).toEqual([
    'Weighted',
    'Total',
    'A week ago',
  ])
  expect(keyOf(all['pie'] as Chart).map(({ name }) => name)).toEqual(['Stage 0 60%', 'Stage 1 40%'])
})

test('the two widths are drawn for their own room', () => {
  const { wide, narrow } = draw(charts([1, 2])['bars'] as Chart)
  expect(wide).toContain(`width="${widths.wide}"`)
  expect(narrow).toContain(`width="${widths.narrow}"`)
})

describe('the cache', () => {
  test('makes a picture once', () => {
    const cache = boundedCache(100)
    let made = 0
    const make = () => `picture ${(made += 1)}`
    expect([cache.take('a', make), cache.take('a', make), cache.take('b', make)]).toEqual([
      'picture 1',
      'picture 1',
      'picture 2',
    ])
  })

  test('forgets what was asked for longest ago, and never weighs more than it may', () => {
    const cache = boundedCache(30)
    const ten = () => 'x'.repeat(10)
    for (const name of ['a', 'b', 'c', 'a', 'd']) cache.take(name, ten)
    expect(cache.size).toBe(3)
    expect(cache.take('a', () => 'made anew')).toBe('x'.repeat(10))
    expect(cache.take('b', () => 'made anew')).toBe('made anew')
  })
})
