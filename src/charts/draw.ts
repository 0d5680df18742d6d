import { hash } from 'node:crypto'
import { drawBars } from './bars.ts'
import { boundedCache } from './bounded-cache.ts'
import type { Chart } from './chart.ts'
import { render, type Drawing } from './engine.ts'
import { drawPie } from './pie.ts'
import { drawShare } from './share.ts'
import { drawWeeks } from './weeks.ts'

/** What a picture is drawn at: a small one for phones and a larger one, of which the page shows what fits (src/styles/charts.css). */
export const widths = { wide: 760, half: 520, narrow: 340 } as const

/** Whose data it is, and of when: a picture is drawn once for both. */
export type Source = { workspaceId: string; stamp: string }

const pictures = boundedCache(16_000_000)

/** The chart as SVG in both widths, the larger one for a whole page unless told otherwise. `label` says what it shows. */
export function drawChart(
  chart: Chart,
  source: Source,
  label: string,
  wide: number = widths.wide,
): { wide: string; narrow: string } {
  const key = hash('sha256', JSON.stringify([source.workspaceId, source.stamp, label, chart]), 'base64url')
  const at = (width: number) =>
    pictures.take(`${source.workspaceId} ${key} ${width}`, () =>
      render(drawn(withoutControls(chart), width), width, label, `c${key.slice(0, 8)}${width}-`),
    )
  return { wide: at(wide), narrow: at(widths.narrow) }
}

function drawn(chart: Chart, width: number): Drawing {
  switch (chart.kind) {
    case 'bars':
      return drawBars(chart, width)
    case 'share':
      return drawShare(chart, width)
    case 'pie':
      return drawPie(chart, width)
    case 'weeks':
      return drawWeeks(chart, width)
  }
}

/** Names come from CRMs: a line break in one would move everything below it, a braced one would be read as markup. */
function withoutControls(chart: Chart): Chart {
  return JSON.parse(JSON.stringify(chart), (_, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ') : value,
  ) as Chart
}
