import { dayOf } from '../domain/days.ts'
import { walkDue, type DueRow } from '../queries/due.ts'
import { readDueChoices } from '../queries/due-summary.ts'
import { dueAskOf, dueFiltersOf, dueFilterWords, dueNamesOf, isMine } from '../server/due-filters.ts'
import { stripDaysOf } from '../server/due-strip.ts'
import { instant, money, number, text, exportTable } from './export-table.ts'

/** The CRM's overdue tasks stand among our steps. */
const dueStreams = ['activities']

/** All that is due in the queue that the page shows: our steps and the CRM's overdue tasks. */
export const dueExport = exportTable<DueRow>({
  name: 'due',
  heading: 'Due actions',
  streams: dueStreams,
  columns: [
    { key: 'due', heading: 'Due', cell: (row) => instant(row.dueAt) },
    { key: 'late', heading: 'Days late', cell: (row) => number(Math.max(0, row.daysLate)) },
    { key: 'action', heading: 'Next action', cell: (row) => text(row.details) },
    { key: 'kind', heading: 'Kind', cell: (row) => text(row.kind) },
    { key: 'kept', heading: 'Kept in', cell: (row) => text(row.of === 'step' ? 'Tidemark' : 'CRM') },
    { key: 'candidate', heading: 'Candidate', cell: (row) => text(row.title) },
    { key: 'market', heading: 'Market', cell: (row) => text(row.market) },
    { key: 'stage', heading: 'Stage', cell: (row) => text(row.stage) },
    { key: 'value', heading: 'Value', cell: (row) => money(row.valueMinor, row.currency) },
    { key: 'currency', heading: 'Currency', cell: (row) => text(row.currency) },
    { key: 'units', heading: 'Units', cell: (row) => number(row.units) },
    { key: 'owner', heading: 'Owner', cell: (row) => text(row.owner) },
    { key: 'touched', heading: 'Last touch', cell: (row) => instant(row.touchedAt) },
    { key: 'moves', heading: 'Times moved', cell: (row) => number(row.moves) },
    { key: 'id', heading: 'Id', cell: (row) => text(row.id) },
  ],
  rows(tx, scope, search) {
    const { now, timeZone, currency, connectionIds, mine } = scope
    const lastDay = stripDaysOf(now, timeZone).at(-1)
    const filters = dueFiltersOf(dueAskOf(search), { mine, currency, lastDay })
    return walkDue(tx, { now, timeZone, currency, taskConnectionIds: connectionIds }, filters)
  },
  async filters(search, { mine, currency, now, timeZone }, tx) {
    const ask = dueAskOf(search)
    const names = dueNamesOf(await readDueChoices(tx))
    const words = dueFilterWords(ask, names, { currency, today: dayOf(now, timeZone) })
    return [...(isMine(ask, mine) ? ['Owner: me'] : []), ...words.map(({ words: of }) => of)]
  },
})
