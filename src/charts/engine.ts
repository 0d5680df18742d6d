import { BarChart, LineChart, PieChart, ScatterChart } from 'echarts/charts'
import { GridComponent } from 'echarts/components'
import { init, setPlatformAPI, use, type EChartsCoreOption } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { cleanSvg } from './clean.ts'
import { textWidth } from './text-width.ts'

use([BarChart, LineChart, PieChart, ScatterChart, GridComponent, SVGRenderer])
// There is no canvas to measure with; the table of our font's widths stands in for it.
setPlatformAPI({ measureText: (text, font) => ({ width: textWidth(text, font ?? '12px') }) })

export type Marks = { by: 'series' | 'point'; rows: readonly (number | null)[] }

export type Drawing = {
  option: EChartsCoreOption
  height: number
  /** The row that each series or each point stands for, null for several rows. Left out: the n-th point is the n-th row. */
  marks?: Marks
}

/** The picture as an SVG that needs no style sheet, script or id of its own. `label` is what it says to who cannot see it. */
export function render(drawing: Drawing, width: number, label: string, prefix: string): string {
  const { option, height, marks } = drawing
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    chart.setOption({ animation: false, ...option })
    return cleanSvg(chart.renderToSVGString(), { width, height, label, prefix, marks })
  } finally {
    // Left open it keeps a clock of its own ticking.
    chart.dispose()
  }
}
