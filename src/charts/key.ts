import type { Chart } from './chart.ts'
import { colours } from './look.ts'
import { colouredParts, shareInWords } from './parts.ts'

export type KeyItem = { name: string; mark: 'solid' | 'outline' | 'tick' | 'dashed'; colour: string }

/** What the marks of a chart mean; none where there is one kind of mark only. */
export function keyOf(chart: Chart): KeyItem[] {
  switch (chart.kind) {
    case 'bars':
      return keyOfBars(chart)
    case 'share':
    case 'pie':
      return colouredParts(chart.parts).map(({ name, share, colour }) => ({
        name: `${name} ${shareInWords(share)}`,
        mark: 'solid',
        colour,
      }))
    case 'weeks':
      return chart.series.length < 2
        ? []
        : chart.series.map(({ name, isComparison }, place) => ({
            name,
            mark: isComparison ? 'dashed' : 'solid',
            colour: isComparison ? colours.rest : (colours.series[place] ?? colours.rest),
          }))
  }
}

function keyOfBars({ words }: Extract<Chart, { kind: 'bars' }>): KeyItem[] {
  if (words.part === undefined && words.before === undefined) return []
  return [
    ...(words.part === undefined
      ? [{ name: words.value, mark: 'solid' as const, colour: colours.main }]
      : [
          { name: words.part, mark: 'solid' as const, colour: colours.main },
          { name: words.value, mark: 'outline' as const, colour: colours.main },
        ]),
    ...(words.before === undefined
      ? []
      : [{ name: words.before, mark: 'tick' as const, colour: colours.text }]),
  ]
}
