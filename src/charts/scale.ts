import { compactCount, compactMoney } from '../format.ts'
import type { Unit } from './chart.ts'
import { colours, quietText } from './look.ts'

/** The axis of the values: whole numbers for things, short amounts for money. */
export function valueAxis(unit: Unit, values: readonly number[], steps: number) {
  const isFlat = values.every((value) => value === 0)
  return {
    type: 'value' as const,
    splitNumber: steps,
    minInterval: unit.of === 'things' ? 1 : 0,
    // Nothing but zeros has no scale of its own; the zero line is enough.
    ...(isFlat ? { min: 0, max: 1 } : {}),
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: colours.grid } },
    axisLabel: {
      ...quietText,
      hideOverlap: true,
      formatter: (value: number) => (isFlat && value !== 0 ? '' : inWords(value, unit)),
    },
  }
}

function inWords(value: number, unit: Unit): string {
  return unit.of === 'things' ? compactCount(value) : compactMoney(BigInt(Math.round(value)), unit.currency)
}
