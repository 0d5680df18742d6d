import { firstHit, marked, type Piece } from '../domain/search.ts'
import { longestBody, type NoteRow } from '../queries/notes.ts'
import { plainText, safeHtml } from './safe-html.ts'

/** The first lines of a note in the list; its style cuts them at three. */
const previewLength = 320

/** A note that is longer than this, in characters or in lines, can be opened. */
const shortLength = 180

export type WordedNote = { preview: Piece[]; author: Piece[]; full: string | null; isCut: boolean }

/** A note as the page shows it: the first lines, from the first hit on, and all of it when there is more. */
export function wordNote(note: NoteRow, terms: readonly string[]): WordedNote {
  const text = plainText(note.body)
  const isShort = text.length <= shortLength && text.split('\n').length <= 3 && note.length <= longestBody
  return {
    preview: marked(previewOf(text, terms), terms),
    author: marked(note.author ?? 'Unknown author', terms),
    full: isShort ? null : safeHtml(note.body, terms),
    isCut: note.length > note.body.length,
  }
}

/** Begins a little before the first hit where that stands further down. */
function previewOf(text: string, terms: readonly string[]): string {
  const hit = firstHit(text, terms)
  const from = hit < shortLength ? 0 : text.lastIndexOf(' ', hit - 40) + 1
  const part = text.slice(from, from + previewLength).toWellFormed()
  return `${from > 0 ? '… ' : ''}${part}${from + previewLength < text.length ? '…' : ''}`
}
