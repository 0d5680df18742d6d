import { z } from 'zod'
import { termsOf, tidySearch } from '../domain/search.ts'
import { leadSorts, type LeadFilters, type LeadSort } from '../queries/leads.ts'

const uuid = z.uuid()

/** What an address asks of the leads, the period apart; whatever is not understood asks nothing. */
export type LeadAsk = Omit<LeadFilters, 'from'> & {
  search: string
  sort: LeadSort
  statusChart: 'share' | 'pie'
}

export function leadAskOf(search: URLSearchParams): LeadAsk {
  const question = tidySearch(search.get('q') ?? '')
  const source = (search.get('source') ?? '').replaceAll('\0', '').toWellFormed().slice(0, 500)
  const stage = search.get('stage')
  return {
    search: question,
    terms: termsOf(question),
    source: source === '' ? undefined : source,
    stage: stage === '-' ? stage : uuid.safeParse(stage).data,
    owner: uuid.safeParse(search.get('owner')).data,
    isQualified: search.get('show') === 'qualified',
    sort: leadSortOf(search.get('sort')),
    statusChart: search.get('status_chart') === 'pie' ? 'pie' : 'share',
  }
}

/** What filters the list besides the period, in words; each with the parameter that says it. */
export function leadFilterWords(
  { source, stage, owner, isQualified, search }: LeadAsk,
  names: { stage: (key: string) => string; owner: (id: string) => string },
): { name: string; words: string }[] {
  return [
    ...(source === undefined
      ? []
      : [{ name: 'source', words: source === '-' ? 'No source' : `Source: ${source}` }]),
    ...(stage === undefined ? [] : [{ name: 'stage', words: `Status: ${names.stage(stage)}` }]),
    ...(owner === undefined ? [] : [{ name: 'owner', words: `Owner: ${names.owner(owner)}` }]),
    ...(isQualified ? [{ name: 'show', words: 'Qualified' }] : []),
    ...(search === '' ? [] : [{ name: 'q', words: `Search: ${search}` }]),
  ]
}

function leadSortOf(text: string | null): LeadSort {
  const by = leadSorts.find((name) => name === (text ?? '').replace(/^-/, ''))
  return by === undefined
    ? { by: 'created', isDescending: true }
    : { by, isDescending: (text ?? '').startsWith('-') }
}
