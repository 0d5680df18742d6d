import type { ViewPage } from '../../drizzle/schema/views.ts'
import type { SavedView } from '../queries/saved-views.ts'
import { may, type Role } from './access.ts'
import { notUnderstood, tidyQuery, type AskForm } from './list-ask.ts'

/** So many stand in the bar; the rest are in a menu. */
const mostInBar = 8

export type ViewLink = {
  id: string
  name: string
  /** Who shares it; undefined for one's own. */
  by: string | undefined
  isShared: boolean
  href: string
  isCurrent: boolean
}

export type ViewBar = {
  page: ViewPage
  /** What the list shows now, as a view would keep it. */
  query: string
  bar: ViewLink[]
  rest: ViewLink[]
  mayShare: boolean
  /** The view that the list was opened by, or that it shows. */
  current: (ViewLink & { isEdited: boolean; mayChange: boolean }) | undefined
  /** What the opened view asks for that this list does not understand any more. */
  lost: string[]
  /** What the last deed came to, in words, and the view that it can be undone for. */
  said: { words: string; isProblem: boolean; undo: string | undefined } | undefined
  /** The name that was not taken, for another try. */
  typed: string
}

/** The saved views of a list beside what it shows now. `search` is the address of the list. */
export function viewBarOf(
  views: readonly SavedView[],
  { page, form, search, role }: { page: ViewPage; form: AskForm; search: URLSearchParams; role: Role },
): ViewBar {
  const query = tidyQuery(form, search)
  const tidy = (view: SavedView) => tidyQuery(form, new URLSearchParams(view.query))
  const opened = views.find(({ id }) => id === search.get('saved'))
  const shown = opened ?? (query === '' ? undefined : views.find((view) => tidy(view) === query))
  const links = views.map((view) => ({ ...linkOf(view), isCurrent: view === shown }))
  const current = links.find(({ isCurrent }) => isCurrent)
  return {
    page,
    query,
    bar: links.slice(0, mostInBar),
    rest: links.slice(mostInBar),
    mayShare: may(role, 'share_views'),
    current: shown &&
      current && {
        ...current,
        isEdited: tidy(shown) !== query,
        mayChange: shown.isOwn || may(role, 'change_workspace'),
      },
    lost: opened ? notUnderstood(form, new URLSearchParams(opened.query)) : [],
    said: saidOf(search),
    typed: (search.get('typed') ?? '').slice(0, 60),
  }
}

function linkOf({ id, name, query, isOwn, isShared, owner }: SavedView) {
  const href = `?${query === '' ? '' : `${query}&`}saved=${id}`
  return { id, name, by: isOwn ? undefined : owner, isShared, href }
}

/** What a deed on a view comes to; the address of the list says it by its word. */
export const viewWords = {
  saved: 'The view is saved.',
  changed: 'The view is changed.',
  deleted: 'The view is deleted.',
  restored: 'The view is back.',
  name_taken: 'You have a view of this name here. Choose another name.',
  too_many: 'You have as many views of this list as can be kept. Delete one first.',
  not_allowed: 'Your role does not share views.',
  invalid: 'Give the view a name of 60 characters at most.',
} as const
export type ViewWord = keyof typeof viewWords

const problems: readonly string[] = ['name_taken', 'too_many', 'not_allowed', 'invalid'] satisfies ViewWord[]

function saidOf(search: URLSearchParams): ViewBar['said'] {
  const word = search.get('said') ?? ''
  if (!Object.hasOwn(viewWords, word)) return undefined
  return {
    words: viewWords[word as ViewWord],
    isProblem: problems.includes(word),
    undo: word === 'deleted' ? (search.get('gone') ?? undefined) : undefined,
  }
}
