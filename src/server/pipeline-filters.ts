import { z } from 'zod'
import { bridgeWords, isIn, moves, valueBuckets, type BridgeRow, type Changes } from '../domain/bridge.ts'
import { dayOf } from '../domain/days.ts'
import { quarterEnd, quarterStart, sinceChoices } from '../domain/period.ts'
import { termsOf } from '../domain/search.ts'
import { changeText } from '../queries/bridge.ts'
import type { DealFilters } from '../queries/deal-match.ts'
import { dealSorts, type DealSort } from '../queries/pipeline.ts'
import { askedOf, day, question, sortBy, uuid, uuidOrNone } from './list-ask.ts'

const statuses = ['open', 'won', 'lost', 'all'] as const
const statusWords = { open: 'Open', won: 'Won', lost: 'Lost', all: 'Open, won and lost' } as const

export const pipelineForm = {
  since: z.union([z.enum([...Object.keys(sinceChoices), 'day']), day]),
  day,
  currency: z.string().regex(/^[A-Z]{3}$/),
  view: z.enum(['board', 'table']),
  status: z.enum(statuses),
  stage: uuidOrNone,
  owner: uuid,
  q: question,
  closing: z.enum(['quarter']),
  missing: z.enum(['amount']),
  pace: z.enum(['slow']),
  change: z.enum([...valueBuckets, ...moves]),
  sort: sortBy(dealSorts),
}

/** What an address asks of the pipeline; whatever is not understood asks nothing. */
export type PipelineAsk = Omit<DealFilters, 'currency' | 'change' | 'slowSince'> & {
  search: string
  change: BridgeRow | undefined
  /** Those that stand in their stage for longer than is usual there. */
  isSlow: boolean
  view: 'board' | 'table'
  sort: DealSort
  /** The stage of which all are shown. */
  more: string | undefined
}

export function pipelineAskOf(search: URLSearchParams, asOf: Date, timeZone: string): PipelineAsk {
  const {
    q = '',
    status,
    stage,
    owner,
    closing,
    missing,
    pace,
    change,
    view,
    sort,
  } = askedOf(pipelineForm, search)
  const today = dayOf(asOf, timeZone)
  return {
    status: status ?? 'open',
    stage,
    owner,
    search: q,
    terms: termsOf(q),
    closing: closing && { from: quarterStart(today), to: quarterEnd(today) },
    isWithoutAmount: missing === 'amount',
    isSlow: pace === 'slow',
    change,
    view: view ?? 'board',
    sort: sort ?? { by: 'value', isDescending: true },
    more: uuidOrNone.safeParse(search.get('more')).data,
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
  const { status, stage, owner, search, closing, isWithoutAmount, isSlow, change } = ask
  return [
    ...(status === 'open' ? [] : [{ name: 'status', words: `Status: ${statusWords[status]}` }]),
    ...(change === undefined ? [] : [{ name: 'change', words: `Changed: ${bridgeWords[change]}` }]),
    ...(stage === undefined ? [] : [{ name: 'stage', words: `Stage: ${names.stage(stage)}` }]),
    ...(owner === undefined ? [] : [{ name: 'owner', words: `Owner: ${names.owner(owner)}` }]),
    ...(closing === undefined ? [] : [{ name: 'closing', words: 'Closing this quarter' }]),
    ...(isSlow ? [{ name: 'pace', words: 'Slow in stage' }] : []),
    ...(isWithoutAmount ? [{ name: 'missing', words: 'Without a value' }] : []),
    ...(search === '' ? [] : [{ name: 'q', words: `Search: ${search}` }]),
  ]
}
