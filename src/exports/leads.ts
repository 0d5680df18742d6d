import { readOwners, readStages } from '../queries/pipeline.ts'
import { walkLeads, type LeadRow } from '../queries/leads.ts'
import { leadFilterWords, namesOf, periodFilterWords } from '../server/lead-filters.ts'
import { leadQuestion, leadStreams } from '../server/lead-question.ts'
import { exportTable, instant, text, type ExportScope } from './export-table.ts'

/** The leads of a period, each with the first touch. */
export const leadsExport = exportTable<LeadRow>({
  name: 'leads',
  heading: 'Leads',
  streams: leadStreams,
  columns: [
    { key: 'name', heading: 'Name', cell: (row) => text(row.name) },
    { key: 'source', heading: 'Source', cell: (row) => text(row.source) },
    { key: 'status', heading: 'Status', cell: (row) => text(row.stage) },
    { key: 'qualified', heading: 'Qualified', cell: (row) => text(row.isQualified ? 'yes' : 'no') },
    { key: 'created', heading: 'Created', cell: (row) => instant(row.createdAt) },
    { key: 'first_touch', heading: 'First touch', cell: (row) => instant(row.touchedAt) },
    { key: 'owner', heading: 'Owner', cell: (row) => text(row.owner) },
    { key: 'market', heading: 'Market', cell: (row) => text(row.market) },
    { key: 'id', heading: 'Id', cell: (row) => text(row.id) },
  ],
  furtherOf: (row) => row.further,
  rows: (tx, scope, search) => {
    const { scope: leads, filters, ask } = questionOf(scope, search)
    return walkLeads(tx, leads, filters, ask.sort, scope.further)
  },
  filters: async (search, scope, tx) => {
    const { ask, period } = questionOf(scope, search)
    const names = namesOf(await readStages(tx, scope), await readOwners(tx, scope))
    return [periodFilterWords(period), ...leadFilterWords(ask, names).map(({ words }) => words)]
  },
})

const questionOf = ({ tenantId, timeZone, ...status }: ExportScope, search: URLSearchParams) =>
  leadQuestion({ id: tenantId, timeZone }, status, search)
