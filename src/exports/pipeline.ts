import type { Tx } from '../../drizzle/db.ts'
import { walkDeals } from '../queries/pipeline.ts'
import { dealLinesOf, type DealLine } from '../server/deal-lines.ts'
import { pipelineFilterWords } from '../server/pipeline-filters.ts'
import { askPipeline, namesOf, pipelineStreams } from '../server/pipeline-question.ts'
import { day, exportTable, instant, money, number, share, text, type ExportScope } from './export-table.ts'

/** The deals of the pipeline in the currency that its page shows. */
export const pipelineExport = exportTable<DealLine>({
  name: 'pipeline',
  heading: 'Pipeline',
  streams: pipelineStreams,
  columns: [
    { key: 'candidate', heading: 'Candidate', cell: (row) => text(row.name) },
    { key: 'market', heading: 'Market', cell: (row) => text(row.market) },
    { key: 'units', heading: 'Units', cell: (row) => number(row.units) },
    { key: 'value', heading: 'Value', cell: (row) => money(row.amountMinor, row.currency) },
    { key: 'likely', heading: 'Likely %', cell: (row) => share(row.likely) },
    { key: 'weighted', heading: 'Weighted', cell: (row) => money(row.weightedMinor, row.currency) },
    { key: 'currency', heading: 'Currency', cell: (row) => text(row.currency) },
    { key: 'stage', heading: 'Stage', cell: (row) => text(row.stage) },
    { key: 'status', heading: 'Status', cell: (row) => text(row.isRemoved ? 'removed' : row.status) },
    { key: 'days', heading: 'Days in stage', cell: (row) => number(row.daysInStage) },
    { key: 'days_are', heading: 'Days are', cell: (row) => text(row.isAtLeast ? 'at least' : null) },
    { key: 'slow', heading: 'Slow', cell: (row) => text(row.isSlow ? 'slow' : null) },
    { key: 'close', heading: 'Close date', cell: (row) => day(row.closeOn) },
    { key: 'pushed', heading: 'Close date pushed', cell: (row) => number(row.pushed) },
    { key: 'next', heading: 'Next action', cell: (row) => text(row.step?.details ?? null) },
    { key: 'next_at', heading: 'Next action at', cell: (row) => instant(row.step?.at ?? null) },
    { key: 'touched', heading: 'Last touch', cell: (row) => instant(row.touchedAt) },
    { key: 'owner', heading: 'Owner', cell: (row) => text(row.owner) },
    { key: 'id', heading: 'Id', cell: (row) => text(row.id) },
  ],
  furtherOf: (row) => row.further,
  async *rows(tx, scope, search) {
    const asked = await questionOf(tx, scope, search)
    for await (const deals of walkDeals(tx, asked.scope, asked.filters, asked.ask.sort, scope.further))
      yield await dealLinesOf(tx, asked, deals)
  },
  filters: async (search, scope, tx) => {
    const asked = await questionOf(tx, scope, search)
    const words = pipelineFilterWords(asked.ask, namesOf(asked)).map(({ words: of }) => of)
    const since = asked.ask.change === undefined ? [] : [`Compared with ${asked.since.words}`]
    return [`Currency: ${asked.currency}`, ...words, ...since]
  },
})

const questionOf = (
  tx: Tx,
  { tenantId: id, currency, timeZone, ...status }: ExportScope,
  search: URLSearchParams,
) => askPipeline(tx, { id, currency, timeZone }, status, search)
