import type { Chart } from './chart.ts'
import type { Drawing } from './engine.ts'
import { colours, fonts, plainText } from './look.ts'
import { colouredParts, shareInWords, type ColouredPart } from './parts.ts'
import { textWidth } from './text-width.ts'

const barPx = 28
const rowPx = 40
const edgePx = 2

/** One bar that is the whole, cut into its parts; each is named below itself where its name has room. */
export function drawShare(chart: Extract<Chart, { kind: 'share' }>, width: number): Drawing {
  const parts = colouredParts(chart.parts)
  const room = width - 2 * edgePx
  return {
    height: rowPx + 20,
    marks: { by: 'series', rows: parts.map(({ at }) => at) },
    option: {
      grid: { left: edgePx, right: edgePx, top: 0, bottom: 0 },
      xAxis: { type: 'value', show: false, min: 0, max: 1 },
      yAxis: { type: 'category', show: false, inverse: true, data: ['bar', 'words'] },
      series: parts.map((part) => ({
        type: 'bar',
        stack: 'whole',
        barWidth: barPx,
        itemStyle: { color: part.colour, borderColor: colours.surface, borderWidth: 1 },
        data: [
          { value: part.share },
          {
            value: part.share,
            itemStyle: { color: 'none', borderWidth: 0 },
            label: {
              show: true,
              position: 'inside',
              formatter: () => wordsBelow(part, part.share * room),
              ...plainText,
            },
          },
        ],
      })),
    },
  }
}

function wordsBelow(part: ColouredPart, room: number): string {
  const short = shareInWords(part.share)
  return [`${part.name} ${short}`, short].find((text) => textWidth(text, fonts.plain) + 8 < room) ?? ''
}
