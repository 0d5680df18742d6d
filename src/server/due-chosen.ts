import { count, countedWords } from '../format.ts'
import type { DueChoices, DueOption, DueSummary } from '../queries/due-summary.ts'
import { dueFilterWords, dueNamesOf, isMine, type DueAsk } from './due-filters.ts'
import { keptBeside } from './kept-beside.ts'
import { addressWith } from './list-address.ts'

/** What the filters offer where that could not be read. */
export const noChoices: DueChoices = { owners: [], stages: [], pipelines: [] }

/** Whose queue and which of its rows are shown, and the ways to others; without `counts`, the ways say no number. */
export function chosenOf(
  ask: DueAsk,
  choices: DueChoices,
  search: URLSearchParams,
  now: { mine: readonly string[]; currency: string; today: string },
  counts: TabCounts | null,
) {
  return {
    tabs: tabsOf(ask, now.mine, counts, search),
    form: formOf(ask, choices, search, now.mine),
    ...pillsOf(ask, choices, search, now),
  }
}

type TabCounts = Pick<DueSummary, 'unplanned' | 'movedOften'>

function tabsOf(ask: DueAsk, mine: readonly string[], counts: TabCounts | null, search: URLSearchParams) {
  const isQueue = ask.view === undefined && ask.moved === undefined
  const whose = [
    {
      word: 'My queue',
      href: addressWith(search, { whose: null, owner: null, view: null, moved: null }),
      isCurrent: isQueue && isMine(ask, mine),
    },
    {
      word: 'Everyone',
      href: addressWith(search, { whose: 'all', owner: null, view: null, moved: null }),
      isCurrent: isQueue && !isMine(ask, mine),
    },
  ]
  return [
    ...(mine.length > 0
      ? whose
      : [{ word: 'Due', href: addressWith(search, { view: null, moved: null }), isCurrent: isQueue }]
    ).map((tab) => ({ ...tab, count: null })),
    {
      word: 'No next action',
      href: addressWith(search, { view: 'unplanned', day: null, moved: null }),
      isCurrent: ask.view === 'unplanned',
      count: counts && countedWords(counts.unplanned),
    },
    {
      word: 'Keeps moving',
      href: addressWith(search, { moved: 'often', view: null, day: null }),
      isCurrent: ask.view === undefined && ask.moved !== undefined,
      count: counts && countedWords(counts.movedOften),
    },
  ]
}

const formNames = ['q', 'owner', 'stage', 'pipeline', 'least']

function formOf(
  ask: DueAsk,
  { owners, stages, pipelines }: DueChoices,
  search: URLSearchParams,
  mine: readonly string[],
) {
  const choice = (
    name: string,
    label: string,
    any: string,
    value: string | undefined,
    options: DueOption[],
  ) => ({ name, label, any, value, options })
  return {
    label: 'Filters',
    kept: keptBeside(search, formNames),
    search: ask.q ?? '',
    placeholder: 'Name or next action',
    choices: [
      choice('owner', 'Owner', isMine(ask, mine) ? 'Me' : 'Anyone', ask.owner, owners),
      choice('stage', 'Stage', 'Every stage', ask.stage, stages),
      ...(pipelines.length > 1
        ? [choice('pipeline', 'Pipeline', 'Every pipeline', ask.pipeline, pipelines)]
        : []),
      choice(
        'least',
        'Value',
        'Any value',
        ask.least === undefined ? undefined : String(ask.least),
        amounts.map((amount) => ({ value: String(amount), word: `${count(amount)} or more` })),
      ),
    ],
  }
}

const amounts = [10_000, 25_000, 50_000, 100_000]

function pillsOf(
  ask: DueAsk,
  choices: DueChoices,
  search: URLSearchParams,
  now: { currency: string; today: string },
) {
  const words = dueFilterWords(ask, dueNamesOf(choices), now)
  return {
    clear: addressWith(search, Object.fromEntries(words.map(({ name }) => [name, null]))),
    pills: words.map(({ name, words: of }) => ({
      words: of,
      without: addressWith(search, { [name]: null }),
    })),
  }
}
