import writeExcelFile, { type CellObject, type SheetData } from 'write-excel-file/node'
import { decimal } from './decimal.ts'
import type { Cell, ExportRow } from './export-table.ts'

/** A workbook is made as a whole in memory, so it holds no more rows than this. */
export const mostRowsInWorkbook = 50_000

/** Excel calls a file broken in which a cell holds more. */
const longestCell = 32_767

export type Workbook = {
  sheet: string
  headings: readonly string[]
  rows: readonly ExportRow[]
  /** What the file says of itself; a sheet of its own, so that the table stays a table. */
  stamp: readonly (readonly [string, string])[]
  timeZone: string
}

/** A workbook with typed cells: text is always text, whatever it begins with. Instants are the wall clock of the workspace. */
export function workbook({ sheet, headings, rows, stamp, timeZone }: Workbook): Promise<Buffer> {
  const clock = wallClock(timeZone)
  const table: SheetData = [
    headings.map((heading) => ({ value: heading, type: String, fontWeight: 'bold' })),
    ...rows.map((row) => row.map((cell) => typed(cell, clock))),
  ]
  const about: SheetData = stamp.map(([name, value]) => [
    { value: name, type: String, fontWeight: 'bold' },
    { value, type: String },
  ])
  const columns = headings.map(() => ({ width: 18 }))
  return writeExcelFile([
    { sheet, data: table, columns, stickyRowsCount: 1 },
    { sheet: 'About', data: about, columns: [{ width: 32 }, { width: 48 }] },
  ]).toBuffer()
}

function typed(cell: Cell, clock: (at: Date) => Date): CellObject | null {
  if (cell.value === null) return null
  switch (cell.type) {
    case 'number':
      return { value: cell.value, type: Number }
    case 'share':
      return { value: cell.value, type: Number, format: '0.##%' }
    case 'money':
      return amount(cell.value, cell.currency)
    case 'day':
      return { value: new Date(`${cell.value}T00:00:00Z`), type: Date, format: 'yyyy-mm-dd' }
    case 'instant':
      return { value: clock(cell.value), type: Date, format: 'yyyy-mm-dd hh:mm' }
    default:
      return { value: cut(cell.value), type: String }
  }
}

/** A spreadsheet keeps fifteen digits; an amount with more stays text, and exact. It shows the decimals that the currency has. */
function amount(amountMinor: bigint, currency: string): CellObject {
  const digits = decimal(amountMinor, currency)
  const isExact = amountMinor < 10n ** 15n && amountMinor > -(10n ** 15n)
  const decimals = (/\.\d+$/.exec(digits)?.[0] ?? '').replaceAll(/\d/g, '0')
  return isExact
    ? { value: Number(digits), type: Number, format: `#,##0${decimals}` }
    : { value: digits, type: String }
}

const cut = (text: string) =>
  text.length <= longestCell ? text : `${text.slice(0, longestCell - 1).toWellFormed()}…`

/** Spreadsheets know no zones: gives the instant whose UTC reads as the clock does there. */
function wallClock(timeZone: string): (at: Date) => Date {
  return (at) => {
    const there = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone)
    return new Date(at.getTime() + there.offsetNanoseconds / 1_000_000)
  }
}
