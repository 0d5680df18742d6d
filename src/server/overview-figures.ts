import { amountIn, ownFirst } from '../domain/overview-words.ts'
import { count, day, money, plural } from '../format.ts'
import type { Overview } from '../queries/overview.ts'
import type { Workspace } from '../queries/workspaces.ts'

/** One tile of the overview, in words and digits. */
export type Tile = {
  label: string
  figure: string | null
  basis: Overview['open']['basis']
  href: string
  below: string
  change: { change: number | bigint; amount: string; over: string; fewerIsBetter?: boolean } | null
}

type Scope = { workspace: Workspace; home: string; days: number }

/** The five figures of the overview. Amounts of other currencies stand below that of the workspace, never in it. */
export function overviewTiles(overview: Overview, scope: Scope): Tile[] {
  return [
    openTile(overview, scope),
    weightedTile(overview, scope),
    wonTile(overview, scope),
    leadsTile(overview, scope),
    overdueTile(overview, scope),
  ]
}

/** By how much the open value changed, in the workspace's currency; null where it cannot be said. */
export function openChange({ open }: Overview, currency: string): bigint | null {
  if (open.value?.earlier == null) return null
  return amountIn(open.value.now.totals, currency) - amountIn(open.value.earlier.totals, currency)
}

type Total = { currency: string; amountMinor: bigint }
const inWords = ({ amountMinor, currency }: Total) => money(amountMinor, currency)
const magnitude = (change: bigint) => (change < 0n ? -change : change)

/** The first amount, and the others as a clause. */
function spread(totals: readonly Total[], currency: string): { first: string; others: string } {
  const [first, ...others] = ownFirst(totals, currency)
  return {
    first: first === undefined ? '' : inWords(first),
    others: others.length === 0 ? '' : `, and ${new Intl.ListFormat('en-US').format(others.map(inWords))}`,
  }
}

function openTile(overview: Overview, { workspace, home, days }: Scope): Tile {
  const { value, basis } = overview.open
  const { first, others } = spread(value?.now.totals ?? [], workspace.currency)
  const change = openChange(overview, workspace.currency)
  const deals = plural(value?.now.count ?? 0, 'deal', 'deals')
  const without = value?.now.withoutAmount ?? 0
  return {
    label: 'Open value',
    figure: value === null ? null : first === '' ? deals : first,
    basis,
    href: `${home}/pipeline`,
    below:
      first === ''
        ? 'None has an amount'
        : `${deals}${without > 0 ? `, ${count(without)} without an amount` : ''}${others}`,
    change:
      change === null
        ? null
        : { change, amount: money(magnitude(change), workspace.currency), over: `in ${days} d` },
  }
}

function weightedTile({ open }: Overview, { workspace, home }: Scope): Tile {
  const weighted = open.value?.now.weighted ?? []
  const { first, others } = spread(weighted, workspace.currency)
  const isKnown = first !== ''
  return {
    label: 'Weighted by likely %',
    figure: open.value === null ? null : isKnown ? first : 'Unknown',
    basis: open.basis,
    href: `${home}/pipeline`,
    below: isKnown ? `Each deal by its own, or its stage's${others}` : 'No stage says how likely it is',
    change: null,
  }
}

function wonTile({ won, monthStart }: Overview, { workspace, home }: Scope): Tile {
  const { first, others } = spread(won.value?.totals ?? [], workspace.currency)
  return {
    label: 'Won this month',
    figure: won.value === null ? null : count(won.value.count),
    basis: won.basis,
    href: `${home}/pipeline`,
    below: first === '' ? `Since ${day(monthStart, workspace.timeZone)}` : `Worth ${first}${others}`,
    change: null,
  }
}

function leadsTile({ newLeads, since }: Overview, { workspace, home, days }: Scope): Tile {
  const { now, before } = newLeads.value ?? { now: 0, before: 0 }
  return {
    label: `New leads, ${days} days`,
    figure: newLeads.value === null ? null : count(now),
    basis: newLeads.basis,
    href: `${home}/leads`,
    below: `Since ${day(since, workspace.timeZone)}, ${count(before)} in the ${days} days before`,
    change: { change: now - before, amount: count(Math.abs(now - before)), over: `on the ${days} d before` },
  }
}

function overdueTile({ activities }: Overview, { home }: Scope): Tile {
  return {
    label: 'Overdue activities',
    figure: activities.value === null ? null : count(activities.value.overdue),
    basis: activities.basis,
    href: `${home}/schedule`,
    below: `${count(activities.value?.next ?? 0)} more due within 7 days`,
    change: null,
  }
}
