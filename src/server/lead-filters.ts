import { z } from 'zod'
import { periodChoices, type AskedPeriod, type Period } from '../domain/period.ts'
import type { ListedStage } from '../domain/pipeline.ts'
import { termsOf } from '../domain/search.ts'
import { leadSorts, type LeadFilters, type LeadSort } from '../queries/leads.ts'
import { askedOf, day, question, sortBy, uuid, uuidOrNone, words } from './list-ask.ts'

export const leadForm = {
  period: z.enum(Object.keys(periodChoices) as (keyof typeof periodChoices)[]),
  from: day,
  to: day,
  q: question,
  source: words,
  stage: uuidOrNone,
  owner: uuid,
  show: z.enum(['qualified', 'untouched']),
  sort: sortBy(leadSorts),
  status_chart: z.enum(['share', 'pie']),
}

/** What an address asks of the leads, the period apart; whatever is not understood asks nothing. */
export type LeadAsk = Omit<LeadFilters, 'from' | 'to'> & {
  search: string
  sort: LeadSort
  statusChart: 'share' | 'pie'
}

export function leadAskOf(search: URLSearchParams): LeadAsk {
  const { q = '', show, sort, source, stage, owner, status_chart } = askedOf(leadForm, search)
  return {
    search: q,
    terms: termsOf(q),
    source,
    stage,
    owner,
    isQualified: show === 'qualified',
    isUntouched: show === 'untouched',
    sort: sort ?? { by: 'created', isDescending: true },
    statusChart: status_chart ?? 'share',
  }
}

/** The period that an address names; days without a word beside them mean themselves. */
export function periodAskedOf(search: URLSearchParams): AskedPeriod {
  const { period, from, to } = askedOf(leadForm, search)
  return { name: period ?? (from === undefined ? null : 'days'), from: from ?? null, to: to ?? null }
}

/** What filters the list besides the period, in words; each with the parameter that says it. */
export function leadFilterWords(
  { source, stage, owner, isQualified, isUntouched, search }: LeadAsk,
  names: { stage: (key: string) => string; owner: (id: string) => string },
): { name: string; words: string }[] {
  return [
    ...(source === undefined
      ? []
      : [{ name: 'source', words: source === '-' ? 'No source' : `Source: ${source}` }]),
    ...(stage === undefined ? [] : [{ name: 'stage', words: `Status: ${names.stage(stage)}` }]),
    ...(owner === undefined ? [] : [{ name: 'owner', words: `Owner: ${names.owner(owner)}` }]),
    ...(isQualified ? [{ name: 'show', words: 'Qualified' }] : []),
    ...(isUntouched ? [{ name: 'show', words: 'Not touched' }] : []),
    ...(search === '' ? [] : [{ name: 'q', words: `Search: ${search}` }]),
  ]
}

type Named = readonly { value: string; word: string }[]

/** The names of stages and owners by their ids, as filters say them; what is not listed is another. */
export function namesOf(stages: readonly ListedStage[], owners: Named) {
  return {
    stage: (key: string) =>
      key === '-' ? 'none' : (stages.find((stage) => stage.key === key)?.name ?? 'another'),
    owner: (id: string) => owners.find(({ value }) => value === id)?.word ?? 'another',
  }
}

/** "Created in 30 days" */
export const periodFilterWords = ({ words: of }: Period): string => `Created ${of}`
