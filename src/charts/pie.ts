import type { Chart } from './chart.ts'
import type { Drawing } from './engine.ts'
import { colours, plainText } from './look.ts'
import { colouredParts, shareInWords } from './parts.ts'

/** A pie for those who want one; its parts are named around it where there is room, and in the key always. */
export function drawPie(chart: Extract<Chart, { kind: 'pie' }>, width: number): Drawing {
  const parts = colouredParts(chart.parts)
  const isWide = width > 500
  return {
    height: 220,
    marks: { by: 'point', rows: parts.map(({ at }) => at) },
    option: {
      series: [
        {
          type: 'pie',
          radius: isWide ? 80 : 96,
          center: ['50%', '50%'],
          startAngle: 90,
          data: parts.map(({ name, value, colour }) => ({ name, value, itemStyle: { color: colour } })),
          itemStyle: { borderColor: colours.surface, borderWidth: 1 },
          label: {
            ...plainText,
            show: isWide,
            width: 200,
            overflow: 'truncate',
            formatter: ({ dataIndex }: { dataIndex: number }) => {
              const part = parts[dataIndex]
              return part ? `${part.name} ${shareInWords(part.share)}` : ''
            },
          },
          labelLine: { show: isWide, lineStyle: { color: colours.axis } },
        },
      ],
    },
  }
}
