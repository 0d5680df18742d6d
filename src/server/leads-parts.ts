import type { Chart } from '../charts/chart.ts'
import { dayOf } from '../domain/days.ts'
import type { Basis } from '../domain/freshness.ts'
import { bySource, leadFigures, type StatusCounts } from '../domain/leads.ts'
import { periodChoices } from '../domain/period.ts'
import { count, duration, percent, plural } from '../format.ts'
import { leadSorts, type LeadSort } from '../queries/leads.ts'
import { keptBeside } from './kept-beside.ts'
import type { LeadsAsked } from './leads-page.ts'
import { addressWith } from './list-address.ts'

/** The figures on top, each with what it stands on, and against the stretch before where there is one. */
export function leadKpis(asked: LeadsAsked, basis: Basis) {
  const { groups, period } = asked
  const { total, qualified, sources, before } = leadFigures(groups)
  const against = (now: number, then: number) =>
    period.before === null
      ? null
      : { change: now - then, amount: count(Math.abs(now - then)), over: period.over }
  return [
    { label: 'Leads', figure: count(total), basis, delta: against(total, before.total), note: '' },
    {
      label: 'Qualified',
      figure: count(qualified),
      basis,
      delta: against(qualified, before.qualified),
      note: total === 0 ? '' : `${percent(qualified / total)} of them`,
    },
    { label: 'Sources', figure: count(sources), basis, delta: null, note: '' },
    touchKpi(asked),
  ]
}

/** It stands on notes and activities, too, and is no fresher than they are. A dash where it cannot be said, with the reason. */
function touchKpi({ touch, period, touchBasis: basis }: LeadsAsked) {
  const common = { label: 'First touch, median', basis, delta: null }
  const waiting = new Intl.ListFormat('en-US').format(basis.waitingFor)
  if (basis.connectionIds.length === 0) {
    const absence =
      waiting === ''
        ? 'The CRM offers no notes or activities.'
        : `Notes and activities not synced yet from ${waiting}.`
    return { ...common, figure: null, note: '', absence }
  }
  if (touch?.medianMs != null)
    return {
      ...common,
      figure: duration(touch.medianMs),
      note: `${plural(touch.untouched, 'lead', 'leads')} not touched yet`,
    }
  const note =
    period.from === null
      ? 'Shown for a period, not for all time'
      : 'No note or finished activity follows any of these leads'
  return { ...common, figure: '–', note }
}

/** Where the leads come from, and how many of them are qualified. */
export function sourceChart({ groups, period, workspace, asOf, search }: LeadsAsked) {
  const sources = bySource(groups)
  const named = sources.map((one) => ({ ...one, name: one.source ?? 'No source' }))
  const first = named[0]
  const compares = period.before !== null
  const chart: Chart = {
    kind: 'bars',
    unit: { of: 'things' },
    words: {
      value: 'Leads',
      part: 'Qualified',
      ...(compares
        ? {
            before:
              period.key === '7d' || period.key === '30d'
                ? `The ${periodChoices[period.key]} before`
                : 'As many days before',
          }
        : {}),
    },
    bars: named.map(({ name, total, qualified, before }) => ({
      name,
      value: total,
      part: qualified,
      ...(compares ? { before } : {}),
      label: count(total),
      note: total === 0 ? '' : `${percent(qualified / total)} qualified`,
    })),
  }
  return {
    title: 'Leads by source',
    sentence:
      first === undefined || first.total === 0
        ? `No leads ${period.words}.`
        : `Most came from ${first.name}: ${count(first.total)}, ${count(first.qualified)} of them qualified.`,
    chart,
    source: { workspaceId: workspace.id, stamp: asOf.toISOString() },
    columns: ['Source', 'Leads', 'Qualified', 'Share qualified', ...(compares ? ['Period before'] : [])],
    rows: named.map(({ source, name, total, qualified, before }) => ({
      href: `${addressWith(search, { source: source ?? '-' })}#list`,
      cells: [
        name,
        count(total),
        count(qualified),
        total === 0 ? '–' : percent(qualified / total),
        ...(compares ? [count(before)] : []),
      ],
    })),
  }
}

/** In which stage they stand: one bar in parts, or a pie for those who ask for one. */
export function statusChart(
  { ask, period, workspace, asOf, search }: LeadsAsked,
  statuses: readonly StatusCounts[],
) {
  const whole = statuses.reduce((sum, { count: of }) => sum + of, 0)
  const [first] = statuses
  return {
    title: 'Leads by status',
    sentence:
      first === undefined
        ? `No leads ${period.words}.`
        : `${percent(first.count / whole)} stand in ${first.name}, over ${plural(statuses.length, 'status', 'statuses')}.`,
    chart: {
      kind: ask.statusChart,
      parts: statuses.map(({ name, count: value }) => ({ name, value })),
    } satisfies Chart,
    source: { workspaceId: workspace.id, stamp: asOf.toISOString() },
    columns: ['Status', 'Leads', 'Share'],
    rows: statuses.map(({ key, name, count: of }) => ({
      href: `${addressWith(search, { stage: key })}#list`,
      cells: [name, count(of), percent(of / whole)],
    })),
  }
}

const words: Readonly<Record<LeadSort['by'], string>> = {
  name: 'Name',
  source: 'Source',
  stage: 'Status',
  created: 'Created',
  owner: 'Owner',
}

/** The heads of the table by what they sort, each with the order that it would bring. */
export function leadColumns(search: URLSearchParams, sort: LeadSort) {
  const column = (by: LeadSort['by']) => {
    const isNow = sort.by === by
    const isDescending = isNow ? !sort.isDescending : by === 'created'
    return {
      word: words[by],
      direction: isNow ? (sort.isDescending ? ('descending' as const) : ('ascending' as const)) : undefined,
      href: `${addressWith(search, { sort: `${isDescending ? '-' : ''}${by}` })}#list`,
    }
  }
  return Object.fromEntries(leadSorts.map((by) => [by, column(by)])) as Record<
    LeadSort['by'],
    ReturnType<typeof column>
  >
}

/** The form that filters the list and chooses the period. */
export function filterForm({
  search,
  ask,
  period,
  groups,
  stages,
  owners,
  asOf,
  workspace,
}: Omit<LeadsAsked, 'touch' | 'undated'>) {
  const sources = bySource(groups).map(({ source }) => ({
    value: source ?? '-',
    word: source ?? 'No source',
  }))
  return {
    label: 'Filter the leads',
    kept: keptBeside(search, ['q', 'source', 'stage', 'owner', 'period', 'from', 'to']),
    search: ask.search,
    placeholder: 'Name or source',
    period: {
      choices: Object.entries(periodChoices).map(([value, word]) => ({ value, word })),
      value: period.key,
      days: period.days,
      latest: dayOf(asOf, workspace.timeZone),
    },
    choices: [
      { name: 'source', label: 'Source', any: 'Every source', value: ask.source, options: sources },
      {
        name: 'stage',
        label: 'Status',
        any: 'Every status',
        value: ask.stage,
        options: stages.map(({ key, name }) => ({ value: key, word: name })),
      },
      { name: 'owner', label: 'Owner', any: 'Anyone', value: ask.owner, options: owners },
    ],
  }
}
