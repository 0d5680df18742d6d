import { bridge, bridgeWords, type Bridge } from '../domain/bridge.ts'
import { currenciesOf, ofCurrency, total, weightedMinor } from '../domain/pipeline.ts'
import { compactMoney, count, countedWords, day, money, plural } from '../format.ts'
import type { Overview, Total } from '../queries/overview.ts'
import type { Workspace } from '../queries/workspaces.ts'

/** One tile of the overview, in words and digits. */
export type Tile = {
  label: string
  figure: string | null
  basis: Overview['open']['basis']
  href: string
  below: string
  delta: { change: number | bigint; amount: string; over: string } | null
}

type Scope = { workspace: Workspace; home: string }

/** The five figures of the overview. Amounts of other currencies stand below that of most deals, never in it. */
export function overviewTiles(overview: Overview, scope: Scope): Tile[] {
  return [
    ...openTiles(overview, scope),
    wonTile(overview, scope),
    leadsTile(overview, scope),
    overdueTile(overview, scope),
  ]
}

/** The currency of most open deals, the workspace's where there are none, and then the others. */
export function openCurrencies(
  { open }: Overview,
  { currency: usual }: Pick<Workspace, 'currency'>,
): [string, ...string[]] {
  const { now = [], before = [] } = open.value?.standings ?? {}
  const [first = usual, ...others] = currenciesOf(now, before).map(({ currency }) => currency)
  return [first, ...others]
}

/** How the open value in the currency of most deals went from then to now; null until that can be said. */
export function openBridge(overview: Overview, workspace: Workspace): (Bridge & { currency: string }) | null {
  const { value } = overview.open
  if (value === null) return null
  const { now, before, changes } = value.standings
  const [currency] = openCurrencies(overview, workspace)
  const openingMinor = total(ofCurrency(before, currency)).amountMinor
  const closingMinor = total(ofCurrency(now, currency)).amountMinor
  return { currency, ...bridge(currency, changes, { openingMinor, closingMinor }) }
}

/** The three reasons that moved the open value most, largest first. */
export function mostChanged(
  { values, currency }: Bridge & { currency: string },
  home: string,
  since: string,
) {
  return values
    .toSorted((a, b) => Number(absolute(b.changeMinor) - absolute(a.changeMinor)))
    .slice(0, 3)
    .map(({ bucket, count: deals, changeMinor }) => ({
      word: bridgeWords[bucket],
      deals: count(deals),
      value: `${changeMinor > 0n ? '+' : changeMinor < 0n ? '−' : ''}${money(absolute(changeMinor), currency)}`,
      href: `${home}/pipeline?since=${since}&change=${bucket}#deals`,
    }))
}

/** "Pipeline is up $450K in 7 d." */
export function changeSentence({ open }: Overview, bridged: ReturnType<typeof openBridge>): string | null {
  if (bridged === null || open.value === null) return null
  const change = bridged.closingMinor - bridged.openingMinor
  const over = open.value.isCut ? 'since our copy began' : open.value.since.over
  if (change === 0n) return `Pipeline has not changed ${over}.`
  return `Pipeline is ${change > 0n ? 'up' : 'down'} ${compactMoney(absolute(change), bridged.currency)} ${over}.`
}

const absolute = (value: bigint) => (value < 0n ? -value : value)
const inWords = ({ amountMinor, currency }: Total) => money(amountMinor, currency)
const listed = (words: readonly string[]) => new Intl.ListFormat('en-US').format(words)
const asClause = (totals: readonly Total[]) =>
  totals.length === 0 ? '' : `, and ${listed(totals.map(inWords))}`

function openTiles(overview: Overview, { workspace, home }: Scope): Tile[] {
  const { value, basis } = overview.open
  const { now = [], before = [] } = value?.standings ?? {}
  const [first, ...others] = openCurrencies(overview, workspace)
  const [sum, then] = [total(ofCurrency(now, first)), total(ofCurrency(before, first))]
  const all = total(now)
  const over = value?.isCut ? 'since our copy began' : (value?.since.over ?? '')
  const tile = (label: string, of: (sums: typeof sum) => bigint, below: string): Tile => ({
    label,
    figure: value === null ? null : money(of(sum), first),
    basis,
    href: `${home}/pipeline`,
    below: `${below}${asClause(others.map((currency) => ({ currency, amountMinor: of(total(ofCurrency(now, currency))) })))}`,
    delta: { change: of(sum) - of(then), amount: compactMoney(absolute(of(sum) - of(then)), first), over },
  })
  const without = all.count - all.withAmount
  const deals = `${plural(all.count, 'deal', 'deals')}${without > 0 ? `, ${count(without)} without an amount` : ''}`
  const unlikely =
    all.withoutLikelihood > 0
      ? `${count(all.withoutLikelihood)} without a likelihood`
      : 'Each deal by its own'
  return [
    tile('Open value', ({ amountMinor }) => amountMinor, deals),
    tile('Weighted by likely %', weightedMinor, unlikely),
  ]
}

function wonTile({ won, monthStart }: Overview, { workspace, home }: Scope): Tile {
  const { totals = [], targets = [] } = won.value ?? {}
  const aimed = targets.map((target) => againstTarget(target, totals))
  const others = totals.filter(({ currency }) => targets.every((target) => target.currency !== currency))
  const worth = others.length === 0 ? [] : [`worth ${listed(others.map(inWords))}`]
  const since = `Since ${day(monthStart, workspace.timeZone)}`
  return {
    label: 'Won this month',
    figure: won.value === null ? null : count(won.value.count),
    basis: won.basis,
    href: `${home}/pipeline?status=won`,
    below: [since, ...aimed, ...worth].join(', '),
    delta: null,
  }
}

/** "$412,000 of $500,000 (82%)". A target is never reached by rounding. */
function againstTarget({ currency, amountMinor: target }: Total, totals: readonly Total[]): string {
  const won = totals.find((total) => total.currency === currency)?.amountMinor ?? 0n
  return `${money(won, currency)} of ${money(target, currency)} (${(won * 100n) / target}%)`
}

function leadsTile({ newLeads }: Overview, { workspace, home }: Scope): Tile {
  const { value, basis } = newLeads
  const from = value?.period.from
  const change = value === null ? 0 : value.now - value.before
  return {
    label: 'New leads',
    figure: value === null ? null : count(value.now),
    basis,
    href: `${home}/leads`,
    below:
      from == null
        ? ''
        : `Since ${day(from, workspace.timeZone)}, ${count(value?.before ?? 0)} in the time before`,
    delta: { change, amount: count(Math.abs(change)), over: value?.period.over ?? '' },
  }
}

function overdueTile({ activities }: Overview, { home }: Scope): Tile {
  return {
    label: 'Overdue actions',
    figure: activities.value === null ? null : countedWords(activities.value.overdue),
    basis: activities.basis,
    href: `${home}/due?day=overdue`,
    below: `${plural(activities.value?.next ?? 0, 'activity', 'activities')} of the CRM within 7 days`,
    delta: null,
  }
}
