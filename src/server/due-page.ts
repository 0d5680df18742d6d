import type { Tx } from '../../drizzle/db.ts'
import { dayOf } from '../domain/days.ts'
import { movedOften } from '../domain/due.ts'
import { basisOf, type Basis, type ConnectionNow } from '../domain/freshness.ts'
import { count, countedWords } from '../format.ts'
import { readDue } from '../queries/due.ts'
import { together } from '../queries/due-counts.ts'
import { mostNamed } from '../queries/due-now.ts'
import type { DueScope } from '../queries/due-parts.ts'
import { readDueChoices, readDueSummary, readNextUp, timeless } from '../queries/due-summary.ts'
import { readSavedViews } from '../queries/saved-views.ts'
import { readUnplanned } from '../queries/unplanned.ts'
import type { Workspace } from '../queries/workspaces.ts'
import { dueAskOf, dueFiltersOf, isNarrowed, isWhole } from './due-filters.ts'
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
import { chosenOf, noChoices } from './due-chosen.ts'
import { stripDaysOf, stripOf } from './due-strip.ts'
import { addressWith, nextAddress, seenOf } from './list-address.ts'
import type { TakePart } from './read-parts.ts'

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

/** What the page is read in; each may be missing. */
export type DuePart = 'list' | 'counts' | 'choices' | 'beside' | 'refused' | 'notice' | 'views'

/** All that the page of due actions shows, each part as far as it could be read. */
export async function readDuePage(
  tx: Tx,
  take: TakePart<DuePart>,
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
    isQueue ? take('list', () => readDue(tx, scope, filters, { most: mostRows, from })) : nothing,
    take('counts', () => readDueSummary(tx, scope, filters, person.id, days)),
    isQueue
      ? take('beside', () => readUnplanned(tx, scope, filters, { most: mostBeside, from: null }))
      : take('list', () => readUnplanned(tx, scope, filters, { most: mostRows, from })),
    take('views', () => readSavedViews(tx, person.id, 'due')),
  ])
  const isAllDone = summary !== null && summary.buckets.overdue.count + summary.buckets.today.count === 0
  const oftenMoved = { ...timeless(filters), moves: movedOften }
  const [moved, nextUp, worths, choices] = await Promise.all([
    isQueue && summary?.movedOften.count !== 0
      ? take('beside', () => readDue(tx, scope, oftenMoved, { most: mostBeside, from: null }))
      : nothing,
    isQueue && isAllDone
      ? take('counts', async () => ({ step: await readNextUp(tx, scope, filters) }))
      : null,
    summary && take('counts', () => readWorths(tx, scope, filters, summary)),
    summary ?? take('choices', () => readDueChoices(tx)),
  ])
  const back = backOf(search)
  const home = `/w/${workspace.slug}`
  const lines: LineScope = { home, back, timeZone, now, source: sourceName(status.connections) }
  const first = from === null && ask.day === undefined ? list?.rows[0] : undefined
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
    title: isQueue && summary ? titleOf(summary.buckets.overdue, summary.buckets.today) : undefined,
    sentence:
      summary &&
      (isQueue
        ? sentenceOf(summary, { worth: worths?.now ?? null, isNarrowed: isNarrowed(ask) })
        : unplannedWords(summary.unplanned, allPlanned)),
    allPlanned,
    /** What the navigation says waits, where this list is the queue it speaks of. */
    waiting: isWhole(ask, mine)
      ? summary && together([summary.buckets.overdue, summary.buckets.today], mostNamed)
      : undefined,
    strip: summary && stripOf(summary, { oldestDaysLate: first?.daysLate ?? null, timeZone, now, search }),
    ...chosenOf(ask, choices ?? noChoices, search, { mine, currency, today: dayOf(now, timeZone) }, summary),
    groups: dueGroups(list?.rows ?? [], lines).map((group) => ({
      ...group,
      // Of one day of a week the week's figures say nothing.
      total:
        isOneDay || summary === null || worths === null
          ? null
          : totalWords(summary.buckets[group.bucket], worths[group.bucket]),
    })),
    isEmpty: page?.rows.length === 0,
    /** What is said where nothing is due; not of a queue that was not counted. */
    allDone: isAllDone &&
      nextUp !== null && {
        closed: closedWords(summary.doneToday),
        nextUp: nextUpWords(nextUp.step, timeZone, now),
        unplanned: { count: summary.unplanned.count, words: countedWords(summary.unplanned) },
      },
    unplanned: {
      lines: unplanned?.rows.map((row) => unplannedLine(row, lines)) ?? [],
      count: summary && countedWords(summary.unplanned),
    },
    moved:
      moved?.rows.map((row) => dueGroups([row], lines)[0]?.lines[0]).filter((line) => line !== undefined) ??
      [],
    more: page && {
      href: nextAddress(search, page.next, seen + page.rows.length),
      words: `Load ${mostRows} more`,
      range: seen === 0 ? `${count(page.rows.length)} shown` : `From ${count(seen + 1)} on`,
      shown: `${count(seen + page.rows.length)} shown`,
    },
  }
}

/** The address of the list, from its beginning, for the forms that lead back to it. */
function backOf(search: URLSearchParams): string {
  const address = addressWith(search, { done: null })
  return address === '?' ? '' : address
}
