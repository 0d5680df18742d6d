/** What the numbers of a chart are: things, or money in the minor unit of one currency. */
export type Unit = { of: 'things' } | { of: 'money'; currency: string }

export type Bar = {
  name: string
  value: number
  /** The part of the value that is drawn solid. */
  part?: number
  /** What the value was at the date it is compared with; drawn as a tick. */
  before?: number
  /** The value in words, beside the bar; `note` follows it where there is room. */
  label: string
  note?: string
}

export type Part = { name: string; value: number }

export type Series = {
  name: string
  /** One value per week; null where nothing is known. */
  values: readonly (number | null)[]
  as: 'line' | 'columns'
  /** What the others are compared with: dashed, and of no hue. */
  isComparison?: boolean
}

/** What is drawn, as plain data: equal data is the same picture. */
export type Chart =
  | {
      kind: 'bars'
      unit: Unit
      bars: readonly Bar[]
      words: { value: string; part?: string; before?: string }
    }
  | { kind: 'share'; parts: readonly Part[] }
  | { kind: 'pie'; parts: readonly Part[] }
  | { kind: 'weeks'; unit: Unit; weeks: readonly string[]; series: readonly Series[] }

/** True when there is nothing that could be drawn. */
export function isEmpty(chart: Chart): boolean {
  switch (chart.kind) {
    case 'bars':
      return chart.bars.length === 0
    case 'share':
    case 'pie':
      return chart.parts.every(({ value }) => value <= 0)
    case 'weeks':
      return chart.weeks.length === 0 || chart.series.length === 0
  }
}
