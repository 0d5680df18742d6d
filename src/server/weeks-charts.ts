import type { Chart } from '../charts/chart.ts'
import { count, money, plural } from '../format.ts'
import type { Week } from '../queries/twelve-weeks.ts'

/** A chart as the page shows it: the question, the answer, and what the table says. */
export type Told = {
  title: string
  sentence: string
  chart: Chart
  columns: string[]
  rows: { cells: string[] }[]
}

/** "Nov 16" of a day of the calendar. */
const dayOf = (date: string) =>
  Temporal.PlainDate.from(date).toLocaleString('en-US', { month: 'short', day: 'numeric' })

const weightedName = 'Weighted by likely %'

/**
 * What was open at the end of each week, and what that comes to by likelihood where any is known, in the first of these currencies.
 * Null until two weeks are known: one point is no line.
 */
export function openByWeek(
  weeks: readonly Week[],
  [currency, ...others]: readonly [string, ...string[]],
): Told | null {
  const known = weeks.filter((week) => week.openMinor !== null)
  const [first, last] = [known[0], known.at(-1)]
  if (!first || !last || known.length < 2) return null
  const apart = others.length === 0 ? '' : ` Deals in ${others.join(', ')} are not part of it.`
  const inWords = (minor: bigint | null) => (minor === null ? 'not known' : money(minor, currency))
  const isWeighted = weeks.some(({ weightedMinor }) => weightedMinor !== null && weightedMinor > 0n)
  const both = ({ openMinor, weightedMinor }: Week) =>
    isWeighted && weightedMinor !== null
      ? `${inWords(openMinor)} (weighted ${inWords(weightedMinor)})`
      : inWords(openMinor)
  const numbers = (of: 'openMinor' | 'weightedMinor') =>
    weeks.map(({ [of]: minor }) => (minor === null ? null : Number(minor)))
  return {
    title: 'What was open, week by week?',
    sentence: `${both(last)} is open now; in the week of ${dayOf(first.from)} it was ${both(first)}.${apart}`,
    chart: {
      kind: 'weeks',
      unit: { of: 'money', currency },
      weeks: weeks.map(({ from }) => dayOf(from)),
      series: [
        { name: 'Open', as: 'line', values: numbers('openMinor') },
        ...(isWeighted
          ? [{ name: weightedName, as: 'line' as const, values: numbers('weightedMinor') }]
          : []),
      ],
    },
    columns: ['Week of', 'Open at its end', ...(isWeighted ? [weightedName] : [])],
    rows: weeks.map(({ from, openMinor, weightedMinor }) => ({
      cells: [dayOf(from), inWords(openMinor), ...(isWeighted ? [inWords(weightedMinor)] : [])],
    })),
  }
}

/** How many leads came in each week. */
export function leadsByWeek(weeks: readonly Week[]): Told {
  const all = weeks.reduce((sum, week) => sum + week.leads, 0)
  const latest = weeks.at(-1)?.leads ?? 0
  return {
    title: 'How many leads came, week by week?',
    sentence: `${plural(all, 'lead', 'leads')} in twelve weeks, ${count(latest)} of them this week so far.`,
    chart: {
      kind: 'weeks',
      unit: { of: 'things' },
      weeks: weeks.map(({ from }) => dayOf(from)),
      series: [{ name: 'Leads', as: 'columns', values: weeks.map(({ leads }) => leads) }],
    },
    columns: ['Week of', 'Leads'],
    rows: weeks.map(({ from, leads }) => ({ cells: [dayOf(from), count(leads)] })),
  }
}
