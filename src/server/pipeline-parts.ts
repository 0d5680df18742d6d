import type { Chart } from '../charts/chart.ts'
import { bridgeWords, isBridgeRow, type Bridge } from '../domain/bridge.ts'
import { daysLater } from '../domain/days.ts'
import { sinceChoices, type Since } from '../domain/period.ts'
import { averageMinor, ofCurrency, total, weightedMinor } from '../domain/pipeline.ts'
import { fewestStays, slowTimes } from '../domain/stage-time.ts'
import { compactMoney, count, day, money, plural } from '../format.ts'
import { dealSorts, type DealSort } from '../queries/pipeline.ts'
import { keptBeside } from './kept-beside.ts'
import { addressWith } from './list-address.ts'
import type { Asked } from './pipeline-question.ts'

/** The four figures on top, each with its change since the moment that is compared with. */
export function kpisOf(asked: Asked) {
  const { standings, currency, since, isCut, stages } = asked
  const [now, then] = [
    total(ofCurrency(standings.now, currency)),
    total(ofCurrency(standings.before, currency)),
  ]
  const over = isCut ? 'since our copy began' : since.over
  const byMoney = (from: bigint, to: bigint) => ({
    change: to - from,
    amount: compactMoney(absolute(to - from), currency),
    over,
  })
  const [average, averageThen] = [averageMinor(now), averageMinor(then)]
  const inStages = stages.filter((stage) => stage.now.count > 0).length
  return [
    {
      label: 'Total pipeline value',
      figure: money(now.amountMinor, currency),
      delta: byMoney(then.amountMinor, now.amountMinor),
      note: '',
    },
    {
      label: 'Weighted by likely %',
      figure: money(weightedMinor(now), currency),
      delta: byMoney(weightedMinor(then), weightedMinor(now)),
      note: '',
    },
    {
      label: `Open deals in ${plural(inStages, 'stage', 'stages')}`,
      figure: count(now.count),
      delta: { change: now.count - then.count, amount: count(Math.abs(now.count - then.count)), over },
      note: '',
    },
    {
      label: 'Average deal size',
      figure: average === null ? '–' : money(average, currency),
      delta: average === null || averageThen === null ? null : byMoney(averageThen, average),
      note: now.withAmount === now.count ? '' : `Of ${plural(now.withAmount, 'deal', 'deals')} with a value`,
    },
  ]
}

const absolute = (value: bigint) => (value < 0n ? -value : value)

/** What the totals leave out, in words, with the way to see it. */
export function notesOf({ standings, currency, currencies, search, ask, isCut, since, workspace }: Asked) {
  const { count: deals, withAmount, withoutLikelihood } = total(ofCurrency(standings.now, currency))
  const missing = deals - withAmount
  const others = currencies.filter((one) => one.currency !== currency)
  return [
    ...(missing === 0
      ? []
      : [
          {
            words: `Values missing for ${plural(missing, 'deal', 'deals')}; totals leave them out.`,
            href: `${addressWith(search, { missing: 'amount', view: 'table' })}#deals`,
            link: 'See them',
          },
        ]),
    ...(withoutLikelihood === 0
      ? []
      : [
          {
            words: `Likelihood missing for ${plural(withoutLikelihood, 'deal', 'deals')}; the weighted value leaves them out.`,
          },
        ]),
    ...(others.length === 0
      ? []
      : [
          {
            words: `Deals in ${others.map((one) => one.currency).join(', ')} are shown apart and never added to these.`,
          },
        ]),
    ...(ask.isSlow
      ? [
          {
            words: `Slow means longer in a stage than ${slowTimes} times its median, where at least ${fewestStays} deals have come and gone.`,
          },
        ]
      : []),
    ...(isCut
      ? [
          {
            words: `Our copy of all deals begins ${day(since.at, workspace.timeZone)}; the comparison begins there.`,
          },
        ]
      : []),
  ].map((note) => ({ href: undefined, link: undefined, ...note }))
}

/** Value by stage: what is likely of it, and where it stood. */
export function chartOf({ stages, currency, since, isCut, workspace, asOf, search, standings }: Asked) {
  const before = isCut ? `On ${day(since.at, workspace.timeZone)}` : sentenceCase(since.words)
  const chart: Chart = {
    kind: 'bars',
    unit: { of: 'money', currency },
    words: { value: 'Total', part: 'Weighted', before },
    bars: stages.map(({ name, now, before: earlier }) => ({
      name,
      value: Number(now.amountMinor),
      part: Number(weightedMinor(now)),
      before: Number(earlier.amountMinor),
      label: compactMoney(now.amountMinor, currency),
      note: plural(now.count, 'deal', 'deals'),
    })),
  }
  const [now, then] = [standings.now, standings.before].map(
    (sums) => total(ofCurrency(sums, currency)).amountMinor,
  )
  return {
    title: 'Value by stage',
    sentence: `${money(now ?? 0n, currency)} over ${plural(stages.length, 'stage', 'stages')}; it was ${money(then ?? 0n, currency)} ${isCut ? 'when our copy began' : since.words}.`,
    chart,
    source: { workspaceId: workspace.id, stamp: asOf.toISOString() },
    columns: ['Stage', 'Deals', 'Total', 'Weighted', before],
    rows: stages.map(({ key, name, now, before: earlier }) => ({
      href: `${addressWith(search, { stage: key, more: null })}#deals`,
      cells: [
        name,
        count(now.count),
        money(now.amountMinor, currency),
        money(weightedMinor(now), currency),
        money(earlier.amountMinor, currency),
      ],
    })),
  }
}

const sentenceCase = (words: string) => words.charAt(0).toUpperCase() + words.slice(1)

/** What changed since then, row by row, each with the way to its deals. */
export function bridgeOf({ currency, since, search, ask, workspace }: Asked, bridge: Bridge) {
  const moment = day(since.at, workspace.timeZone)
  const passed =
    bridge.passedThrough === 0
      ? ''
      : ` ${plural(bridge.passedThrough, 'deal', 'deals')} came and closed in between and changed neither sum.`
  return {
    heading: `What changed since ${moment}`,
    opening: moment,
    currency,
    bridge,
    row: (name: string) => ({
      word: isBridgeRow(name) ? bridgeWords[name] : name,
      isCurrent: ask.change === name,
      href: `${addressWith(search, { change: ask.change === name ? null : name, more: null })}#deals`,
    }),
    note: `Deals that moved are worth what they are worth now; a move alone changes no sum.${passed} Each line opens its deals.`,
  }
}

const words: Readonly<Record<DealSort['by'], string>> = {
  name: 'Candidate',
  market: 'Market',
  value: 'Value',
  likely: 'Likely',
  stage: 'Stage',
  close: 'Close date',
  owner: 'Owner',
}
const columnOrder = [
  'name',
  'market',
  'value',
  'likely',
  'stage',
  'close',
  'owner',
] as const satisfies (typeof dealSorts)[number][]
const numbers: readonly string[] = ['value', 'likely']

/** The heads of the table, each with the order that it would bring. */
export function sortColumns(search: URLSearchParams, sort: DealSort) {
  return columnOrder.map((by) => {
    const isNow = sort.by === by
    const isDescending = isNow ? !sort.isDescending : numbers.includes(by)
    return {
      by,
      word: words[by],
      isNumber: numbers.includes(by),
      direction: isNow ? (sort.isDescending ? ('descending' as const) : ('ascending' as const)) : undefined,
      href: `${addressWith(search, { sort: `${isDescending ? '-' : ''}${by}` })}#deals`,
    }
  })
}

/** The form that chooses what is compared with. */
export function compareOf(search: URLSearchParams, since: Since, today: string) {
  return {
    kept: keptBeside(search, ['since', 'day']),
    choices: Object.entries(sinceChoices).map(([value, word]) => ({ value, word })),
    value: since.key,
    latest: daysLater(today, -1),
  }
}

/** The form that filters the list. */
export function formOf({
  search,
  ask,
  stages,
  listed,
  owners,
}: Pick<Asked, 'search' | 'ask' | 'stages' | 'listed' | 'owners'>) {
  const names = stages.map(({ key, name }) => ({ value: key, word: name }))
  const rest = listed.filter(({ key }) => stages.every((stage) => stage.key !== key))
  return {
    label: 'Filter the deals',
    kept: keptBeside(search, ['q', 'stage', 'owner', 'closing', 'status', 'more']),
    search: ask.search,
    placeholder: 'Name, market or owner',
    choices: [
      {
        name: 'stage',
        label: 'Stage',
        any: 'Every stage',
        value: ask.stage,
        options: [...names, ...rest.map(({ key, name }) => ({ value: key, word: name }))],
      },
      { name: 'owner', label: 'Owner', any: 'Anyone', value: ask.owner, options: owners },
      {
        name: 'closing',
        label: 'Expected close',
        any: 'Any time',
        value: ask.closing && 'quarter',
        options: [{ value: 'quarter', word: 'This quarter' }],
      },
      {
        name: 'status',
        label: 'Status',
        any: 'Open',
        value: ask.status === 'open' ? undefined : ask.status,
        options: [
          { value: 'won', word: 'Won' },
          { value: 'lost', word: 'Lost' },
          { value: 'all', word: 'All' },
        ],
      },
    ],
  }
}
