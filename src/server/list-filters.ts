import { z } from 'zod'
import { hotFrom } from '../domain/hot.ts'
import { termsOf, tidySearch } from '../domain/search.ts'
import { hotSorts, type HotFilters, type HotSort } from '../queries/hot-list.ts'
import type { NoteFilters } from '../queries/notes.ts'
import type { ScheduleFilters } from '../queries/schedule.ts'

/** Years that both JavaScript and Postgres know. */
const day = z.iso.date().refine((text) => /^[12]\d{3}/.test(text))
const percent = z.coerce
  .number()
  .int()
  .min(Math.round(hotFrom * 100))
  .max(100)
const uuid = z.uuid()

/** What an address asks of the hot list; whatever is not understood filters nothing. */
export function hotFiltersOf(search: URLSearchParams): HotFilters {
  const likely = percent.safeParse(search.get('likely') || undefined).data
  return {
    owner: uuid.safeParse(search.get('owner')).data,
    market: wordsOf(search, 'market'),
    stage: wordsOf(search, 'stage'),
    likely: likely === undefined ? hotFrom : likely / 100,
  }
}

/** `-fee` is the greatest fee first; that is the order of the hot list unless another is asked for. */
export function hotSortOf(search: URLSearchParams): HotSort {
  const text = search.get('sort') ?? '-fee'
  const by = hotSorts.find((name) => name === text.replace(/^-/, ''))
  return by === undefined ? { by: 'fee', isDescending: true } : { by, isDescending: text.startsWith('-') }
}

/** What an address asks of the notes. */
export function noteFiltersOf(search: URLSearchParams): NoteFilters & { search: string } {
  const question = tidySearch(search.get('q') ?? '')
  return {
    search: question,
    terms: termsOf(question),
    id: uuid.safeParse(search.get('note')).data,
    author: wordsOf(search, 'author'),
    from: day.safeParse(search.get('from')).data,
    to: day.safeParse(search.get('to')).data,
  }
}

/** What an address asks of the schedule. */
export function scheduleFiltersOf(search: URLSearchParams): ScheduleFilters {
  return {
    owner: uuid.safeParse(search.get('owner')).data,
    kind: wordsOf(search, 'kind'),
    day: day.safeParse(search.get('day')).data,
  }
}

/** A value as it stands in a record; nothing when it is empty. */
function wordsOf(search: URLSearchParams, name: string): string | undefined {
  const words = (search.get(name) ?? '').replaceAll('\0', '').toWellFormed().slice(0, 500)
  return words === '' ? undefined : words
}
