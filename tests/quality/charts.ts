import { drawChart } from '../../src/charts/draw.ts'
import { bars, figure, median, type Finding } from './bars.ts'

const stages = Array.from({ length: 18 }, (_, at) => ({
  name: `Stage ${at}`,
  value: 1e8 + at * 7e6,
  part: 2e7 + at * 1e6,
  before: 9e7 + at * 8e6,
  label: '$1.01M',
  note: `${at} deals`,
}))

/** How long the server draws the fullest chart there is, in one width, and how long it takes to find the one it has drawn. */
export function measureCharts(): Finding[] {
  const draw = (stamp: string) => {
    const startedMs = performance.now()
    const words = { value: 'Total', part: 'Weighted', before: 'A week ago' }
    drawChart(
      { kind: 'bars', unit: { of: 'money', currency: 'USD' }, bars: stages, words },
      { workspaceId: 'quality', stamp },
      'What stands in each stage?',
    )
    return (performance.now() - startedMs) / 2
  }
  for (let warm = 0; warm < 20; warm++) draw(`warm ${warm}`)
  const times = Array.from({ length: 50 }, (_, at) => String(at))
  return [
    figure('charts', 'Drawn, ms', median(times.map(draw)), { most: bars.chartMs.drawn }),
    figure('charts', 'Drawn before, ms', median(times.map(draw)), { most: bars.chartMs.kept }),
  ]
}
