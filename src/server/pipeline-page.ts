import type { Tx } from '../../drizzle/db.ts'
import { bridge } from '../domain/bridge.ts'
import { dayOf } from '../domain/days.ts'
import { edgesOf } from '../domain/due.ts'
import { basisOf, type ConnectionNow } from '../domain/freshness.ts'
import { rangeInWords, shownInWords } from './list-words.ts'
import { byStage, flowThrough, ofCurrency, total, weightedMinor, type StageSum } from '../domain/pipeline.ts'
import { pipelineSentence } from '../domain/pipeline-words.ts'
import { count, money, plural } from '../format.ts'
import {
  readBoard,
  readDeals,
  readDealSums,
  readOwners,
  readStages,
  type DealRow,
} from '../queries/pipeline.ts'
import { findOwners } from '../queries/schedule.ts'
import type { Workspace } from '../queries/workspaces.ts'
import { dealLinesOf } from './deal-lines.ts'
import { stepWords } from './deal-steps.ts'
import { addressWith, nextAddress, seenOf } from './list-address.ts'
import { pipelineAskOf, pipelineFilterWords } from './pipeline-filters.ts'
import { bridgeOf, chartOf, compareOf, formOf, kpisOf, notesOf, sortColumns } from './pipeline-parts.ts'
import { askPipeline, namesOf, pipelineStreams, type Asked } from './pipeline-question.ts'

/** Rows of the table: they stand below two charts, on a page that is still drawn at once. */
const mostOnPage = 30
/** Ten of each stage, as long as all columns together stay a page that a phone draws at once. */
const mostInColumn = (columns: number) => Math.max(4, Math.min(10, Math.floor(80 / columns)))
/** As many as are shown of the one stage that somebody unfolds; the table has all of them. */
const mostUnfolded = 500

/** Everything that stands on the page of the pipeline, in words; `content` is null until the streams it needs have arrived. */
export async function readPipelinePage(
  tx: Tx,
  workspace: Workspace,
  status: { now: Date; connections: readonly ConnectionNow[]; email: string },
  search: URLSearchParams,
) {
  const basis = basisOf(status.connections, pipelineStreams)
  if (basis.connectionIds.length === 0) {
    return { basis, sentence: 'The pipeline appears when the first run has ended.', content: null }
  }
  const asked = await askPipeline(tx, workspace, { ...status, basis }, search)
  const { currency, stages, standings } = asked
  const now = total(ofCurrency(standings.now, currency))
  const words = {
    money: (amountMinor: bigint) => money(amountMinor, currency),
    deals: (deals: number) => plural(deals, 'open deal', 'open deals'),
  }
  return {
    basis,
    sentence: pipelineSentence(now, stages, words),
    content: await contentOf(tx, asked, status.email),
  }
}

async function contentOf(tx: Tx, asked: Asked, email: string) {
  const { standings, currency, search, currencies, ask: pipelineAsk, workspace, asOf, since } = asked
  const sums = {
    openingMinor: total(ofCurrency(standings.before, currency)).amountMinor,
    closingMinor: total(ofCurrency(standings.now, currency)).amountMinor,
  }
  const { pills, clear } = pillsOf(asked)
  // Without a filter the figures of the page are those of the list.
  const listSums =
    pills.length === 0
      ? ofCurrency(standings.now, currency)
      : await readDealSums(tx, asked.scope, asked.filters)
  const matching = total(listSums)
  const list =
    pipelineAsk.view === 'table'
      ? await tableOf(tx, asked, matching.count)
      : await boardOf(tx, asked, listSums, pills.length === 0)
  return {
    currency,
    list,
    pills: { pills, clear },
    isEmpty: matching.count === 0,
    compare: compareOf(search, since, dayOf(asOf, workspace.timeZone)),
    currencies: currencies.map(({ currency: of, count: deals }) => ({
      word: `${of}, ${plural(deals, 'deal', 'deals')}`,
      isCurrent: of === currency,
      href: addressWith(search, { currency: of }),
    })),
    kpis: kpisOf(asked),
    notes: notesOf(asked),
    chart: chartOf(asked),
    bridge: bridgeOf(asked, bridge(currency, standings.changes, sums)),
    views: viewsOf(asked),
    presets: presetsOf(asked, await findOwners(tx, asked.scope, email)),
    form: formOf(asked),
    allHref: addressWith(search, { status: 'all' }),
    result: [
      plural(matching.count, 'deal', 'deals'),
      money(matching.amountMinor, matching.count === 0 ? currency : (listSums[0]?.currency ?? currency)),
      `${money(weightedMinor(matching), currency)} weighted`,
    ].join(' · '),
  }
}

/** What stands above the list where the list itself cannot be read. */
export function aroundPipeline(
  { timeZone }: Workspace,
  { connections }: { connections: readonly ConnectionNow[] },
  choices: PipelineChoices | null,
  search: URLSearchParams,
) {
  const asOf = basisOf(connections, pipelineStreams).asOf ?? new Date(0)
  const { listed, owners } = choices ?? { listed: [], owners: [] }
  const asked = { ask: pipelineAskOf(search, asOf, timeZone), search, stages: [], listed, owners }
  return { views: viewsOf(asked), form: formOf(asked), pills: pillsOf(asked) }
}

export type PipelineChoices = Pick<Asked, 'listed' | 'owners'>

/** What the filters of the list offer. */
export async function readPipelineChoices(
  tx: Tx,
  { id, currency }: Workspace,
  connections: readonly ConnectionNow[],
): Promise<PipelineChoices> {
  const { connectionIds } = basisOf(connections, pipelineStreams)
  const scope = { tenantId: id, connectionIds, currency }
  return { listed: await readStages(tx, scope), owners: await readOwners(tx, scope) }
}

/** The list as a board or as a table. */
function viewsOf({ search, ask: { view: current } }: Pick<Asked, 'search' | 'ask'>) {
  const view = (word: string, name: typeof current, value: string | null) => ({
    word,
    isCurrent: name === current,
    href: `${addressWith(search, { more: null, view: value })}#deals`,
  })
  return [view('Board', 'board', null), view('Table', 'table', 'table')]
}

/** The lists that are asked for most, each in place of whatever filters there are. `mine` are the owners whom the reader is in the CRMs. */
function presetsOf(asked: Asked, mine: readonly string[]) {
  const { search, slowSince } = asked
  const [me] = mine
  const names = filterNames(asked)
  const preset = (word: string, filter: Record<string, string>) => ({
    word,
    isCurrent:
      names.length === Object.keys(filter).length && names.every((name) => search.get(name) === filter[name]),
    href: `${addressWith(search, { more: null, ...Object.fromEntries(names.map((name) => [name, null])), ...filter })}#deals`,
  })
  return [
    preset('All open', {}),
    ...(me === undefined || mine.length > 1 ? [] : [preset('Mine', { owner: me })]),
    preset('Closing this quarter', { closing: 'quarter' }),
    ...(slowSince.size === 0 ? [] : [preset('Slow in stage', { pace: 'slow' })]),
  ]
}

const filterNames = (asked: Asked) => pipelineFilterWords(asked.ask, namesOf(asked)).map(({ name }) => name)

function pillsOf(asked: Pick<Asked, 'ask' | 'search' | 'stages' | 'listed' | 'owners'>) {
  const { ask: pipelineAsk, search } = asked
  const words = pipelineFilterWords(pipelineAsk, namesOf(asked))
  const none = Object.fromEntries(words.map(({ name }) => [name, null]))
  return {
    clear: `${addressWith(search, { ...none, more: null })}#deals`,
    pills: words.map(({ name, words: of }) => ({
      words: of,
      without: `${addressWith(search, { [name]: null })}#deals`,
    })),
  }
}

async function tableOf(tx: Tx, asked: Asked, all: number) {
  const { scope, filters, search, ask: pipelineAsk } = asked
  const { rows, next } = await readDeals(tx, scope, filters, {
    sort: pipelineAsk.sort,
    after: search.get('after'),
    most: mostOnPage,
  })
  const seen = seenOf(search)
  const shown = { seen, rows: rows.length, rest: Math.max(rows.length, all - seen), isExact: true }
  return {
    view: 'table' as const,
    deals: (await dealLinesOf(tx, asked, rows)).map((deal) => withStep(deal, asked)),
    columns: sortColumns(search, pipelineAsk.sort),
    more: {
      href: nextAddress(search, next, seen + rows.length),
      words: 'Load more',
      range: rangeInWords(shown),
      shown: shownInWords(shown),
    },
  }
}

const withStep = <Deal extends DealRow>(deal: Deal, { history, workspace }: Asked) => ({
  ...deal,
  words: stepWords(deal, history.now, workspace.timeZone),
})

/** "3 in, 1 out in 7 d"; nothing where nothing came or went. */
function flowWords({ entered, left }: { entered: number; left: number }, since: string): string {
  const ways = [...(entered > 0 ? [`${count(entered)} in`] : []), ...(left > 0 ? [`${count(left)} out`] : [])]
  return ways.length === 0 ? '' : `${ways.join(', ')} ${since}`
}

async function boardOf(tx: Tx, asked: Asked, sums: readonly StageSum[], isWhole: boolean) {
  const { scope, filters, search, listed, ask: pipelineAsk, currency, standings, workspace, isCut } = asked
  const { now } = asked.history
  const stages = byStage(sums, [], listed)
  const deals = await readBoard(tx, scope, filters, {
    stages: stages.map(({ key }) => key),
    most: mostInColumn(stages.length),
    more: pipelineAsk.more,
    mostMore: mostUnfolded,
    tomorrow: edgesOf(now, workspace.timeZone).tomorrow,
  })
  const since = isCut ? 'since our copy began' : asked.since.over
  return {
    view: 'board' as const,
    columns: stages.map(({ key, name, now }) => ({
      name,
      count: now.count,
      amountMinor: now.amountMinor,
      weightedMinor: weightedMinor(now),
      // What a filter leaves out came and went, too.
      flow: isWhole ? flowWords(flowThrough(standings.flows, { stageKey: key, currency }), since) : '',
      deals: (deals.get(key) ?? []).map((deal) => withStep(deal, asked)),
      anchor: `stage-${key}`,
      moreHref:
        key === pipelineAsk.more
          ? addressWith(search, { stage: key, view: 'table', more: null })
          : `${addressWith(search, { more: key })}#stage-${key}`,
      moreWords: `Show ${count(now.count - (deals.get(key)?.length ?? 0))} more`,
    })),
  }
}
