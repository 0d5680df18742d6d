import { z } from 'zod'
import { buckets, bucketWords, movedOften } from '../domain/due.ts'
import { dayInWords } from '../domain/days.ts'
import { termsOf } from '../domain/search.ts'
import { money, moneyOf } from '../format.ts'
import type { DueFilters } from '../queries/due-parts.ts'
import type { DueChoices } from '../queries/due-summary.ts'
import { askedOf, day, question, uuid, type Asked } from './list-ask.ts'

/** In an address: what is due after the days of the strip. */
export const beyondName = 'beyond'

export const dueForm = {
  view: z.literal('unplanned'),
  /** Whose queue, where the person owns anything in the CRM. */
  whose: z.enum(['mine', 'all']),
  owner: uuid,
  stage: uuid,
  pipeline: uuid,
  day: z.union([z.enum([...buckets, beyondName]), day]),
  /** In the workspace's currency, its major unit. */
  least: z.coerce.number().int().min(1).max(1_000_000_000_000),
  moved: z.literal('often'),
  q: question,
}

/** What an address asks of the list of due actions; whatever is not understood asks nothing. */
export type DueAsk = Asked<typeof dueForm>
export const dueAskOf = (search: URLSearchParams): DueAsk => askedOf(dueForm, search)

/** Whose queue is shown: one's own where there is one, unless the address says otherwise. `mine` are the person's owners in the CRM. */
export const isMine = ({ whose, owner }: DueAsk, mine: readonly string[]): boolean =>
  owner === undefined && mine.length > 0 && whose !== 'all'

/** Nothing but the day narrows the queue that this person's page shows first. */
export const isWhole = (ask: DueAsk, mine: readonly string[]): boolean =>
  (mine.length === 0 || isMine(ask, mine)) && !isNarrowed(ask)

/** More than the day and whose queue it is says what is shown. */
export const isNarrowed = (ask: DueAsk): boolean =>
  [ask.owner, ask.stage, ask.pipeline, ask.least, ask.moved, ask.q].some((asked) => asked !== undefined)

/** The filters as the queries take them. */
export function dueFiltersOf(
  ask: DueAsk,
  { mine, currency, lastDay }: { mine: readonly string[]; currency: string; lastDay: string | undefined },
): DueFilters {
  const { owner, stage, pipeline, day: when, least } = ask
  const bucket = buckets.find((name) => name === when)
  const terms = termsOf(ask.q ?? '')
  return {
    owners: owner !== undefined ? [owner] : isMine(ask, mine) ? [...mine] : undefined,
    stage,
    pipeline,
    bucket,
    day: bucket === undefined && when !== beyondName ? when : undefined,
    beyond: when === beyondName ? lastDay : undefined,
    terms: terms.length > 0 ? terms : undefined,
    least: least === undefined ? undefined : moneyOf(least, currency),
    moves: ask.moved === undefined ? undefined : movedOften,
  }
}

/** What filters the list, in words; each with the parameter that says it. */
export function dueFilterWords(
  ask: DueAsk,
  names: { stage: (id: string) => string; owner: (id: string) => string; pipeline: (id: string) => string },
  { currency, today }: { currency: string; today: string },
): { name: string; words: string }[] {
  const { owner, stage, pipeline, day: when, least, moved, q } = ask
  return [
    ...(owner === undefined ? [] : [{ name: 'owner', words: `Owner: ${names.owner(owner)}` }]),
    ...(stage === undefined ? [] : [{ name: 'stage', words: `Stage: ${names.stage(stage)}` }]),
    ...(pipeline === undefined ? [] : [{ name: 'pipeline', words: `Pipeline: ${names.pipeline(pipeline)}` }]),
    ...(when === undefined ? [] : [{ name: 'day', words: whenWords(when, today) }]),
    ...(least === undefined
      ? []
      : [{ name: 'least', words: `${money(moneyOf(least, currency), currency)} or more` }]),
    ...(moved === undefined ? [] : [{ name: 'moved', words: `Moved ${movedOften} times or more` }]),
    ...(q === undefined ? [] : [{ name: 'q', words: `Search: ${q}` }]),
  ]
}

/** The names of owners, stages and pipelines by their ids, as filters say them; what is not listed is another. */
export function dueNamesOf({ owners, stages, pipelines }: DueChoices) {
  const nameIn = (options: DueChoices['owners']) => (id: string) =>
    options.find(({ value }) => value === id)?.word ?? 'another'
  return { owner: nameIn(owners), stage: nameIn(stages), pipeline: nameIn(pipelines) }
}

function whenWords(when: string, today: string): string {
  const bucket = buckets.find((name) => name === when)
  return bucket !== undefined ? bucketWords[bucket] : when === beyondName ? 'Later' : dayInWords(when, today)
}
