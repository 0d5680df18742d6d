import { walkNotes, type NoteRow } from '../queries/notes.ts'
import { noteFiltersOf } from '../server/list-filters.ts'
import { plainText } from '../server/safe-html.ts'
import { instant, text, exportTable } from './export-table.ts'

export const noteStreams = ['notes']

/** The notes, as plain text. */
export const notesExport = exportTable<NoteRow>({
  name: 'notes',
  heading: 'Notes',
  streams: noteStreams,
  columns: [
    { key: 'at', heading: 'Date', cell: (row) => instant(row.at) },
    { key: 'author', heading: 'Author', cell: (row) => text(row.author) },
    { key: 'candidate', heading: 'Candidate', cell: (row) => text(row.candidate) },
    { key: 'content', heading: 'Content', cell: (row) => text(plainText(row.body)) },
    { key: 'source', heading: 'Source', cell: (row) => text(row.source) },
    { key: 'id', heading: 'Id', cell: (row) => text(row.id) },
  ],
  rows: (tx, scope, search) => walkNotes(tx, scope, noteFiltersOf(search)),
  filters: (search) => {
    const { search: question, id, author, from, to } = noteFiltersOf(search)
    return [
      ...(id === undefined ? [] : ['One note']),
      ...(question === '' ? [] : [`Search: ${question}`]),
      ...(author === undefined ? [] : [`Author: ${author}`]),
      ...(from === undefined ? [] : [`From ${from}`]),
      ...(to === undefined ? [] : [`Until ${to}`]),
    ]
  },
})
