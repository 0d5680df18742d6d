import type { Tx } from '../../drizzle/db.ts'
import { basisOf, type Basis, type ConnectionNow } from '../domain/freshness.ts'
import {
  bestSource,
  bySource,
  byStatus,
  leadFigures,
  type FirstTouch,
  type LeadGroup,
} from '../domain/leads.ts'
import { rangeInWords, shownInWords } from './list-words.ts'
import type { ListedStage } from '../domain/pipeline.ts'
import { count, percent, plural } from '../format.ts'
import { readDealsOf } from '../queries/deals-of.ts'
import { readLeadGroups } from '../queries/lead-groups.ts'
import { countLeads, countUndated, readFirstTouch, readLeads } from '../queries/leads.ts'
import { readOwners, readStages } from '../queries/pipeline.ts'
import type { Workspace } from '../queries/workspaces.ts'
import { dealHref } from './deal-address.ts'
import { leadFilterWords, namesOf } from './lead-filters.ts'
import { leadQuestion, leadStreams, type LeadQuestion } from './lead-question.ts'
import { addressWith, nextAddress, seenOf } from './list-address.ts'
import { filterForm, leadColumns, leadKpis, sourceChart, statusChart } from './leads-parts.ts'

const mostOnPage = 50

/** Everything that stands on the page of the leads, in words; `content` is null until the streams it needs have arrived. */
export async function readLeadsPage(
  tx: Tx,
  workspace: Workspace,
  status: { now: Date; connections: readonly ConnectionNow[] },
  search: URLSearchParams,
) {
  const basis = basisOf(status.connections, leadStreams)
  if (basis.connectionIds.length === 0) {
    return { basis, sentence: 'Leads appear when the first run has ended.', content: null }
  }
  const asked = await ask(tx, workspace, status, basis, search)
  return { basis, sentence: sentenceOf(asked), content: await contentOf(tx, asked, basis) }
}

/** What was asked for, and the figures that everything else is made of. */
export type LeadsAsked = LeadQuestion & {
  workspace: Workspace
  search: URLSearchParams
  groups: LeadGroup[]
  /** What notes and activities say; null where they cannot, with the reason. */
  touch: FirstTouch | null
  undated: number
  stages: ListedStage[]
  owners: { value: string; word: string }[]
}

async function ask(
  tx: Tx,
  workspace: Workspace,
  status: { now: Date; connections: readonly ConnectionNow[] },
  basis: Basis,
  search: URLSearchParams,
): Promise<LeadsAsked> {
  const question = leadQuestion(workspace, { ...status, basis }, search)
  const { scope, period, touchBasis } = question
  const dealScope = { ...scope, currency: workspace.currency }
  const { from, to } = period
  return {
    ...question,
    workspace,
    search,
    groups: await readLeadGroups(tx, scope, period),
    touch:
      from !== null && touchBasis.connectionIds.length > 0
        ? await readFirstTouch(tx, scope, { from, to })
        : null,
    undated: from === null ? 0 : await countUndated(tx, scope),
    stages: await readStages(tx, dealScope),
    owners: await readOwners(tx, dealScope),
  }
}

function sentenceOf({ groups, period }: LeadsAsked): string {
  const { total, qualified } = leadFigures(groups)
  if (total === 0) return `No leads ${period.words}.`
  const best = bestSource(bySource(groups))
  const most =
    best?.source == null
      ? ''
      : ` Best source: ${best.source}, ${percent(best.qualified / best.total)} qualified.`
  return `${plural(total, 'lead', 'leads')} ${period.words}, ${count(qualified)} qualified (${percent(qualified / total)}).${most}`
}

async function contentOf(tx: Tx, asked: LeadsAsked, basis: Basis) {
  const { scope, search, period, groups, undated, touch, ask: leadAsk, filters, workspace } = asked
  const { pills, clear } = pillsOf(asked)
  const figures = leadFigures(groups)
  const matching = pills.length === 0 ? figures.total : await countLeads(tx, scope, filters)
  const { rows, next } = await readLeads(tx, scope, filters, {
    sort: leadAsk.sort,
    after: search.get('after'),
    most: mostOnPage,
  })
  const deals = await readDealsOf(
    tx,
    rows.map(({ id, contactId }) => ({ id, contactId, opportunityId: null })),
  )
  const seen = seenOf(search)
  const shown = { seen, rows: rows.length, rest: Math.max(rows.length, matching - seen), isExact: true }
  return {
    kpis: leadKpis(asked, basis),
    charts: [sourceChart(asked), statusChart(asked, byStatus(groups))],
    statusChartLink: {
      word: leadAsk.statusChart === 'pie' ? 'Show the status as a bar' : 'Show the status as a pie',
      href: addressWith(search, { status_chart: leadAsk.statusChart === 'pie' ? null : 'pie' }),
    },
    notes: [
      ...(search.get('period') === 'days' && period.key !== 'days'
        ? [`These are the leads ${period.words}: give the first day, and the last where it is not today.`]
        : []),
      ...(undated === 0
        ? []
        : [
            `The CRM does not say when ${plural(undated, 'lead', 'leads')} came; only “All time” counts them.`,
          ]),
    ],
    views: viewsOf(asked, touch?.untouched ?? null),
    form: filterForm(asked),
    pills: { pills, clear },
    result: `${plural(matching, 'lead', 'leads')} ${period.words}`,
    isEmpty: matching === 0,
    emptyWords: `No leads ${period.words}.`,
    allHref: addressWith(search, { period: 'all', from: null, to: null }),
    rows: rows.map((row) => ({ ...row, deal: dealHref(`/w/${workspace.slug}`, deals.get(row.id)) })),
    columns: leadColumns(search, leadAsk.sort),
    more: {
      href: nextAddress(search, next, seen + rows.length),
      words: 'Load more',
      range: rangeInWords(shown),
      shown: shownInWords(shown),
    },
  }
}

/** What stands above the list where the list itself cannot be read. */
export function aroundLeads(
  workspace: Workspace,
  status: { now: Date; connections: readonly ConnectionNow[] },
  choices: LeadChoices | null,
  search: URLSearchParams,
) {
  const basis = basisOf(status.connections, leadStreams)
  const question = leadQuestion(workspace, { ...status, basis }, search)
  const { stages, owners } = choices ?? { stages: [], owners: [] }
  const asked = { ...question, workspace, search, groups: [], stages, owners }
  return { views: viewsOf(asked, null), form: filterForm(asked), pills: pillsOf(asked) }
}

export type LeadChoices = Pick<LeadsAsked, 'stages' | 'owners'>

/** What the filters of the list offer, besides its sources. */
export async function readLeadChoices(
  tx: Tx,
  { id, currency }: Workspace,
  connections: readonly ConnectionNow[],
): Promise<LeadChoices> {
  const { connectionIds } = basisOf(connections, leadStreams)
  const scope = { tenantId: id, connectionIds, currency }
  return { stages: await readStages(tx, scope), owners: await readOwners(tx, scope) }
}

/** The lists that are asked for most; `untouched` is how many wait for a first touch, null where that is not known. */
function viewsOf(
  { search, period, ask: { isQualified, isUntouched } }: Pick<LeadsAsked, 'search' | 'period' | 'ask'>,
  untouched: number | null,
) {
  const isWeek = period.key === 'week'
  const view = (word: string, changes: Record<string, string | null>, isCurrent: boolean) => ({
    word,
    isCurrent,
    href: `${addressWith(search, changes)}#list`,
  })
  return [
    view('All', { show: null, ...(isWeek ? { period: null } : {}) }, !isQualified && !isUntouched && !isWeek),
    ...(untouched === null
      ? []
      : [view(`Not touched ${count(untouched)}`, { show: 'untouched' }, isUntouched)]),
    view('Qualified', { show: 'qualified' }, isQualified),
    view(
      'This week',
      { show: null, period: 'week', from: null, to: null },
      isWeek && !isQualified && !isUntouched,
    ),
  ]
}

function pillsOf({
  ask: leadAsk,
  search,
  stages,
  owners,
}: Pick<LeadsAsked, 'ask' | 'search' | 'stages' | 'owners'>) {
  const words = leadFilterWords(leadAsk, namesOf(stages, owners))
  const none = Object.fromEntries(words.map(({ name }) => [name, null]))
  return {
    clear: `${addressWith(search, none)}#list`,
    pills: words.map(({ name, words: of }) => ({
      words: of,
      without: `${addressWith(search, { [name]: null })}#list`,
    })),
  }
}
