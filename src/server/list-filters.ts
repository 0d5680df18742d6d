import { z } from 'zod'
import { hotFrom } from '../domain/hot.ts'
import { termsOf } from '../domain/search.ts'
import { hotSorts, type HotFilters, type HotSort } from '../queries/hot-list.ts'
import type { NoteFilters } from '../queries/notes.ts'
import type { ScheduleFilters } from '../queries/schedule.ts'
import { askedOf, day, question, sortBy, uuid, words } from './list-ask.ts'

const percent = z.coerce
  .number()
  .int()
  .min(Math.round(hotFrom * 100))
  .max(100)

export const hotForm = { owner: uuid, market: words, stage: words, likely: percent, sort: sortBy(hotSorts) }

/** What an address asks of the hot list; whatever is not understood filters nothing. */
export function hotFiltersOf(search: URLSearchParams): HotFilters {
  const { owner, market, stage, likely } = askedOf(hotForm, search)
  return { owner, market, stage, likely: likely === undefined ? hotFrom : likely / 100 }
}

/** The order of the hot list is the greatest fee first unless another is asked for. */
export function hotSortOf(search: URLSearchParams): HotSort {
  return askedOf(hotForm, search).sort ?? { by: 'fee', isDescending: true }
}

export const noteForm = { q: question, author: words, from: day, to: day, note: uuid }

/** What an address asks of the notes. */
export function noteFiltersOf(search: URLSearchParams): NoteFilters & { search: string } {
  const { q = '', note: id, author, from, to } = askedOf(noteForm, search)
  return { search: q, terms: termsOf(q), id, author, from, to }
}

export const scheduleForm = { owner: uuid, kind: words, day }

/** What an address asks of the schedule. */
export const scheduleFiltersOf = (search: URLSearchParams): ScheduleFilters => askedOf(scheduleForm, search)
