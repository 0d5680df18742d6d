import { walkSchedule, type Appointment } from '../queries/schedule.ts'
import { scheduleFiltersOf } from '../server/list-filters.ts'
import { plainText } from '../server/safe-html.ts'
import { instant, text, exportTable } from './export-table.ts'
import { ownerWords } from './owner-words.ts'

export const scheduleStreams = ['activities']

/** What lies ahead. */
export const scheduleExport = exportTable<Appointment>({
  name: 'schedule',
  heading: 'Schedule',
  streams: scheduleStreams,
  columns: [
    { key: 'at', heading: 'Time', cell: (row) => instant(row.at) },
    { key: 'ends_at', heading: 'Ends', cell: (row) => instant(row.endsAt) },
    { key: 'kind', heading: 'Kind', cell: (row) => text(row.kind) },
    { key: 'contact', heading: 'Contact', cell: (row) => text(row.contact) },
    { key: 'subject', heading: 'Subject', cell: (row) => text(row.subject) },
    { key: 'description', heading: 'Description', cell: (row) => text(plainText(row.details ?? '')) },
    { key: 'owner', heading: 'Owner', cell: (row) => text(row.owner) },
    { key: 'overlaps', heading: 'Overlaps', cell: (row) => text(row.overlaps ? 'overlaps' : null) },
    { key: 'source', heading: 'Source', cell: (row) => text(row.source) },
    { key: 'id', heading: 'Id', cell: (row) => text(row.id) },
  ],
  rows: (tx, scope, search) => walkSchedule(tx, scope, scheduleFiltersOf(search)),
  filters: async (search, scope, tx) => {
    const { owner, kind, day } = scheduleFiltersOf(search)
    return [
      ...(await ownerWords(tx, scope, owner)),
      ...(kind === undefined ? [] : [`Kind: ${kind}`]),
      ...(day === undefined ? [] : [`Day ${day}`]),
    ]
  },
})
