import type { Tx } from '../../drizzle/db.ts'
import { dayOf } from '../domain/days.ts'
import { movedOften } from '../domain/due.ts'
import { basisOf, type Basis, type ConnectionNow } from '../domain/freshness.ts'
import { count } from '../format.ts'
import { readDue } from '../queries/due.ts'
import { together } from '../queries/due-counts.ts'
import { mostNamed } from '../queries/due-now.ts'
import type { DueScope } from '../queries/due-parts.ts'
import {
  readDueSummary,
  readNextUp,
  timeless,
  type DueChoices,
  type DueOption,
  type DueSummary,
} from '../queries/due-summary.ts'
import { readSavedViews } from '../queries/saved-views.ts'
import { readUnplanned } from '../queries/unplanned.ts'
import type { Workspace } from '../queries/workspaces.ts'
import {
  dueAskOf,
  dueFiltersOf,
  dueFilterWords,
  isMine,
  isNarrowed,
  isWhole,
  type DueAsk,
} from './due-filters.ts'
import {
  allPlannedWords,
  closedWords,
  nextUpWords,
  sentenceOf,
  titleOf,
  unplannedWords,
} from './due-words.ts'
import { readWorths, totalWords } from './due-worths.ts'
import { dueStanding } from './due-standing.ts'
import { dueGroups, unplannedLine, type LineScope } from './due-lines.ts'
import { countedWords, stripDaysOf, stripOf } from './due-strip.ts'
import { keptBeside } from './kept-beside.ts'
import { addressWith, nextAddress, seenOf } from './list-address.ts'

const mostRows = 50
/** So many stand beside the list; the rest are a click away. */
const mostBeside = 3

export type DueStatus = { now: Date; connections: readonly ConnectionNow[] }

/** What the queries of due actions stand on. Overdue tasks come from connections that have read all their activities. */
export function dueScopeOf(workspace: Workspace, status: DueStatus): DueScope & { basis: Basis } {
  const basis = basisOf(status.connections, ['activities'])
  const { timeZone, currency } = workspace
  return { now: status.now, timeZone, currency, taskConnectionIds: basis.connectionIds, basis }
}

/** What the CRM is called where one thing is said of it: by its name where there is one. */
export function sourceName(connections: readonly Pick<ConnectionNow, 'name'>[]): string {
  const [first, second] = connections
  return first !== undefined && second === undefined ? first.name : 'the CRM'
}

/** All that the page of due actions shows, read as of one moment. */
export async function readDuePage(
  tx: Tx,
  {
    workspace,
    status,
    person,
    ownOwners: mine,
  }: Pick<App.Locals, 'workspace' | 'status' | 'person' | 'ownOwners'>,
  search: URLSearchParams,
) {
  const scope = dueScopeOf(workspace, status)
  const { now, timeZone, currency } = scope
  const ask = dueAskOf(search)
  const days = stripDaysOf(now, timeZone)
  const filters = dueFiltersOf(ask, { mine, currency, lastDay: days.at(-1) })
  const from = search.get('after')
  const isQueue = ask.view === undefined
  const nothing = { rows: [], next: null }
  // Sent together, answered in this order.
  const [list, summary, unplanned, views] = await Promise.all([
    isQueue ? readDue(tx, scope, filters, { most: mostRows, from }) : nothing,
    readDueSummary(tx, scope, filters, person.id, days),
    readUnplanned(tx, scope, filters, isQueue ? { most: mostBeside, from: null } : { most: mostRows, from }),
    readSavedViews(tx, person.id, 'due'),
  ])
  const { overdue, today } = summary.buckets
  const isAllDone = overdue.count === 0 && today.count === 0
  const oftenMoved = { ...timeless(filters), moves: movedOften }
  const [moved, nextUp, worths] = await Promise.all([
    isQueue && summary.movedOften.count > 0
      ? readDue(tx, scope, oftenMoved, { most: mostBeside, from: null })
      : nothing,
    isQueue && isAllDone ? readNextUp(tx, scope, filters) : null,
    readWorths(tx, scope, filters, summary),
  ])
  const back = backOf(search)
  const home = `/w/${workspace.slug}`
  const lines: LineScope = { home, back, timeZone, now, source: sourceName(status.connections) }
  const first = from === null && ask.day === undefined ? list.rows[0] : undefined
  const page = isQueue ? list : unplanned
  const seen = seenOf(search)
  const allPlanned = allPlannedWords(ask, mine)
  const isOneDay = filters.day !== undefined || filters.beyond !== undefined
  return {
    ask,
    back,
    views,
    basis: scope.basis,
    standing: dueStanding(scope.basis, basisOf(status.connections, ['opportunities'])),
    summary,
    title: isQueue ? titleOf(overdue, today) : undefined,
    sentence: isQueue
      ? sentenceOf(summary, { worth: worths.now, isNarrowed: isNarrowed(ask) })
      : unplannedWords(summary.unplanned, allPlanned),
    allPlanned,
    /** What the navigation says waits, where this list is the queue it speaks of. */
    waiting: isWhole(ask, mine) ? together([overdue, today], mostNamed) : undefined,
    strip: stripOf(summary, { oldestDaysLate: first?.daysLate ?? null, timeZone, now, search }),
    ...chosenOf(ask, summary, search, { mine, currency, today: dayOf(now, timeZone) }, summary),
    groups: dueGroups(list.rows, lines).map((group) => ({
      ...group,
      // Of one day of a week the week's figures say nothing.
      total: isOneDay ? null : totalWords(summary.buckets[group.bucket], worths[group.bucket]),
    })),
    isEmpty: page.rows.length === 0,
    isAllDone,
    closed: closedWords(summary.doneToday),
    nextUp: nextUpWords(nextUp, timeZone, now),
    unplanned: unplanned.rows.map((row) => unplannedLine(row, lines)),
    moved: moved.rows.map((row) => dueGroups([row], lines)[0]?.lines[0]).filter((line) => line !== undefined),
    more: {
      href: nextAddress(search, page.next, seen + page.rows.length),
      words: `Load ${mostRows} more`,
      range: seen === 0 ? `${count(page.rows.length)} shown` : `From ${count(seen + 1)} on`,
      shown: `${count(seen + page.rows.length)} shown`,
    },
  }
}

export type DuePage = Awaited<ReturnType<typeof readDuePage>>

/** What stands above the list where the list itself cannot be read: the same, without a number. */
export function aroundDue(
  { workspace, status, ownOwners: mine }: Pick<App.Locals, 'workspace' | 'status' | 'ownOwners'>,
  choices: DueChoices | null,
  search: URLSearchParams,
) {
  const { currency, timeZone } = workspace
  const now = { mine, currency, today: dayOf(status.now, timeZone) }
  return chosenOf(dueAskOf(search), choices ?? noChoices, search, now, null)
}

const noChoices: DueChoices = { owners: [], stages: [], pipelines: [] }

/** Whose queue and which of its rows are shown, and the ways to others. */
function chosenOf(
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

/** The address of the list, from its beginning, for the forms that lead back to it. */
function backOf(search: URLSearchParams): string {
  const address = addressWith(search, { done: null })
  return address === '?' ? '' : address
}

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
      choice('least', 'Value', 'Any value', ask.least === undefined ? undefined : String(ask.least), amounts),
    ],
  }
}

const amounts = [10_000, 25_000, 50_000, 100_000].map((amount) => ({
  value: String(amount),
  word: `${new Intl.NumberFormat('en-US').format(amount)} or more`,
}))

function pillsOf(
  ask: DueAsk,
  { owners, stages, pipelines }: DueChoices,
  search: URLSearchParams,
  now: { currency: string; today: string },
) {
  const nameIn = (options: DueOption[]) => (id: string) =>
    options.find(({ value }) => value === id)?.word ?? 'another'
  const names = { owner: nameIn(owners), stage: nameIn(stages), pipeline: nameIn(pipelines) }
  const words = dueFilterWords(ask, names, now)
  return {
    clear: addressWith(search, Object.fromEntries(words.map(({ name }) => [name, null]))),
    pills: words.map(({ name, words: of }) => ({
      words: of,
      without: addressWith(search, { [name]: null }),
    })),
  }
}
