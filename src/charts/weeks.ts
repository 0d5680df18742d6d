import type { Chart } from './chart.ts'
import type { Drawing } from './engine.ts'
import { colours, quietText } from './look.ts'
import { valueAxis } from './scale.ts'

type Weeks = Extract<Chart, { kind: 'weeks' }>

/** Columns thinner than a pixel or two say nothing; from here on a line does. */
const mostColumns = 160

/** Points that can still be told from one another, each with a dot of its own. */
const mostDots = 60

const heightPx = 220

/** Lines and columns over time; what they are compared with is dashed. */
export function drawWeeks(chart: Weeks, width: number): Drawing {
  const values = chart.series.flatMap((series) => series.values.filter((value) => value !== null))
  return {
    height: heightPx,
    option: {
      grid: {
        left: 8,
        right: 16,
        top: 12,
        bottom: 8,
        outerBoundsMode: 'same',
        outerBoundsContain: 'axisLabel',
      },
      xAxis: {
        type: 'category',
        data: [...chart.weeks],
        axisLine: { lineStyle: { color: colours.axis } },
        axisTick: { show: false },
        axisLabel: { ...quietText, hideOverlap: true },
      },
      yAxis: valueAxis(chart.unit, values, width > 500 ? 4 : 3),
      series: chart.series.map((series, place) => {
        const colour = series.isComparison ? colours.rest : (colours.series[place] ?? colours.rest)
        const data = chart.weeks.map((_, week) => series.values[week] ?? null)
        return series.as === 'columns' && data.length <= mostColumns
          ? { type: 'bar', data, barMaxWidth: 28, itemStyle: { color: colour, borderRadius: 2 } }
          : {
              type: 'line',
              data,
              sampling: 'lttb',
              showSymbol: data.length <= mostDots,
              showAllSymbol: true,
              symbol: 'circle',
              symbolSize: 6,
              itemStyle: { color: colour },
              lineStyle: { color: colour, width: 2, type: series.isComparison ? [4, 4] : 'solid' },
            }
      }),
    },
  }
}
