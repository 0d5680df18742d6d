import { percent, hotFrom, whyHot, type HotFacts } from '../domain/hot.ts'
import { money as inWords } from '../format.ts'
import { relativeTime } from '../domain/relative-time.ts'
import { walkHotList, type HotRow } from '../queries/hot-list.ts'
import { readHotSummary } from '../queries/hot-totals.ts'
import { hotFiltersOf, hotSortOf } from '../server/list-filters.ts'
import { day, instant, money, number, share, text, exportTable } from './export-table.ts'
import { ownerWords } from './owner-words.ts'

/** A likelihood may be the stage's, so both must have arrived. */
export const hotStreams = ['opportunities', 'stages']

/** The hot list, with the founding columns first. */
export const hotListExport = exportTable<HotRow & Pick<HotFacts, 'averageFeeMinor'> & { now: Date }>({
  name: 'hot-list',
  heading: 'Hot list',
  streams: hotStreams,
  columns: [
    { key: 'candidate', heading: 'Candidate Name', cell: (row) => text(row.candidate) },
    { key: 'market', heading: 'Market', cell: (row) => text(row.market) },
    { key: 'units', heading: 'Units', cell: (row) => number(row.units) },
    { key: 'fee', heading: 'Weighted IFF', cell: (row) => money(row.feeMinor, row.currency) },
    { key: 'stage', heading: 'Stage', cell: (row) => text(row.stage) },
    { key: 'likely', heading: 'Likely %', cell: (row) => share(row.likely) },
    { key: 'currency', heading: 'Currency', cell: (row) => text(row.currency) },
    { key: 'owner', heading: 'Owner', cell: (row) => text(row.owner) },
    { key: 'close', heading: 'Close date', cell: (row) => day(row.closeOn) },
    { key: 'touched', heading: 'Last touch', cell: (row) => instant(row.touched?.at ?? null) },
    { key: 'touched_by', heading: 'Last touch by', cell: (row) => text(row.touched?.by ?? null) },
    { key: 'why', heading: 'Why it is hot', cell: (row) => text(reasonsOf(row).join(' ')) },
    { key: 'id', heading: 'Id', cell: (row) => text(row.id) },
  ],
  async *rows(tx, scope, search) {
    const filters = hotFiltersOf(search)
    const { averages } = await readHotSummary(tx, scope, filters)
    for await (const rows of walkHotList(tx, scope, filters, hotSortOf(search)))
      yield rows.map((row) => ({
        ...row,
        averageFeeMinor: averages.get(row.currency) ?? null,
        now: scope.now,
      }))
  },
  filters: async (search, scope, tx) => {
    const { owner, market, stage, likely } = hotFiltersOf(search)
    return [
      `Likely ${percent(Math.max(likely, hotFrom))} or more`,
      ...(await ownerWords(tx, scope, owner)),
      ...(market === undefined ? [] : [`Market: ${market}`]),
      ...(stage === undefined ? [] : [`Stage: ${stage}`]),
    ]
  },
})

const reasonsOf = (row: HotFacts & { now: Date }) =>
  whyHot(row, row.now, { money: inWords, ago: (at) => relativeTime(at, row.now) })
