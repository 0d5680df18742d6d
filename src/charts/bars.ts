import type { Chart } from './chart.ts'
import { colours, fonts, plainText, quietText, strongText } from './look.ts'
import { valueAxis } from './scale.ts'
import { textWidth } from './text-width.ts'
import type { Drawing } from './engine.ts'

type Bars = Extract<Chart, { kind: 'bars' }>

/** More bars than this nobody reads; the table beside the chart has every one. */
export const mostBars = 40

const rowPx = 30
const barPx = 16
const axisPx = 28
const gapPx = 8

/** Bars from left to right: the value outlined, its part solid over it, and a tick where it stood before. */
export function drawBars(chart: Bars, width: number): Drawing {
  const isWide = width > 500
  const bars = chart.bars.slice(0, mostBars)
  const values = bars.flatMap(({ value, part = 0, before = 0 }) => [value, part, before])
  const hasPart = chart.words.part !== undefined
  const name = columnOf(
    bars.map((bar) => textWidth(bar.name, fonts.plain)),
    width * (isWide ? 0.26 : 0.3),
  )
  const note = (text: string | undefined) => (isWide ? (text ?? '') : '')
  const label = columnOf(
    bars.map((bar) => textWidth(bar.label, fonts.strong) + textWidth(note(bar.note), fonts.plain)),
    width * 0.35,
  )
  return {
    height: bars.length * rowPx + axisPx + gapPx,
    option: {
      grid: { left: name + gapPx, right: label + gapPx * 2, top: gapPx, bottom: axisPx },
      xAxis: valueAxis(chart.unit, values, isWide ? 4 : 2),
      yAxis: {
        type: 'category',
        inverse: true,
        data: bars.map((bar) => bar.name),
        axisLine: { lineStyle: { color: colours.axis } },
        axisTick: { show: false },
        axisLabel: { ...plainText, width: name, overflow: 'truncate', interval: 0 },
      },
      series: [
        {
          type: 'bar',
          barWidth: barPx,
          barGap: '-100%',
          data: bars.map(({ value }) => value),
          itemStyle: {
            color: hasPart ? colours.soft : colours.main,
            borderColor: colours.main,
            borderWidth: 1,
            borderRadius: 2,
          },
        },
        {
          type: 'bar',
          barWidth: barPx,
          data: bars.map(({ part }) => part ?? 0),
          itemStyle: { color: colours.main, borderRadius: 2 },
        },
        // Carries the words, to the right of whatever reaches furthest, so that no tick stands on them.
        {
          type: 'bar',
          barWidth: barPx,
          silent: true,
          data: bars.map(({ value, before = 0 }) => Math.max(value, before, 0)),
          itemStyle: { color: 'none' },
          label: {
            show: true,
            position: 'right',
            distance: gapPx,
            formatter: ({ dataIndex }: { dataIndex: number }) => wordsBeside(bars[dataIndex], isWide),
            rich: { value: strongText, note: { ...quietText, padding: [0, 0, 0, 6] } },
          },
        },
        {
          type: 'scatter',
          symbol: 'rect',
          symbolSize: [2.5, barPx + 8],
          silent: true,
          data: bars.flatMap(({ before }, at) => (before === undefined ? [] : [[before, at]])),
          itemStyle: { color: colours.text, opacity: 1 },
        },
      ],
    },
  }
}

/** As wide as the widest of its texts, and no wider than `most`. */
function columnOf(widths: readonly number[], most: number): number {
  return Math.ceil(Math.min(most, widths.reduce((a, b) => Math.max(a, b), 0) + gapPx))
}

function wordsBeside(bar: Bars['bars'][number] | undefined, isWide: boolean): string {
  if (!bar) return ''
  return isWide && bar.note ? `{value|${bar.label}}{note|${bar.note}}` : `{value|${bar.label}}`
}
