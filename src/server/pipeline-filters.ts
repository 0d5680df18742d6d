import { z } from 'zod'
import { bridgeWords, isBridgeRow, isIn, moves, type BridgeRow, type Changes } from '../domain/bridge.ts'
import { dayOf } from '../domain/days.ts'
import { quarterEnd, quarterStart } from '../domain/period.ts'
import { termsOf, tidySearch } from '../domain/search.ts'
import { changeText } from '../queries/bridge.ts'
import { dealSorts, type DealFilters, type DealSort } from '../queries/pipeline.ts'

const uuid = z.uuid()
const statuses = ['open', 'won', 'lost', 'all'] as const
const statusWords = { open: 'Open', won: 'Won', lost: 'Lost', all: 'Open, won and lost' } as const

/** What an address asks of the pipeline; whatever is not understood asks nothing. */
export type PipelineAsk = Omit<DealFilters, 'currency' | 'change'> & {
  search: string
  change: BridgeRow | undefined
  view: 'board' | 'table'
  sort: DealSort
  /** The stage of which all are shown. */
  more: string | undefined
}

export function pipelineAskOf(search: URLSearchParams, asOf: Date, timeZone: string): PipelineAsk {
  const question = tidySearch(search.get('q') ?? '')
  const change = search.get('change')
  const today = dayOf(asOf, timeZone)
  return {
    status: statuses.find((status) => status === search.get('status')) ?? 'open',
    stage: stageOf(search.get('stage')),
    owner: uuid.safeParse(search.get('owner')).data,
    search: question,
    terms: termsOf(question),
    closing:
      search.get('closing') === 'quarter' ? { from: quarterStart(today), to: quarterEnd(today) } : undefined,
    isWithoutAmount: search.get('missing') === 'amount',
    change: isBridgeRow(change) ? change : undefined,
    view: search.get('view') === 'table' ? 'table' : 'board',
    sort: sortOf(search.get('sort')),
    more: stageOf(search.get('more')),
  }
}

/** The filters as the queries take them: a row of the bridge is the changes that it counts. */
export function dealFiltersOf(
  ask: PipelineAsk,
  currency: string,
  changes: readonly Changes[],
  since: Date,
): DealFilters {
  const { change: row } = ask
  const change = row && {
    row,
    isMove: moves.some((move) => move === row),
    texts: changes.filter((change) => isIn(row, change)).map(changeText),
    since,
  }
  return { ...ask, currency, change }
}

/** The moment an address compares with; the form says a day of its own beside the choice. */
export function sinceAsked(search: URLSearchParams): string | null {
  return search.get('since') === 'day' ? search.get('day') : search.get('since')
}

/** What filters the list, in words; each with the parameter that says it. */
export function pipelineFilterWords(
  ask: PipelineAsk,
  names: { stage: (key: string) => string; owner: (id: string) => string },
): { name: string; words: string }[] {
  const { status, stage, owner, search, closing, isWithoutAmount, change } = ask
  return [
    ...(status === 'open' ? [] : [{ name: 'status', words: `Status: ${statusWords[status]}` }]),
    ...(change === undefined ? [] : [{ name: 'change', words: `Changed: ${bridgeWords[change]}` }]),
    ...(stage === undefined ? [] : [{ name: 'stage', words: `Stage: ${names.stage(stage)}` }]),
    ...(owner === undefined ? [] : [{ name: 'owner', words: `Owner: ${names.owner(owner)}` }]),
    ...(closing === undefined ? [] : [{ name: 'closing', words: 'Closing this quarter' }]),
    ...(isWithoutAmount ? [{ name: 'missing', words: 'Without a value' }] : []),
    ...(search === '' ? [] : [{ name: 'q', words: `Search: ${search}` }]),
  ]
}

function stageOf(text: string | null): string | undefined {
  return text === '-' ? text : uuid.safeParse(text).data
}

function sortOf(text: string | null): DealSort {
  const by = dealSorts.find((name) => name === (text ?? '').replace(/^-/, ''))
  return by === undefined
    ? { by: 'value', isDescending: true }
    : { by, isDescending: (text ?? '').startsWith('-') }
}
